import { normal, type UpgradeCheck } from '../check.ts';
import { byResource } from '../permissions.ts';

export const permissions: UpgradeCheck = {
  name: 'Permissions',
  about:
    "Whoever asks may do what an upgrade needs, by the API server's own judgement (SelfSubjectAccessReview): an error that names what is refused.",
  effect: 'The upgrade would stop in the midst of it.',
  advice: 'Use a kubeconfig of a cluster administrator, or have one bind the rights that are named.',
  run: async ({ facts, drain }) => {
    const refused = byResource(await facts.refused(drain));
    if (refused.length === 0) return normal('All that an upgrade needs is allowed.');
    const shown = refused.map(({ verb, resource, namespace }) => {
      const where = namespace === undefined ? '' : ` in ${namespace}`;
      return `${resource}${where} (${verb})`;
    });
    return [{ result: 'error', reason: `Not allowed: ${shown.join('; ')}.` }];
  },
};
