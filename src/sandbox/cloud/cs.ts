import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SandboxPki } from '../pki.ts';
import { clusterAnswer, isoDate, nodeAnswer, nodePoolAnswer, pageOf } from './cs-answers.ts';
import { attachLine } from './cs-attach-script.ts';
import { type ManagedCluster, managedCluster } from './cs-cluster.ts';
import { changedPool, createdPool, nodesOf, poolsOf, refuseDeletion, valid } from './cs-pools.ts';
import { type AttachTokenRecord, type ClusterRecord, KIND, type NodePoolRecord } from './records.ts';
import { type CloudAnswer, CloudFailure, type CloudParts, type CloudRequest, type CloudService } from './service.ts';

const HOUR_S = 3600;
const DAY_MINUTES = 24 * 60;
const THREE_YEARS_MINUTES = 3 * 365 * DAY_MINUTES;

interface Asked {
  readonly request: CloudRequest;
  readonly parts: CloudParts;
  readonly inside: ManagedCluster;
  /** What the path names, in its order. */
  readonly names: readonly string[];
}

interface Action {
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (asked: Asked) => Promise<CloudAnswer>;
}

/** Methods and paths are those that the official SDK `@alicloud/cs20151215` sends. */
const ACTIONS: readonly Action[] = [
  { name: 'DescribeClusters', method: 'GET', path: /^\/clusters$/, handle: async (asked) => clusters(asked) },
  { name: 'DescribeClustersV1', method: 'GET', path: /^\/api\/v1\/clusters$/, handle: clustersByPage },
  { name: 'DescribeUserQuota', method: 'GET', path: /^\/quota$/, handle: userQuota },
  { name: 'DescribeClusterDetail', method: 'GET', path: /^\/clusters\/([^/]+)$/, handle: clusterDetail },
  { name: 'DescribeClusterNodes', method: 'GET', path: /^\/clusters\/([^/]+)\/nodes$/, handle: clusterNodes },
  { name: 'DescribeClusterNodePools', method: 'GET', path: /^\/clusters\/([^/]+)\/nodepools$/, handle: nodePools },
  { name: 'CreateClusterNodePool', method: 'POST', path: /^\/clusters\/([^/]+)\/nodepools$/, handle: createNodePool },
  {
    name: 'DescribeClusterNodePoolDetail',
    method: 'GET',
    path: /^\/clusters\/([^/]+)\/nodepools\/([^/]+)$/,
    handle: nodePoolDetail,
  },
  {
    name: 'ModifyClusterNodePool',
    method: 'PUT',
    path: /^\/clusters\/([^/]+)\/nodepools\/([^/]+)$/,
    handle: modifyNodePool,
  },
  {
    name: 'DeleteClusterNodepool',
    method: 'DELETE',
    path: /^\/clusters\/([^/]+)\/nodepools\/([^/]+)$/,
    handle: deleteNodePool,
  },
  {
    name: 'RemoveNodePoolNodes',
    method: 'DELETE',
    path: /^\/clusters\/([^/]+)\/nodepools\/([^/]+)\/nodes$/,
    handle: removeNodes,
  },
  {
    name: 'DescribeClusterAttachScripts',
    method: 'POST',
    path: /^\/clusters\/([^/]+)\/attachscript$/,
    handle: attachScript,
  },
  { name: 'DescribeClusterUserKubeconfig', method: 'GET', path: /^\/k8s\/([^/]+)\/user_config$/, handle: kubeconfig },
  {
    name: 'DescribeClusterV2UserKubeconfig',
    method: 'GET',
    path: /^\/api\/v2\/k8s\/([^/]+)\/user_config$/,
    handle: kubeconfig,
  },
];

