import { normal, type UpgradeCheck } from '../check.ts';
import { byResource } from '../permissions.ts';

export const permissions: UpgradeCheck = {
  name: 'Permissions',
  about:
    'The user of the kubeconfig has every permission that an upgrade needs, according to the API server (SelfSubjectAccessReview). An error that lists the missing permissions.',
  effect: 'The upgrade would stop halfway.',
  advice: 'Use the kubeconfig of a cluster administrator, or have the listed permissions granted.',
  run: async ({ facts, drain }) => {
    const refused = byResource(await facts.refused(drain));
    if (refused.length === 0) return normal('All permissions that an upgrade needs are granted.');
    const shown = refused.map(({ verb, resource, namespace }) => {
      const where = namespace === undefined ? '' : ` in ${namespace}`;
      return `${resource}${where} (${verb})`;
    });
    return [{ result: 'error', reason: `Not allowed: ${shown.join('; ')}.` }];
  },
};
