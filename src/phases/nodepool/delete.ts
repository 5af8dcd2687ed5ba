import { belongsTo, type NodePool, type NodePools, poolNamed } from '../../config/node-pool.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { count } from '../../lib/count.ts';

/**
 * The pool, if it may be deleted.
 * @throws EdgeadmError NODEPOOL_NOT_FOUND, NODEPOOL_NOT_EMPTY, NODEPOOL_REFUSED for the default one
 */
export async function deletablePool(pools: NodePools, name: string): Promise<NodePool> {
  const [list, nodes] = await Promise.all([pools.list(), pools.nodes()]);
  const pool = poolNamed(list, name, pools.where);
  const own = nodes.filter((node) => belongsTo(node, pool)).map((node) => node.name);
  if (pool.isDefault) {
    throw new EdgeadmError({
      code: 'NODEPOOL_REFUSED',
      what: `the node pool ${name} cannot be deleted: it is the default node pool of ${pools.where}`,
      why: 'nodes that join without a node pool are added to it; nothing was changed',
      next: '`edgeadm nodepool list` shows the others',
    });
  }
  if (own.length === 0) return pool;
  throw new EdgeadmError({
    code: 'NODEPOOL_NOT_EMPTY',
    what: `the node pool ${name} has ${count('node', own.length)}`,
    why: own.join(', '),
  });
}