/** The emulated container service: the part that edge clusters need, and what its answers mean inside the cluster. */
export function csService(parts: CloudParts, pki: SandboxPki): CloudService {
  const inside = managedCluster(parts, pki);
  const find = (method: string, path: string): Action | undefined =>
    ACTIONS.find((action) => action.method === method && action.path.test(path));
  return {
    authentication: 'signature',
    actionOf: (method, path) => find(method, path)?.name,
    handle: async (request) => {
      const action = find(request.method, request.path);
      if (!action) throw new CloudFailure(404, 'InvalidAction.NotFound', 'Specified api is not found.');
      const names = action.path.exec(request.path)?.slice(1) ?? [];
      return action.handle({ request, parts, inside, names });
    },
  };
}

function clusterOf({ parts, names: [id = ''] }: Asked): ClusterRecord {
  const cluster = parts.store.get<ClusterRecord>(KIND.cluster, id);
  if (cluster) return cluster;
  throw new CloudFailure(404, 'ErrorClusterNotFound', `cluster (${id}) not found in our records`);
}

function poolOf(asked: Asked, id = asked.names[1] ?? ''): NodePoolRecord {
  const { id: clusterId } = clusterOf(asked);
  const pool = asked.parts.store.get<NodePoolRecord>(KIND.nodePool, id);
  if (pool?.clusterId === clusterId) return pool;
  throw new CloudFailure(404, 'ErrorClusterNodePoolNotFound', `node pool (${id}) not found in cluster ${clusterId}`);
}

async function clusters({ parts, inside }: Asked): Promise<object[]> {
  const { length } = await inside.nodes();
  const records = parts.store.list<ClusterRecord>(KIND.cluster).map(({ document }) => document);
  return records.map((cluster) => clusterAnswer(cluster, length, parts.apiServer));
}

async function clustersByPage(asked: Asked): Promise<object> {
  const { page_number: number, page_size: size } = asked.request.parameters;
  const { items, page } = pageOf(await clusters(asked), number, size);
  return { clusters: items, page_info: page };
}

async function clusterDetail(asked: Asked): Promise<object> {
  return clusterAnswer(clusterOf(asked), (await asked.inside.nodes()).length, asked.parts.apiServer);
}

async function userQuota({ parts }: Asked): Promise<object> {
  const [cluster] = parts.store.list<ClusterRecord>(KIND.cluster);
  return { cluster_quota: 1, cluster_nodepool_quota: 20, node_quota: cluster?.document.nodeQuota ?? 0 };
}

async function clusterNodes(asked: Asked): Promise<object> {
  const pools = poolsOf(asked.parts.store, clusterOf(asked).id);
  const nodes = await asked.inside.nodes();
  const { pageNumber, pageSize, nodepool_id: only } = asked.request.parameters;
  const answers = pools
    .filter(({ id }) => only === undefined || id === only)
    .flatMap((pool) => nodesOf(pool, nodes).map((node) => nodeAnswer(node, pool)));
  const { items, page } = pageOf(answers, pageNumber, pageSize);
  return { nodes: items, page };
}

async function nodePools(asked: Asked): Promise<object> {
  const { id, region } = clusterOf(asked);
  const { NodepoolName: name } = asked.request.parameters;
  const nodes = await asked.inside.nodes();
  const pools = poolsOf(asked.parts.store, id).filter((pool) => name === undefined || pool.name === name);
  return { nodepools: pools.map((pool) => nodePoolAnswer(pool, region, nodesOf(pool, nodes))) };
}

async function nodePoolDetail(asked: Asked): Promise<object> {
  const pool = poolOf(asked);
  return nodePoolAnswer(pool, clusterOf(asked).region, nodesOf(pool, await asked.inside.nodes()));
}

async function createNodePool(asked: Asked): Promise<object> {
  const { store, now } = asked.parts;
  const pool = createdPool(store, clusterOf(asked), asked.request.body, now());
  store.put(KIND.nodePool, pool.id, pool);
  await asked.inside.keepPool(pool);
  return { nodepool_id: pool.id, task_id: taskId() };
}

