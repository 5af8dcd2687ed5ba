import { count } from '../lib/count.ts';
import type { GatewayPod, NodePool, NodePoolSpec, PoolNode } from './node-pool.ts';
import { belongsTo } from './node-pool.ts';

/** An enhanced pool runs two gateway pods on different nodes, of this architecture. */
const GATEWAY_NODES = { count: 2, arch: 'amd64' };

/** A key in which a pool is not as requested. */
export interface Difference {
  readonly key: string;
  readonly asked: string;
  readonly found: string;
}

/**
 * In which ways the pool of this name is another one than requested. Values that were not given and have a default do
 * not count.
 */
export function nodePoolDifferences(spec: NodePoolSpec, pool: NodePool): Difference[] {
  const rows: [key: string, asked: unknown, found: unknown][] = [
    ['mode', spec.mode, pool.mode],
    // The service may ignore a limit.
    ['max-nodes', pool.maxNodes && spec.maxNodes, spec.maxNodes && pool.maxNodes],
    ['cen-id', spec.cenId, pool.cenId],
    ['ccn-id', spec.ccnId, pool.ccnId],
    ['ccn-region', spec.ccnRegion, pool.ccnRegion],
    ['labels', spec.labels, pool.labels],
    ['taints', spec.taints, pool.taints],
  ];
  if (spec.runtime !== undefined) rows.push(['runtime', spec.runtime, pool.runtime]);
  if (spec.podCidrs.length > 0) rows.push(['pod-cidrs', [...spec.podCidrs].sort(), [...pool.podCidrs].sort()]);
  if (pool.annotations !== undefined) {
    rows.push(['annotations', spec.annotations, pool.annotations], ['cen-owner', spec.cenOwner, pool.cenOwner]);
  }
  return rows
    .map(([key, asked, found]) => ({ key, asked: shown(asked), found: shown(found) }))
    .filter(({ asked, found }) => asked !== found);
}

/** True if nothing but annotations is missing: the service has no field for them, they come after the creation. */
export function lacksAnnotationsOnly(found: readonly Difference[]): boolean {
  return found.every(({ key, found: value }) => (key === 'annotations' || key === 'cen-owner') && value === NOTHING);
}

const NOTHING = '-';

function shown(value: unknown): string {
  if (value === undefined) return NOTHING;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.length > 0 ? value.map(shownItem).sort().join(',') : NOTHING;
  const pairs = Object.entries(value).map(([key, text]) => `${key}=${text}`);
  return pairs.length > 0 ? pairs.sort().join(',') : NOTHING;
}

function shownItem(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item);
  const { key, value, effect } = item as { key: string; value?: string; effect: string };
  return `${key}${value ? `=${value}` : ''}:${effect}`;
}

/**
 * Whether a pool does its work; an enhanced one needs nodes for its two gateway pods, and these.
 * @param gatewayPods undefined if they could not be read
 */
export function workState(
  pool: NodePool,
  nodes: readonly PoolNode[],
  gatewayPods?: readonly GatewayPod[],
): { readonly working: boolean; readonly why: string } {
  const ready = nodes.filter((node) => belongsTo(node, pool) && node.ready);
  if (pool.mode !== 'enhanced') {
    return {
      working: ready.length > 0,
      why: ready.length > 0 ? count('Ready node', ready.length) : 'no Ready node yet',
    };
  }
  const gateways = ready.filter(({ arch }) => arch === GATEWAY_NODES.arch).length;
  const has = count(`Ready ${GATEWAY_NODES.arch} node`, gateways);
  const problems = [
    ...(gateways < GATEWAY_NODES.count
      ? [`an enhanced node pool needs at least ${GATEWAY_NODES.count}, it has ${has}`]
      : []),
    ...(gatewayPods ? gatewayProblems(ready, gatewayPods) : []),
    ...(pool.annotationIssues ?? []),
  ];
  if (problems.length > 0) return { working: false, why: problems.join('; ') };
  return { working: true, why: gatewayPods ? `${has}, egw-core on two of them` : has };
}

/** Source: the vendor's page of enhanced node pools. */
function gatewayProblems(ready: readonly PoolNode[], pods: readonly GatewayPod[]): string[] {
  const names = ready.map(({ name }) => name);
  const own = pods.filter(({ node }) => names.includes(node));
  const nodesWith = (component: GatewayPod['component']): Set<string> =>
    new Set(own.filter((pod) => pod.component === component && pod.ready).map(({ node }) => node));
  const cores = nodesWith('egw-core').size;
  const helpers = nodesWith('egw-helper');
  const without = names.filter((name) => !helpers.has(name));
  return [
    ...(cores < GATEWAY_NODES.count ? [`egw-core is Ready on ${cores} of ${GATEWAY_NODES.count} nodes`] : []),
    ...(without.length > 0 ? [`egw-helper is not Ready on ${without.join(', ')}`] : []),
    ...(own.some((pod) => pod.component === 'egw-core' && pod.hostNetwork)
      ? ['egw-core uses the host network, in which it does not work']
      : []),
  ];
}
