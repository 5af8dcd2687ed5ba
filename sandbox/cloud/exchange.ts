import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { certificatesOf, publicKeyHash } from '../../src/pki/ca-hash.ts';
import {
  type AttachTokenRecord,
  type CloudNodeRecord,
  type ClusterRecord,
  KIND,
  type NodePoolRecord,
} from './records.ts';
import { CloudFailure, type CloudParts, type CloudRequest, type CloudService } from './service.ts';

/** A Node of the cluster. */
export interface AttachedNode {
  readonly name: string;
  /** Name or id of its node pool. */
  readonly pool?: string;
  readonly ready: boolean;
  /** Empty if its kubelet did not tell. */
  readonly machineId: string;
}

/** How long a node that was let in may take to register, and its bootstrap token is good. Milliseconds. */
export const REGISTER_MS = 3_600_000;

/** What the exchange needs of the cluster itself. */
export interface ExchangeCluster {
  /** A bootstrap token that is valid for a few minutes. */
  makeBootstrapToken(): string | Promise<string>;
  /** All Nodes of the cluster, however they came into it. */
  nodes(): readonly AttachedNode[] | Promise<readonly AttachedNode[]>;
  /** Where they are other than the sandbox's own. */
  readonly apiServers?: readonly string[];
  /** PEM of the cluster's CA, if it is not the cloud's too. */
  readonly caPem?: string;
  /** What nodes are to run; left out is what the node, or a bundle of the user, has. */
  readonly software?: {
    readonly edgeHubImage?: string;
    readonly pauseImage?: string;
    readonly bundle?: { readonly url: string; readonly sha256: string };
  };
}

const BASE = '/edgeadm/v1';
const NODES = `${BASE}/nodes`;
const CALLBACKS = `${BASE}/callbacks/`;

const nodeBody = z.looseObject({
  nodeName: z.string().min(1),
  machineId: z.string(),
  nodePool: z.string().optional(),
  dryRun: z.boolean().optional(),
});
const reportBody = z.looseObject({ nodeName: z.string(), status: z.string(), durationMs: z.number() });

export const EXCHANGE_ACTIONS = ['ExchangeToken', 'ReportNode'] as const;

/**
 * What the script of a cloud instance asks, with the token of its line: `GET /token/TOKEN/instance/ID/node_info`. Source:
 * public copies of the vendor's attach_node.sh.
 */
const NODE_INFO = /^\/token\/([^/]+)\/instance\/([^/]+)\/node_info$/;

/**
 * The exchange of a token for what a node has to know, and the callback at the end of a join: edgeadm's own (docs/join.md)
 * and that of the vendor's script, at the host that takes no signatures.
 */
export function exchangeService(parts: CloudParts, inside: ExchangeCluster): CloudService {
  return {
    product: 'cs-anony',
    authentication: 'bearer',
    actionOf: (method, path): (typeof EXCHANGE_ACTIONS)[number] | undefined => {
      if (method === 'GET') return NODE_INFO.test(path) ? 'ExchangeToken' : undefined;
      if (method !== 'POST') return undefined;
      if (path === NODES) return 'ExchangeToken';
      return path.startsWith(CALLBACKS) ? 'ReportNode' : undefined;
    },
    handle: (request) => {
      if (request.action === 'ReportNode') return takeReport(parts, request);
      return request.method === 'GET' ? nodeInfo(parts, inside, request) : exchange(parts, inside, request);
    },
  };
}

type NodeBody = z.output<typeof nodeBody>;

interface Admitted {
  readonly cluster: ClusterRecord;
  readonly pool: NodePoolRecord;
  readonly node: CloudNodeRecord;
}

async function exchange(parts: CloudParts, inside: ExchangeCluster, request: CloudRequest): Promise<object> {
  const body = bodyOf(nodeBody, request);
  const nodes = await inside.nodes();
  const { cluster, pool, node } = parts.store.transaction(() => admit(parts, tokenOf(request), body, nodes));
  return {
    clusterId: cluster.id,
    kubernetesVersion: cluster.version,
    apiServers: inside.apiServers ?? [parts.apiServer],
    caCertHashes: certificatesOf(inside.caPem ?? parts.caPem).map((ca) => `sha256:${publicKeyHash(ca)}`),
    bootstrapToken: await inside.makeBootstrapToken(),
    nodePool: { id: pool.id, labels: pool.labels, annotations: pool.annotations, taints: pool.taints },
    networks: { podCidr: cluster.podCidr, serviceCidr: cluster.serviceCidr },
    clusterDns: cluster.clusterDns,
    ...inside.software,
    callback: `${parts.cloud}${CALLBACKS}${node.callback}`,
  };
}

