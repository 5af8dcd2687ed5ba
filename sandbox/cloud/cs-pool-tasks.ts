import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { compareVersions } from '../../src/kubernetes/version.ts';
import { changedPool, createdPool, nodesOfPool, refuseDeletion, valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, parsed, requestedPool } from './cs-request.ts';
import { beginTask, pausedSince, type TaskRecord } from './cs-tasks.ts';
import { upgradedVersion } from './cs-upgrade.ts';
import { consumeFault } from './faults.ts';
import { KIND, type NodePoolRecord, type PendingChange } from './records.ts';
import { CloudFailure, lasting } from './service.ts';

/** How long a change of a node pool takes here; the real service takes minutes. */
const CHANGE_MS = 300;

/** By which name a fault strikes the task of each action. */
const TASKS = {
  CreateClusterNodePool: { state: 'scaling', type: 'nodepool_create' },
  ModifyClusterNodePool: { state: 'updating', type: 'nodepool_update' },
  UpgradeClusterNodepool: { state: 'updating', type: 'nodepool_upgrade' },
  RepairClusterNodePool: { state: 'updating', type: 'nodepool_repair' },
  RemoveNodePoolNodes: { state: 'removing', type: 'cluster_node_delete' },
  DeleteClusterNodepool: { state: 'deleting', type: 'nodepool_delete' },
} as const;

export const POOL_TASKS: readonly string[] = Object.keys(TASKS).map(faultOf);

function faultOf(action: string): string {
  return `${action}/task`;
}

export async function createPoolRecord(asked: CsRequest): Promise<object> {
  const { store, now } = asked.parts;
  const pool = createdPool(store, clusterOf(asked), asked.request.body, now());
  return { nodepool_id: pool.id, ...begin(asked, pool, 'CreateClusterNodePool') };
}

export async function modifyNodePool(asked: CsRequest): Promise<object> {
  const pool = changedPool(activePool(asked), asked.request.body);
  return { nodepool_id: pool.id, ...begin(asked, pool, 'ModifyClusterNodePool') };
}

const upgrade = z.object({
  kubernetes_version: z.string().optional(),
  runtime_type: z.string().optional(),
  runtime_version: z.string().optional(),
  node_names: z.array(z.string()).optional(),
  use_replace: z.boolean().default(false),
  ignore_warning_check: z.boolean().default(false),
  rolling_policy: z
    .object({
      max_parallelism: z.int().min(1).max(10).default(10),
      max_failed_nodes: z.int().min(0).default(0),
      batch_interval: z.union([z.literal(0), z.int().min(5).max(120)]).default(0),
      pause_policy: z.enum(['FirstBatch', 'EveryBatch', 'NotPause']).default('NotPause'),
    })
    .prefault({}),
});

/** Only the service's answers change: the nodes keep their kubelets. */
export async function upgradeNodePool(asked: CsRequest): Promise<object> {
  const {
    kubernetes_version: version,
    runtime_version: runtime,
    rolling_policy: policy,
  } = valid(upgrade, asked.request.body);
  const cluster = clusterOf(asked);
  // The real codes are not documented.
  const newest = upgradedVersion(asked, cluster);
  if (version && compareVersions(version, newest) > 0)
    throw new CloudFailure(400, 'InvalidParameter', `the control plane is at ${newest}`);
  const pool = activePool(asked);
  const { request_id, ...rest } = begin(
    asked,
    { ...pool, ...(runtime && { runtimeVersion: runtime }) },
    'UpgradeClusterNodepool',
    {},
    ['checking the nodes', 'upgrading the nodes in batches'],
    BATCHES[policy?.pause_policy ?? 'NotPause'],
  );
  return { RequestId: request_id, ...rest };
}

/** After which parts of its time an upgrade pauses by itself. */
const BATCHES = { FirstBatch: [0.5], EveryBatch: [0.4, 0.8], NotPause: [] } as const;

const OPERATIONS = [
  'restart.kubelet',
  'restart.docker',
  'restart.containerd',
  'restart.ntp',
  'remove.containerdContainerInSandbox',
  'remove.dockerContainerInSandbox',
  'remove.containerdContainer',
  'remove.dockerContainer',
] as const;

const repair = z.object({
  nodes: z.array(z.string()).optional(),
  operations: z.array(z.object({ operation_id: z.enum(OPERATIONS), args: z.array(z.string()).optional() })).optional(),
});

export async function repairNodePool(asked: CsRequest): Promise<object> {
  valid(repair, asked.request.body);
  return begin(asked, activePool(asked), 'RepairClusterNodePool', {}, ['repairing the nodes']);
}