async function modifyNodePool(asked: Asked): Promise<object> {
  const pool = changedPool(poolOf(asked), asked.request.body);
  asked.parts.store.put(KIND.nodePool, pool.id, pool);
  await asked.inside.keepPool(pool);
  return { nodepool_id: pool.id, task_id: taskId() };
}

async function deleteNodePool(asked: Asked): Promise<object> {
  const pool = poolOf(asked);
  const nodes = nodesOf(pool, await asked.inside.nodes());
  refuseDeletion(pool, nodes, asked.request.parameters.force === 'true');
  for (const { name } of nodes) await forgetNode(asked, name);
  asked.parts.store.delete(KIND.nodePool, pool.id);
  await asked.inside.deletePool(pool.id);
  return { task_id: taskId() };
}

async function removeNodes(asked: Asked): Promise<object> {
  const { nodes = '[]', instance_ids: ids = '[]' } = asked.request.parameters;
  const wanted = [nodes, ids].flatMap((text) => valid(z.array(z.string()), parsed(text)));
  const own = nodesOf(poolOf(asked), await asked.inside.nodes());
  for (const { name } of own.filter((node) => wanted.includes(node.name))) await forgetNode(asked, name);
  return { task_id: taskId() };
}

async function forgetNode({ parts, inside }: Asked, name: string): Promise<void> {
  await inside.deleteNode(name);
  parts.store.delete(KIND.node, name);
}

const script = z.object({
  arch: z.enum(['amd64', 'arm', 'arm64']).default('amd64'),
  nodepool_id: z.string().optional(),
  // Older clients send the object itself.
  options: z.union([z.string(), z.record(z.string(), z.unknown())]).default('{}'),
  expired: z.number().optional(),
  one_time_token: z.boolean().default(false),
});

async function attachScript(asked: Asked): Promise<CloudAnswer> {
  const { store, now } = asked.parts;
  const cluster = clusterOf(asked);
  const { arch, nodepool_id, options, expired, one_time_token: oneTime } = valid(script, asked.request.body);
  const spec = valid(z.record(z.string(), z.unknown()), typeof options === 'string' ? parsed(options) : options);
  const fallback = poolsOf(store, cluster.id).find(({ isDefault }) => isDefault);
  const pool = nodepool_id === undefined && fallback ? fallback : poolOf(asked, nodepool_id);
  const expires = (expired ?? Math.floor(now() / 1000) + HOUR_S) * 1000;
  if (expires <= now()) throw new CloudFailure(400, 'InvalidParameter', 'The specified expired lies in the past.');
  const token = randomBytes(16).toString('hex');
  const record: AttachTokenRecord = { clusterId: cluster.id, nodePoolId: pool.id, expires, oneTime };
  store.put(KIND.attachToken, token, record);
  return attachLine({
    region: cluster.region,
    version: cluster.version.replace(/^v/, ''),
    arch,
    token,
    nodeSpec: JSON.stringify(spec),
    windows: spec.platform === 'Windows',
  });
}

/** Both versions of the API answer alike. Minutes: 15 to 4320, by the reference. */
async function kubeconfig(asked: Asked): Promise<object> {
  clusterOf(asked);
  const { TemporaryDurationMinutes: text } = asked.request.parameters;
  const minutes = text === undefined ? THREE_YEARS_MINUTES : Number(text);
  if (text !== undefined && !(minutes >= 15 && minutes <= 3 * DAY_MINUTES))
    throw new CloudFailure(400, 'InvalidParameter', 'TemporaryDurationMinutes has to be between 15 and 4320.');
  const config = await asked.inside.kubeconfig(minutes);
  return { config, expiration: isoDate(asked.parts.now() + minutes * 60_000) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CloudFailure(400, 'InvalidParameter', 'The specified JSON is not valid.');
  }
}

function taskId(): string {
  return `T-${randomBytes(12).toString('hex')}`;
}
