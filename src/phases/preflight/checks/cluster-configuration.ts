import { EdgeadmError, toEdgeadmError } from '../../../errors/index.ts';
import { type Check, fail, pass } from '../check.ts';
import type { ClusterQuestions } from '../context.ts';

/** It makes the rights of bootstrap tokens, too. Source: kubernetes/kubeadm#907. */
const UPLOAD =
  'Restore it on the control plane: `kubeadm init phase upload-config all --config FILE`, with the configuration that the cluster was made with.';

export const clusterConfiguration: Check = {
  name: 'ClusterConfiguration',
  concerns: 'cluster',
  severity: 'error',
  about:
    'What the cluster keeps for its nodes (ConfigMaps `kube-system/kubeadm-config` and `kube-system/kubelet-config`) is YAML of the expected form. A warning if a key appears twice (Kubernetes uses the last one), if one of them is empty, or if the second is missing, or the token may not read it.',
  remedy: 'Keep one of the two: `kubectl --namespace kube-system edit configmap NAME`.',
  needs: ['CAHash', 'Token'],
  run: async ({ cluster }) => {
    await refuseDamage(cluster);
    const repeated = await cluster.repeatedKeys();
    if (repeated.length > 0) return fail(`${repeated.join('\n')}; the last value counts`, { severity: 'warning' });
    const missing = await cluster.missingTexts();
    if (missing.length === 0) return pass();
    return fail(`${missing.join('\n')}\nwithout it, the join uses defaults`, { severity: 'warning', remedy: UPLOAD });
  },
};

/** @throws EdgeadmError that names the damage of both */
async function refuseDamage(cluster: ClusterQuestions): Promise<void> {
  const read = await Promise.allSettled([cluster.networks(), cluster.kubeletConfiguration()]);
  const errors = read.flatMap((result) => (result.status === 'rejected' ? [toEdgeadmError(result.reason)] : []));
  const [first, second] = errors;
  if (!first) return;
  if (!second || first.message === second.message) throw first;
  throw new EdgeadmError({
    code: first.code,
    what: `${first.message}\n${second.message}`,
    next: `${first.next}\n${second.next}`,
    cause: first,
  });
}
