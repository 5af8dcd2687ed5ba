import { count } from '../../../lib/count.ts';
import { orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { groupBy, objects } from '../objects.ts';

export const apiServices: UpgradeCheck = {
  name: 'APIServices',
  about:
    'Every API is available. An error for a built-in API, a warning for an aggregated one (such as that of metrics-server).',
  effect:
    'Objects of these APIs cannot be read or changed, and the deletion of a namespace hangs until they are available.',
  advice:
    'kubectl get apiservices NAME -o yaml shows the Service behind it. Check the pods of the Service, or delete an APIService that is no longer used.',
  run: async ({ facts }) => {
    const services = await facts.apiServices();
    const unavailable = services.flatMap(({ metadata, spec, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === 'Available');
      if (condition?.status === 'True') return [];
      const why = condition?.message ?? condition?.reason ?? 'It does not report whether it is available.';
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
    return orNormal(
      findings,
      services.length === 0 ? 'No APIServices.' : `${count('API', services.length)}, all available.`,
    );
  },
};
