import { belongsTo, type NodePool, type NodePools, poolNamed } from '../../config/node-pool.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { count } from '../../lib/count.ts';

/**
 * The pool, if it may be deleted.
 * @throws EdgeadmError NODEPOOL_NOT_FOUND, NODEPOOL_NOT_EMPTY
 */
export async function deletablePool(pools: NodePools, name: string): Promise<NodePool> {
  const [list, nodes] = await Promise.all([pools.list(), pools.nodes()]);
  const pool = poolNamed(list, name, pools.where);
  const own = nodes.filter((node) => belongsTo(node, pool)).map((node) => node.name);
  const why = pool.isDefault ? 'it is the default node pool' : own.join(', ');
  if (!pool.isDefault && own.length === 0) return pool;
  throw new EdgeadmError({
    code: 'NODEPOOL_NOT_EMPTY',
    what: pool.isDefault
      ? `the node pool ${name} cannot be deleted`
      : `the node pool ${name} has ${count('node', own.length)}`,
    why,
    next: pool.isDefault ? 'keep it: nodes without a node pool are added to it' : undefined,
  });
}
