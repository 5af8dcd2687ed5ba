import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { PoolNode } from '../../src/config/node-pool.ts';
import { belongsTo } from '../../src/config/node-pool.ts';
import type { Store } from '../store.ts';
import { type ClusterRecord, type NodePoolRecord, poolsOf } from './records.ts';
import { CloudFailure } from './service.ts';

const RUNTIME_VERSION = '1.6.28';

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
  // Letters of any language. The default type is `ess`: pools of cloud instances, which the sandbox has not.
  nodepool_info: z.object({
    name: z.string().regex(/^[\p{L}\d-]{1,63}$/u),
    type: z.literal('edge'),
    resource_group_id: z.string().optional(),
  }),
  intranet: z.boolean().optional(),
  host_network: z.boolean().optional(),
  // Deprecated; 0 means that there is no limit.
  max_nodes: z.number().int().min(0).optional(),
  interconnect_mode: z.enum(['basic', 'private']).default('basic'),
  kubernetes_config: z
    .object({
      runtime: z.string().default('containerd'),
      runtime_version: z.string().optional(),
      unschedulable: z.boolean().optional(),
      labels: labels.default([]),
      taints: taints.default([]),
    })
    .default({ runtime: 'containerd', labels: [], taints: [] }),
});

const change = z.object({
  nodepool_info: z.object({ name: z.string().regex(/^[\p{L}\d-]{1,63}$/u) }).optional(),
  kubernetes_config: z
    .object({ labels: labels.optional(), taints: taints.optional(), unschedulable: z.boolean().optional() })
    .default({}),
  management: z
    .object({
      enable: z.boolean().default(false),
      auto_repair: z.boolean().optional(),
      auto_upgrade: z.boolean().optional(),
    })
    .optional(),
  update_nodes: z.boolean().default(false),
});

/** Sets up a record as CreateClusterNodePool would; the caller stores it. */
export function createdPool(store: Store, cluster: ClusterRecord, body: unknown, now: number): NodePoolRecord {
  const asked = valid(creation, body);
  const { name } = asked.nodepool_info;
  if (poolsOf(store, cluster.id).some((pool) => pool.name === name)) {
    // The real code is not documented.
    throw new CloudFailure(409, 'NodePoolNameConflict', `The node pool name ${name} already exists.`);
  }
  const { runtime, runtime_version: runtimeVersion = RUNTIME_VERSION } = asked.kubernetes_config;
  return {
    id: `np${randomBytes(16).toString('hex')}`,
    clusterId: cluster.id,
    name,
    interconnectMode: asked.interconnect_mode,
    maxNodes: asked.max_nodes || undefined,
    isDefault: false,
    runtime,
    runtimeVersion,
    labels: mapOf(asked.kubernetes_config.labels),
    annotations: {},
    taints: asked.kubernetes_config.taints,
    unschedulable: asked.kubernetes_config.unschedulable,
    intranet: asked.intranet,
    hostNetwork: asked.host_network,
    podCidrs: [],
    created: now,
  };
}

/** The record after ModifyClusterNodePool. Size, mode and networks have no field there. */
export function changedPool(pool: NodePoolRecord, body: unknown): NodePoolRecord {
  const { kubernetes_config: asked, nodepool_info: info, management } = valid(change, body);
  const { enable = false, auto_repair: autoRepair, auto_upgrade: autoUpgrade } = management ?? {};
  return {
    ...pool,
    ...(info && { name: info.name }),
    ...(asked.unschedulable !== undefined && { unschedulable: asked.unschedulable }),
    ...(management && {
      management: {
        enable,
        autoRepair: autoRepair ?? pool.management?.autoRepair ?? false,
        autoUpgrade: autoUpgrade ?? pool.management?.autoUpgrade ?? false,
      },
    }),
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
  const name = issue?.path.join('.') || 'body';
  if (issue && valueAt(body, issue.path) === undefined) throw missing(name);
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
