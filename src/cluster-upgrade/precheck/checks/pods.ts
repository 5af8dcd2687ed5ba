import { SYSTEM_NAMESPACES } from '../../../kubernetes/addons.ts';
import type { PodTrouble } from '../../../kubernetes/node/pod-trouble.ts';
import { NAMESPACE } from '../../cluster/names.ts';
import { orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { groupBy, objects } from '../objects.ts';

export const systemPods: UpgradeCheck = {
  name: 'SystemPods',
  about: `Every pod of ${SYSTEM_NAMESPACES.join(' and ')} runs and is ready, edge-hub and other static pods among them; a warning if one is not. Pods on nodes that are offline do not count.`,
  effect: 'What fails before the upgrade fails after it, too, and may be taken for its fault.',
  advice: 'kubectl -n NAMESPACE describe pod NAME, and kubectl logs --previous; delete pods that are left over.',
  run: async ({ facts }) => {
    const [pods, offline] = await Promise.all([facts.systemPods(), facts.offlineNodes()]);
    const here = pods.filter(({ node }) => node === undefined || !offline.has(node));
    return orNormal(findingsOf(here), 'All pods run and are ready.');
  },
};

export const upgradePods: UpgradeCheck = {
  name: 'UpgradePods',
  about: `Namespace ${NAMESPACE} has no failed pods of an earlier upgrade: a warning if it has.`,
  effect: 'What an earlier upgrade stumbled over may still be there, and stop this one.',
  advice: `Read their logs (kubectl -n ${NAMESPACE} logs NAME), fix the cause, and delete them: kubectl -n ${NAMESPACE} delete pods --field-selector status.phase=Failed.`,
  run: async ({ facts }) => orNormal(findingsOf(await facts.upgradePods()), 'There are none.'),
};

function findingsOf(pods: readonly PodTrouble[]): UpgradeFinding[] {
  return [...groupBy(pods, ({ problem }) => problem)].map(([problem, group]) => ({
    result: 'warning',
    object: objects(
      'pod',
      group.map(({ name }) => name),
    ),
    reason: `${problem}.`,
  }));
}
