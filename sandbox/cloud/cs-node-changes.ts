import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PoolNode } from '../../src/config/node-pool.ts';
import { cloudNodeOf, instanceIdOf } from './cloud-nodes.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, requestedPool } from './cs-request.ts';
import { beginTask } from './cs-tasks.ts';
import { ECS_INSTANCE, type EcsInstanceRecord } from './ecs.ts';
import { EnsRecords, type ScriptRecord } from './ens-records.ts';
import { consumeFault } from './faults.ts';
import { type AttachTokenRecord, KIND, type NodePoolRecord, poolsOf, SANDBOX_VPC } from './records.ts';
import { CloudFailure, lasting } from './service.ts';

/** How long a change of nodes takes here; the real service takes minutes. */
const CHANGE_MS = 400;

/** Nodes that a task adds or removes, kept under the id of the task. */
interface NodeChange {
  readonly id: string;
  readonly clusterId: string;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** The task ends with an error, and the nodes are as before. */
  readonly fails: boolean;
  readonly remove?: { readonly nodes: readonly string[]; readonly release: boolean };
  readonly add?: { readonly poolId: string; readonly instances: readonly string[] };
}

const NODE_CHANGE = 'cs/node-change';

/** By which name a fault strikes the task of each action. */
export const NODE_TASKS = ['DeleteClusterNodes/task', 'AttachInstancesToNodePool/task'] as const;

const removal = z.object({
  nodes: z.array(z.string()).min(1),
  drain_node: z.boolean().default(false),
  release_node: z.boolean().default(false),
});

