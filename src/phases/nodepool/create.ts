import type { NodePool, NodePoolSpec, NodePools } from '../../config/node-pool.ts';
import { notChecked, type PoolContext, refuseInCluster } from '../../config/nodepool-rules.ts';
import { type Difference, lacksAnnotationsOnly, nodePoolDifferences } from '../../config/nodepool-state.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { PoolConnections } from './connections.ts';

export interface CreateOptions extends Pick<PoolContext, 'vpcCidrs' | 'nodeCidrs'> {
  readonly spec: NodePoolSpec;
  /** Of an enhanced pool. */
  readonly connections?: PoolConnections;
  readonly dryRun: boolean;
  readonly warn: (message: string) => void;
  /** Called before anything is changed, also in a dry run; what it throws ends the command. */
  readonly approve?: (outcome: 'created' | 'completed') => Promise<void>;
}

const NONE: PoolConnections = { refusals: [], vpcCidrs: [], notChecked: [] };

/** What became of it; in a dry run what would. */
export interface Created {
  readonly outcome: 'created' | 'completed' | 'unchanged';
  readonly pool: NodePool | NodePoolSpec;
}

/**
 * Creates a node pool, once: if it is there already as requested, nothing is done. Every limit is checked before
 * anything is changed.
 * @throws EdgeadmError NODEPOOL_DIFFERS, NODEPOOL_REFUSED with all limits at once
 */
export async function createNodePool(pools: NodePools, options: CreateOptions): Promise<Created> {
  const { spec, nodeCidrs, dryRun, warn, connections = NONE } = options;
  const vpcCidrs = [...options.vpcCidrs, ...connections.vpcCidrs];
  const [list, nodes, cluster] = await Promise.all([pools.list(), pools.nodes(), pools.cluster()]);
  const around = { cluster, pools: list, nodes, vpcCidrs, nodeCidrs };
  const existing = list.find(({ name }) => name === spec.name);
  const different = existing ? nodePoolDifferences(spec, existing) : [];
  if (existing && !lacksAnnotationsOnly(different)) throw differs(spec.name, pools.where, different);
  const reasons = [...connections.refusals, ...refuseInCluster(spec, around)];
  if (reasons.length > 0) throw refused(spec.name, pools.where, reasons);
  if (existing && different.length === 0) {
    if (!dryRun) await pools.settle(existing);
    return { outcome: 'unchanged', pool: existing };
  }
  for (const note of [...connections.notChecked, ...notChecked(spec, around)]) warn(note);
  await options.approve?.(existing ? 'completed' : 'created');
  if (existing) {
    if (!dryRun) await pools.annotate(existing, spec);
    return { outcome: 'completed', pool: existing };
  }
  return { outcome: 'created', pool: dryRun ? spec : await pools.create(spec, warn) };
}

function differs(name: string, where: string, found: readonly Difference[]): EdgeadmError {
  return new EdgeadmError({
    code: 'NODEPOOL_DIFFERS',
    what: `${where} already has a node pool ${name} with other settings`,
    why: found.map(({ key, asked, found: value }) => `${key}: requested ${asked}, found ${value}`).join('\n'),
  });
}

function refused(name: string, where: string, reasons: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'NODEPOOL_REFUSED',
    what: `${where} does not support the node pool ${name}`,
    why: reasons.join('\n'),
  });
}
