import { orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { count, groupBy, objects } from '../objects.ts';

export const apiServices: UpgradeCheck = {
  name: 'APIServices',
  about:
    'Every API of the server is available: an error for one of its own, a warning for one that another server answers (metrics-server ...).',
  effect: 'Objects of these APIs cannot be read or changed; namespaces are not deleted to their end while one is away.',
  advice:
    'kubectl get apiservices NAME -o yaml names the Service behind it: look at its pods, or delete what is no longer used.',
  run: async ({ facts }) => {
    const services = await facts.apiServices();
    const unavailable = services.flatMap(({ metadata, spec, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === 'Available');
      if (condition?.status === 'True') return [];
      const why = condition?.message ?? condition?.reason ?? 'It has not told whether it is available.';
      return [{ name: metadata?.name ?? '', own: spec?.service === undefined || spec.service === null, why }];
    });
    const findings = [...groupBy(unavailable, ({ own, why }) => `${own} ${why}`).values()].map(
      (group): UpgradeFinding => ({
        result: group[0]?.own ? 'error' : 'warning',
        object: objects(
          'API',
          group.map(({ name }) => name),
        ),
        reason: `Not available: ${group[0]?.why}`,
      }),
    );
    return orNormal(findings, `${count('API', services.length)}, all available.`);
  },
};
