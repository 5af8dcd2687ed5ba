import { POOL_LABELS } from '../../../kubernetes/pool-labels.ts';
import { type Check, fail, pass, skip } from '../check.ts';

export const nodePool: Check = {
  name: 'NodePool',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The node pool of `--nodepool` exists in the cluster, and no label names another one. Skipped if the bootstrap token is not allowed to read node pools, or the container service named the pool.',
  remedy:
    'Create the node pool (`edgeadm nodepool create NAME --kubeconfig FILE`), or use one that exists (`edgeadm nodepool list`).',
  needs: ['CAHash', 'Token'],
  run: async ({ cluster, spec, endpoint }) => {
    const { nodePool: name, labels } = spec;
    if (name === undefined) return skip('no node pool was requested');
    const other = POOL_LABELS.find((label) => labels[label] !== undefined && labels[label] !== name);
    if (other)
      return fail(`the label ${other}=${labels[other]} names another node pool than --nodepool ${name}`, {
        code: 'USAGE',
        remedy: 'Leave the label out: `--nodepool` sets it.',
      });
    if (endpoint !== undefined) return skip('the container service named it');
    const exists = await cluster.hasNodePool(name);
    if (exists === undefined)
      return skip(
        `the cluster has no node pools, or the bootstrap token may not read them: ${name} is only a label until then`,
      );
    return exists ? pass(name) : fail(`the cluster has no node pool ${name}`, { code: 'NODEPOOL_NOT_FOUND' });
  },
};