/** Lines for `eval`, of which the script reads these. The instance stands for its node. */
async function nodeInfo(parts: CloudParts, inside: ExchangeCluster, { path }: CloudRequest): Promise<string> {
  const [, token = '', instance = ''] = NODE_INFO.exec(path) ?? [];
  const body = { nodeName: instance, machineId: instance };
  const nodes = await inside.nodes();
  const { cluster, node } = parts.store.transaction(() => admit(parts, token, body, nodes));
  const [endpoint] = inside.apiServers ?? [parts.apiServer];
  const values = {
    callback_url: `${parts.cloud}${CALLBACKS}${node.callback}`,
    token: await inside.makeBootstrapToken(),
    endpoint: endpoint?.replace(/^https:\/\//, ''),
    cluster_dns: cluster.clusterDns,
    docker_version: '',
    name_mode: '',
    network: cluster.networkPlugin,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

/** Lets a node in, or says why not; the same machine is let in again. Nothing is kept of a dry run. */
function admit(parts: CloudParts, token: string, body: NodeBody, nodes: readonly AttachedNode[]): Admitted {
  const { store, now } = parts;
  const known = tokenRecord(parts, token);
  const cluster = store.get<ClusterRecord>(KIND.cluster, known.clusterId);
  const pool = store.get<NodePoolRecord>(KIND.nodePool, known.nodePoolId);
  if (!cluster || !pool) throw invalidToken('its node pool was deleted');
  if (body.nodePool !== undefined && body.nodePool !== pool.id) {
    throw new CloudFailure(409, 'NODE_IN_OTHER_POOL', `the node belongs to ${body.nodePool}, the token to ${pool.id}`);
  }
  const there = store.get<CloudNodeRecord>(KIND.node, body.nodeName);
  const isSame = there?.machineId === body.machineId;
  const node = nodes.find(({ name }) => name === body.nodeName);
  const owner = there?.machineId ?? node?.machineId;
  if (node?.ready && owner && owner !== body.machineId) {
    throw new CloudFailure(409, 'NODE_EXISTS', `the node ${body.nodeName} is Ready and is another machine`);
  }
  refuseSpentToken(known, body);
  const hasPlace = isSame && there?.nodePoolId === pool.id && (node !== undefined || isComing(there, now()));
  if (!hasPlace) refuseWhereFull(parts, { cluster, pool, name: body.nodeName, nodes });
  const callback = isSame && there ? there.callback : randomBytes(18).toString('base64url');
  const record: CloudNodeRecord = {
    name: body.nodeName,
    machineId: body.machineId,
    clusterId: cluster.id,
    nodePoolId: pool.id,
    callback,
    admitted: now(),
    status: isSame ? there?.status : undefined,
  };
  if (!body.dryRun) {
    store.put(KIND.node, record.name, record);
    if (known.oneTime) store.put(KIND.attachToken, token, { ...known, usedBy: body.machineId });
  }
  return { cluster, pool, node: record };
}

function tokenOf({ headers }: CloudRequest): string {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

function tokenRecord({ store, now }: CloudParts, token: string): AttachTokenRecord {
  const record = store.get<AttachTokenRecord>(KIND.attachToken, token);
  if (!record) throw invalidToken('it is unknown');
  if (record.expires > now()) return record;
  throw new CloudFailure(401, 'TOKEN_EXPIRED', `the token expired at ${new Date(record.expires).toISOString()}`);
}

function refuseSpentToken({ oneTime, usedBy }: AttachTokenRecord, { machineId }: NodeBody): void {
  if (oneTime && usedBy !== undefined && usedBy !== machineId)
    throw invalidToken('it was for one node and has been used');
}

function invalidToken(why: string): CloudFailure {
  return new CloudFailure(401, 'TOKEN_INVALID', `the token is not accepted: ${why}`);
}

/** True for a node that was let in and has not had the time to register. */
function isComing({ admitted = 0 }: CloudNodeRecord, now: number): boolean {
  return now - admitted < REGISTER_MS;
}

interface Wanted {
  readonly cluster: ClusterRecord;
  readonly pool: NodePoolRecord;
  readonly name: string;
  readonly nodes: readonly AttachedNode[];
}

/** Counted are the Nodes of the cluster, and the nodes that were let in and are still to come. */
function refuseWhereFull({ store, now }: CloudParts, { cluster, pool, name, nodes }: Wanted): void {
  const there = nodes.filter((node) => node.name !== name);
  const coming = store
    .list<CloudNodeRecord>(KIND.node)
    .map(({ document }) => document)
    .filter((record) => record.clusterId === cluster.id && record.name !== name && isComing(record, now()))
    .filter((record) => !there.some((node) => node.name === record.name));
  const inCluster = there.length + coming.length;
  const own = there.filter((node) => node.pool === pool.id || node.pool === pool.name);
  const inPool = own.length + coming.filter(({ nodePoolId }) => nodePoolId === pool.id).length;
  if (inCluster >= cluster.nodeQuota) {
    throw new CloudFailure(403, 'QUOTA_EXCEEDED', `the cluster has ${inCluster} of ${cluster.nodeQuota} nodes`);
  }
  if (pool.maxNodes !== undefined && inPool >= pool.maxNodes) {
    throw new CloudFailure(403, 'NODEPOOL_FULL', `the node pool ${pool.name} has ${inPool} of ${pool.maxNodes} nodes`);
  }
}

function takeReport({ store }: CloudParts, request: CloudRequest): object {
  // That of the vendor's script is empty: it comes only if all went well.
  const { status } = request.body === undefined ? { status: 'joined' } : bodyOf(reportBody, request);
  const secret = request.path.slice(CALLBACKS.length);
  const found = store.list<CloudNodeRecord>(KIND.node).find(({ document }) => document.callback === secret);
  if (!found) throw new CloudFailure(404, 'CALLBACK_UNKNOWN', 'unknown callback');
  store.put(KIND.node, found.key, { ...found.document, status });
  return {};
}

function bodyOf<T>(schema: z.ZodType<T>, { body }: CloudRequest): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new CloudFailure(400, 'INVALID_REQUEST', mistakes.join('; '));
}
