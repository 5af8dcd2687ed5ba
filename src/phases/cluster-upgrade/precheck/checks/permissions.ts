import { orNormal, type UpgradeCheck } from '../check.ts';

export const permissions: UpgradeCheck = {
  name: 'Permissions',
  about:
    "Whoever asks may do what an upgrade needs, by the API server's own judgement (SelfSubjectAccessReview): an error for each thing that is refused.",
  effect: 'The upgrade would stop in the midst of it.',
  advice: 'Use a kubeconfig of a cluster administrator, or have one bind the rights that are named.',
  run: async ({ facts, drain }) => {
    const refused = await facts.refused(drain);
    const findings = refused.map(({ verb, resource, namespace }) => {
      const where = namespace === undefined ? '' : ` in ${namespace}`;
      return `${verb} ${resource}${where}`;
    });
    if (findings.length === 0) return orNormal([], 'All that an upgrade needs is allowed.');
    return [{ result: 'error', reason: `Not allowed: ${findings.join(', ')}.` }];
  },
};