export async function deleteNodes(asked: CsRequest): Promise<object> {
  const { id } = clusterOf(asked);
  const { nodes: names, drain_node: drains, release_node: release } = valid(removal, asked.request.body);
  const all = await asked.inside.nodes();
  const leaving = nodesLeaving(asked);
  // The real codes are not documented.
  const known = new Set(all.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new CloudFailure(400, 'NodeNotFound', `nodes (${unknown.join(',')}) not found`);
  const busy = names.filter((name) => leaving.has(name));
  if (busy.length > 0) throw new CloudFailure(400, 'ErrorNodeState', `nodes (${busy.join(',')}) are being removed`);
  if (release) refuseRelease(asked, names);
  for (const name of names) await asked.inside.cordon(name);
  // The order is answered at once; the task is what takes time.
  if (drains) for (const name of names) void asked.inside.drain(name);
  return begin(asked, 'DeleteClusterNodes', {
    type: 'cluster_node_delete',
    target: { type: 'cluster', id },
    stages: [...(drains ? ['draining the nodes'] : []), 'removing the nodes'],
    change: { remove: { nodes: names, release } },
  });
}

function refuseRelease({ parts: { store } }: CsRequest, names: readonly string[]): void {
  for (const name of names) {
    const instance = store.get<EcsInstanceRecord>(ECS_INSTANCE, instanceIdOf(name));
    if (!instance) throw new CloudFailure(400, 'InvalidParameter', `node ${name} is not an ECS instance`);
    if (instance.charge === 'PrePaid')
      throw new CloudFailure(400, 'InvalidParameter', `instance ${instance.id} is a subscription`);
  }
}

const attachment = z.object({
  instances: z.array(z.string()).min(1),
  keep_instance_name: z.boolean().default(true),
  format_disk: z.boolean().default(false),
  password: z.string().optional(),
});

/** Its system disk is replaced, so the instance need not run a system that edgeadm knows. */
export async function attachInstances(asked: CsRequest): Promise<object> {
  const pool = requestedPool(asked);
  const { instances } = valid(attachment, asked.request.body);
  // The real codes are not documented.
  if (pool.type !== 'ess')
    throw new CloudFailure(400, 'InvalidNodePoolType', `node pool ${pool.name} takes no ECS instances`);
  if (pool.pending) throw new CloudFailure(400, 'ErrorNodePoolState', `The node pool ${pool.name} is busy.`);
  const nodes = await asked.inside.nodes();
  for (const id of instances) refuseInstance(asked, id, nodes);
  asked.parts.store.put(KIND.nodePool, pool.id, {
    ...pool,
    pending: { state: 'scaling', until: asked.parts.now() + lasting(asked.parts, CHANGE_MS), stays: true },
  } satisfies NodePoolRecord);
  return begin(asked, 'AttachInstancesToNodePool', {
    type: 'cluster_attach',
    target: { type: 'nodepool', id: pool.id },
    stages: ['replacing the system disks', 'joining the instances'],
    change: { add: { poolId: pool.id, instances } },
  });
}

function refuseInstance({ parts: { store } }: CsRequest, id: string, nodes: readonly PoolNode[]): void {
  const instance = store.get<EcsInstanceRecord>(ECS_INSTANCE, id);
  if (!instance) throw new CloudFailure(400, 'InvalidInstanceId.NotFound', `instance (${id}) not found`);
  if (instance.vpcId !== SANDBOX_VPC) throw new CloudFailure(400, 'InvalidVPC', `instance ${id} is in another VPC`);
  if (instance.status !== 'Running')
    throw new CloudFailure(400, 'InvalidInstanceStatus', `instance ${id} is ${instance.status}`);
  if (nodes.some(({ name }) => instanceIdOf(name) === id))
    throw new CloudFailure(400, 'InstanceAlreadyAttached', `instance ${id} is a node already`);
}

interface Beginning extends Pick<Parameters<typeof beginTask>[1], 'type' | 'target' | 'stages'> {
  readonly change: Pick<NodeChange, 'remove' | 'add'>;
}

function begin(asked: CsRequest, action: string, { change, ...task }: Beginning): object {
  const { store, now } = asked.parts;
  const { id: clusterId } = clusterOf(asked);
  const fails = consumeFault(store, `${action}/task`) !== undefined;
  const error = fails ? { error: 'the change of the nodes failed' } : {};
  const ms = lasting(asked.parts, CHANGE_MS);
  const taskId = beginTask(asked, { clusterId, ...task, ms, ...error });
  const record: NodeChange = { id: taskId, clusterId, until: now() + ms, fails, ...change };
  store.put(NODE_CHANGE, taskId, record);
  const cluster = change.remove ? { cluster_id: clusterId } : {};
  return { ...cluster, request_id: randomUUID().toUpperCase(), task_id: taskId };
}

/** Names of the nodes that a task is removing. */
export function nodesLeaving({ parts: { store } }: CsRequest): Set<string> {
  const changes = store.list<NodeChange>(NODE_CHANGE).map(({ document }) => document);
  return new Set(changes.flatMap(({ remove }) => remove?.nodes ?? []));
}

/** Does what time has brought about since the last request: nodes come and go, scripts on ENS instances end. */
export async function completeNodeChanges(asked: CsRequest): Promise<void> {
  const { store, now } = asked.parts;
  for (const { document } of store.list<NodeChange>(NODE_CHANGE)) {
    if (document.until > now()) continue;
    store.delete(NODE_CHANGE, document.id);
    if (!document.fails) await carryOut(asked, document);
  }
  for (const { document } of store.list<ScriptRecord>('ens/script')) {
    if (document.until > now()) continue;
    store.delete('ens/script', document.id);
    if (!document.fails) await runScript(asked, document);
  }
}

async function carryOut(
  { parts: { store }, insideOf }: CsRequest,
  { clusterId, remove, add }: NodeChange,
): Promise<void> {
  const inside = insideOf(clusterId);
  await inside.deleteNodes(remove?.nodes ?? []);
  for (const name of remove?.nodes ?? []) {
    store.delete(KIND.node, name);
    if (remove?.release) store.delete(ECS_INSTANCE, instanceIdOf(name));
  }
  const pool = poolsOf(store, clusterId).find(({ id }) => id === add?.poolId);
  for (const id of add?.instances ?? []) {
    const instance = store.get<EcsInstanceRecord>(ECS_INSTANCE, id);
    if (pool && instance) await inside.addNode(cloudNodeOf(instance, pool));
  }
}

/** The instance joins with the token of the script, as a line of the console makes it. */
async function runScript({ parts: { store, now }, insideOf }: CsRequest, { instanceId, script }: ScriptRecord) {
  const token = /--openapi-token[= ]"?([^\s"']+)/.exec(script)?.[1] ?? '';
  const attach = store.get<AttachTokenRecord>(KIND.attachToken, token);
  const pool = store.get<NodePoolRecord>(KIND.nodePool, attach?.nodePoolId ?? '');
  if (!attach || !pool || attach.expires <= now()) return;
  const primary = new EnsRecords(store, now)
    .interfaces()
    .find((eni) => eni.instanceId === instanceId && eni.type === 'Primary');
  await insideOf(pool.clusterId).addNode({
    name: instanceId,
    pool,
    address: primary?.address ?? '',
    providerId: instanceId,
    labels: { 'alibabacloud.com/is-edge-worker': 'true' },
    taints: [],
  });
}

/** A node as DescribeClusterNodes tells what it is in the cloud. */
export function instanceFields({ parts: { store } }: CsRequest, node: PoolNode, pool: NodePoolRecord): object {
  if (pool.type !== 'ess') return {};
  const id = instanceIdOf(node.name);
  const charge = store.get<EcsInstanceRecord>(ECS_INSTANCE, id)?.charge;
  return {
    instance_id: id,
    instance_name: id,
    instance_charge_type: charge ?? 'PostPaid',
    is_aliyun_node: true,
    source: 'ess_attach',
  };
}

/** The nodes of each pool; a cluster has too many of both to look for each other's one by one. */
export function nodesByPool(nodes: readonly PoolNode[]): (pool: NodePoolRecord) => PoolNode[] {
  const byLabel = Map.groupBy(nodes, ({ pool }) => pool);
  return ({ id, name }) => [...new Set([id, name])].flatMap((label) => byLabel.get(label) ?? []);
}

/** Every node with its pool. */
export function nodesWithPools(
  pools: readonly NodePoolRecord[],
  nodes: readonly PoolNode[],
): { node: PoolNode; pool: NodePoolRecord }[] {
  const own = nodesByPool(nodes);
  return pools.flatMap((pool) => own(pool).map((node) => ({ node, pool })));
}

/** Those that the filters of DescribeClusterNodes leave; each is a list with commas. Source: the SDK. */
export function nodesAskedFor<T extends { readonly node: PoolNode }>(
  all: readonly T[],
  { instanceIds, nodeNames, nodeIps, state = 'all' }: Readonly<Record<string, string>>,
  isLeaving: (each: T) => boolean,
): T[] {
  const named = (list: string | undefined, values: readonly string[]): boolean =>
    !list || list.split(',').some((word) => values.includes(word.trim()));
  // The nodes here are never `initial` or `failed`.
  const inState = (each: T): boolean => state === 'all' || state === (isLeaving(each) ? 'removing' : 'running');
  return all.filter((each) => {
    const { name, addresses } = each.node;
    return (
      named(instanceIds, [name, instanceIdOf(name)]) &&
      named(nodeNames, [name]) &&
      named(nodeIps, addresses) &&
      inState(each)
    );
  });
}
