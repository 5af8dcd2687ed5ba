import { belongsTo, type GatewayPod, type NodePool, type NodePools, type PoolNode } from '../../config/node-pool.ts';
import { workState } from '../../config/nodepool-state.ts';
import { table } from '../../output/table.ts';

/** A pool with what its nodes make of it. */
export interface ShownPool extends NodePool {
  readonly nodes: readonly PoolNode[];
  readonly working: boolean;
  /** Why, or why not. */
  readonly why: string;
}

/** What `list` and `get` read. */
export interface PoolsInUse {
  readonly pools: readonly NodePool[];
  readonly nodes: readonly PoolNode[];
  /** Undefined if there are no enhanced pools, or they cannot be read. */
  readonly gatewayPods?: readonly GatewayPod[];
}

export async function poolsInUse(source: NodePools): Promise<PoolsInUse> {
  const [pools, nodes] = await Promise.all([source.list(), source.nodes()]);
  const isNeeded = pools.some(({ mode }) => mode === 'enhanced');
  return { pools, nodes, gatewayPods: isNeeded ? await source.gatewayPods() : undefined };
}

export function shownPool(pool: NodePool, { nodes, gatewayPods }: Omit<PoolsInUse, 'pools'>): ShownPool {
  return { ...pool, nodes: nodes.filter((node) => belongsTo(node, pool)), ...workState(pool, nodes, gatewayPods) };
}

/** One line a pool. @param wide with what its nodes get */
export function poolTable(pools: readonly ShownPool[], wide = false): string {
  const rows = pools.map(({ name, id, mode, nodes, maxNodes, isDefault, working, ...pool }) => ({
    name,
    ...(pools.some((pool) => pool.id !== pool.name) && { id }),
    // Edge nodes cannot join it, whatever mode the service gives for it.
    mode: pool.isInCloud ? 'cloud' : pool.isHybrid ? 'hybrid' : mode,
    ready: `${nodes.filter(({ ready }) => ready).length}/${nodes.length}`,
    'max-nodes': maxNodes ?? '-',
    default: isDefault ? 'yes' : '',
    working: working ? 'yes' : 'no',
    ...(wide && { runtime: pool.runtime, labels: pairs(pool.labels), taints: taintsText(pool.taints) }),
  }));
  return table(rows);
}

function pairs(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function taintsText(taints: NodePool['taints']): string {
  return taints.map(({ key, value, effect }) => `${key}${value && `=${value}`}:${effect}`).join(',');
}

/** All that is known of one pool. */
export function poolDetails(pool: ShownPool): string {
  const { cenId, ccnId, ccnRegion, cenOwner, runtime, labels, annotations = {}, taints, podCidrs } = pool;
  const facts: Record<string, string | undefined> = {
    working: `${pool.working ? 'yes' : 'no'}: ${pool.why}`,
    CEN: cenId && `${cenId}${cenOwner ? ` (of account ${cenOwner})` : ''}`,
    CCN: ccnId && `${ccnId}${ccnRegion ? ` (${ccnRegion})` : ''}`,
    runtime,
    labels: pairs(labels),
    annotations: pairs(annotations),
    'not intact': pool.annotationIssues?.join('; '),
    taints: taintsText(taints),
    'pod CIDRs': podCidrs.join(','),
  };
  const lines = Object.entries(facts).flatMap(([key, value]) => (value ? [`${key}: ${value}\n`] : []));
  const nodes = pool.nodes.map(({ name, ready, arch, addresses }) => ({
    node: name,
    status: ready ? 'Ready' : 'NotReady',
    arch: arch ?? '?',
    addresses: addresses.join(','),
  }));
  return [poolTable([pool]), '\n', ...lines, nodes.length > 0 ? '\n' : '', table(nodes)].join('');
}
