import { SYSTEM_NAMESPACES } from '../../../kubernetes/addons.ts';
import type { PodTrouble } from '../../../kubernetes/node/pod-trouble.ts';
import { NAMESPACE } from '../../cluster/names.ts';
import { orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { groupBy, objects } from '../objects.ts';

export const systemPods: UpgradeCheck = {
  name: 'SystemPods',
  about: `Every pod in ${SYSTEM_NAMESPACES.join(' and ')} is running and ready, including edge-hub and other static pods; a warning if one is not. Pods on offline nodes are ignored.`,
  effect: 'Pods that fail before the upgrade also fail after it, and the upgrade may be blamed.',
  advice: 'kubectl -n NAMESPACE describe pod NAME, and kubectl logs --previous; delete leftover pods.',
  run: async ({ facts }) => {
    const [pods, offline] = await Promise.all([facts.systemPods(), facts.offlineNodes()]);
    const here = pods.filter(({ node }) => node === undefined || !offline.has(node));
    return orNormal(findingsOf(here), 'All pods are running and ready.');
  },
};

export const upgradePods: UpgradeCheck = {
  name: 'UpgradePods',
  about: `Namespace ${NAMESPACE} has no failed pods of an earlier upgrade; a warning if it has.`,
  effect: 'The cause of an earlier failure may still exist and stop this upgrade too.',
  advice: `Read their logs (kubectl -n ${NAMESPACE} logs NAME), fix the cause, and delete them: kubectl -n ${NAMESPACE} delete pods --field-selector status.phase=Failed.`,
  run: async ({ facts }) => orNormal(findingsOf(await facts.upgradePods()), 'No failed pods of an earlier upgrade.'),
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