export async function deleteNodePool(asked: CsRequest): Promise<object> {
  const pool = activePool(asked);
  const nodes = nodesOfPool(pool, await asked.inside.nodes());
  refuseDeletion(pool, nodes, asked.request.parameters.force === 'true');
  return begin(asked, pool, 'DeleteClusterNodepool', { nodes: nodes.map(({ name }) => name) });
}

const removal = z.object({
  instance_ids: z.string().default('[]'),
  /** Deprecated. */
  nodes: z.string().default('[]'),
  drain_node: z.enum(['true', 'false']).default('false'),
  release_node: z.enum(['true', 'false']).default('false'),
  concurrency: z.enum(['true', 'false']).default('false'),
});

/** An edge node has no instance: its name stands for one. */
export async function removeNodes(asked: CsRequest): Promise<object> {
  const {
    instance_ids: ids,
    nodes,
    drain_node: drains,
    release_node: release,
  } = valid(removal, asked.request.parameters);
  if (release === 'true')
    throw new CloudFailure(400, 'InvalidParameter', 'Nodes that are no cloud instances cannot be released.');
  const wanted = [ids, nodes].flatMap((text) => valid(z.array(z.string()), parsed(text)));
  if (wanted.length === 0)
    throw new CloudFailure(400, 'MissingParameter', 'The input parameter "instance_ids" is needed.');
  const pool = activePool(asked);
  const own = nodesOfPool(pool, await asked.inside.nodes()).map(({ name }) => name);
  const leaving = own.filter((name) => wanted.includes(name));
  if (drains === 'true') for (const name of leaving) void asked.inside.drain(name);
  return begin(asked, pool, 'RemoveNodePoolNodes', { nodes: leaving });
}

/** The real code is not documented. */
function activePool(asked: CsRequest): NodePoolRecord {
  const pool = requestedPool(asked);
  if (!pool.pending) return pool;
  throw new CloudFailure(400, 'ErrorNodePoolState', `The node pool ${pool.name} is ${pool.pending.state}.`);
}

function begin(
  asked: CsRequest,
  pool: NodePoolRecord,
  action: keyof typeof TASKS,
  more: Pick<PendingChange, 'nodes'> = {},
  stages: readonly string[] = [],
  pauses: readonly number[] = [],
) {
  const { store, now } = asked.parts;
  const { state, type } = TASKS[action];
  const fails = consumeFault(store, faultOf(action)) !== undefined;
  const ms = lasting(asked.parts, CHANGE_MS);
  const taskId = beginTask(asked, {
    clusterId: pool.clusterId,
    type,
    target: { type: 'nodepool', id: pool.id },
    ms,
    stages,
    pauses: pauses.map((part) => now() + part * ms),
    ...(fails && { error: `node pool ${pool.name}: the change failed` }),
  });
  store.put(KIND.nodePool, pool.id, { ...pool, pending: { state, until: now() + ms, fails, taskId, ...more } });
  return { request_id: randomUUID().toUpperCase(), task_id: taskId };
}

/** Does what time has brought about since the last request. */
export async function completePoolChanges(asked: CsRequest): Promise<void> {
  const { store, now } = asked.parts;
  for (const { document: pool } of store.listWith<NodePoolRecord>(KIND.nodePool, 'pending'))
    if (pool.pending && isOver(asked, pool.pending, now())) await complete(asked, pool, pool.pending);
}

/** A task that is paused takes longer. */
function isOver({ parts: { store } }: CsRequest, { until, taskId = '' }: PendingChange, now: number): boolean {
  const task = store.get<TaskRecord>(KIND.task, taskId);
  return task ? task.ends <= now && pausedSince(task, now) === undefined : until <= now;
}

async function complete(
  { parts: { store }, insideOf }: CsRequest,
  { pending: _pending, ...pool }: NodePoolRecord,
  { state, fails, stays, nodes = [] }: PendingChange,
): Promise<void> {
  const inside = insideOf(pool.clusterId);
  const goes = !stays && state === (fails ? 'scaling' : 'deleting');
  if (!fails) {
    for (const name of nodes) {
      await inside.deleteNode(name);
      store.delete(KIND.node, name);
    }
  }
  if (goes) store.delete(KIND.nodePool, pool.id);
  else store.put(KIND.nodePool, pool.id, pool);
  if (goes && !fails) await inside.deletePool(pool.id);
  if (!goes && !fails) await inside.keepPool(pool);
}
