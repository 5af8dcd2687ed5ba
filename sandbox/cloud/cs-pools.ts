import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { PoolNode } from '../../src/config/node-pool.ts';
import { belongsTo } from '../../src/config/node-pool.ts';
import type { Store } from '../store.ts';
import { type ClusterRecord, type NodePoolRecord, poolsOf } from './records.ts';
import { CloudFailure } from './service.ts';

const RUNTIME_VERSION = '1.6.28';
/** Addresses of an enhanced pool's own pod CIDR: /20. */
const SLICE_BITS = 12;

const labels = z.array(z.object({ key: z.string(), value: z.string().default('') }));
const taints = z.array(
  z.object({
    key: z.string(),
    value: z.string().default(''),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  }),
);

/** The parameters of CreateClusterNodePool that mean something to an edge cluster. */
const creation = z.object({
  nodepool_info: z.object({ name: z.string().min(1), type: z.literal('edge').optional() }),
  max_nodes: z.number().int().positive(),
  interconnect_mode: z.enum(['basic', 'improved', 'private']).default('basic'),
  interconnect_config: z
    .object({ cen_id: z.string(), ccn_id: z.string(), ccn_region_id: z.string() })
    .partial()
    .default({}),
  kubernetes_config: z
    .object({
      runtime: z.string().default('containerd'),
      runtime_version: z.string().optional(),
      labels: labels.default([]),
      taints: taints.default([]),
    })
    .default({ runtime: 'containerd', labels: [], taints: [] }),
});

const change = z.object({
  kubernetes_config: z.object({ labels: labels.optional(), taints: taints.optional() }).default({}),
});

/** Sets up a record as CreateClusterNodePool would; the caller stores it. */
export function createdPool(store: Store, cluster: ClusterRecord, body: unknown, now: number): NodePoolRecord {
  const asked = valid(creation, body);
  const { name } = asked.nodepool_info;
  if (poolsOf(store, cluster.id).some((pool) => pool.name === name)) {
    // The real code is not documented.
    throw new CloudFailure(409, 'NodePoolNameConflict', `The node pool name ${name} already exists.`);
  }
  const improved = asked.interconnect_mode === 'improved';
  const { cen_id: cenId, ccn_id: ccnId, ccn_region_id: ccnRegion } = asked.interconnect_config;
  if (improved && !(cenId && ccnId && ccnRegion)) throw missing('interconnect_config');
  const { runtime, runtime_version: runtimeVersion = RUNTIME_VERSION } = asked.kubernetes_config;
  return {
    id: `np${randomBytes(16).toString('hex')}`,
    clusterId: cluster.id,
    name,
    interconnectMode: asked.interconnect_mode,
    ...(improved && { interconnect: { cenId, ccnId, ccnRegion } }),
    maxNodes: asked.max_nodes,
    isDefault: false,
    runtime,
    runtimeVersion,
    labels: mapOf(asked.kubernetes_config.labels),
    annotations: {},
    taints: asked.kubernetes_config.taints,
    podCidrs: improved ? [nextSlice(store, cluster.podCidr)] : [],
    created: now,
  };
}

/** The record after ModifyClusterNodePool. Size, mode and networks have no field there. */
export function changedPool(pool: NodePoolRecord, body: unknown): NodePoolRecord {
  const { kubernetes_config: asked } = valid(change, body);
  return {
    ...pool,
    ...(asked.labels && { labels: mapOf(asked.labels) }),
    ...(asked.taints && { taints: asked.taints }),
  };
}

/** @throws CloudFailure if the pool may not go */
export function refuseDeletion(pool: NodePoolRecord, nodes: readonly PoolNode[], force: boolean): void {
  // The real codes are not documented.
  if (pool.isDefault) throw new CloudFailure(400, 'DefaultNodePool', 'The default node pool cannot be deleted.');
  if (nodes.length === 0 || force) return;
  throw new CloudFailure(400, 'NodePoolNotEmpty', `The node pool has ${nodes.length} nodes.`);
}

export function nodesOfPool(pool: NodePoolRecord, nodes: readonly PoolNode[]): PoolNode[] {
  return nodes.filter((node) => belongsTo(node, pool));
}

/** @throws CloudFailure as the gateway words a parameter that is missing or wrong */
export function valid<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join('.') ?? '';
  if (issue?.code === 'invalid_type' && valueAt(body, issue.path) === undefined) throw missing(name);
  throw new CloudFailure(400, 'InvalidParameter', `The specified parameter ${name} is not valid: ${issue?.message}.`);
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((found, key) => (found as Record<PropertyKey, unknown> | undefined)?.[key], body);
}

function missing(name: string): CloudFailure {
  const message = `The input parameter "${name}" that is mandatory for processing this request is not supplied.`;
  return new CloudFailure(400, 'MissingParameter', message);
}

function mapOf(pairs: readonly { readonly key: string; readonly value: string }[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/** The next slice of the cluster's pod CIDR; slices are not used twice. */
function nextSlice(store: Store, podCidr: string): string {
  const [base = '', length] = podCidr.split('/');
  const number = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const index = store.next('cs/pod-cidr');
  if ((index + 1) * 2 ** SLICE_BITS > 2 ** (32 - Number(length)))
    throw new CloudFailure(400, 'QuotaExceeded.PodCidr', `The pod CIDR ${podCidr} has no room for another node pool.`);
  const start = number + index * 2 ** SLICE_BITS;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join('.')}/${32 - SLICE_BITS}`;
}
