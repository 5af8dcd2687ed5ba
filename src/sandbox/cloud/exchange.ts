import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { certificatesOf, publicKeyHash } from '../../pki/ca-hash.ts';
import { type AttachTokenRecord, type ClusterRecord, KIND, type NodePoolRecord, type NodeRecord } from './records.ts';
import { CloudFailure, type CloudParts, type CloudRequest, type CloudService } from './service.ts';

/** What the exchange needs of the cluster itself. */
export interface ExchangeInside {
  /** A bootstrap token that is good for some minutes. */
  makeBootstrapToken(): string | Promise<string>;
  /** True where the cluster has a Node of that name that is Ready. */
  isReady(nodeName: string): boolean | Promise<boolean>;
  /** Where they are other than the sandbox's own. */
  readonly apiServers?: readonly string[];
  /** PEM of the cluster's CA, where it is not the cloud's too. */
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

/** The exchange of a token for what a node has to know, and the callback at the end of a join; see docs/join.md. */
export function exchangeService(parts: CloudParts, inside: ExchangeInside): CloudService {
  return {
    authentication: 'bearer',
    actionOf: (method, path): (typeof EXCHANGE_ACTIONS)[number] | undefined => {
      if (method !== 'POST') return undefined;
      if (path === NODES) return 'ExchangeToken';
      return path.startsWith(CALLBACKS) ? 'ReportNode' : undefined;
    },
    handle: (request) =>
      request.action === 'ExchangeToken' ? exchange(parts, inside, request) : takeReport(parts, request),
  };
}

type NodeBody = z.output<typeof nodeBody>;

interface Admitted {
  readonly cluster: ClusterRecord;
  readonly pool: NodePoolRecord;
  readonly node: NodeRecord;
}

async function exchange(parts: CloudParts, inside: ExchangeInside, request: CloudRequest): Promise<object> {
  const body = bodyOf(nodeBody, request);
  const isTaken = await inside.isReady(body.nodeName);
  const { cluster, pool, node } = parts.store.transaction(() => admit(parts, tokenOf(request), body, isTaken));
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

/** Lets a node in, or says why not; the same machine is let in again. Nothing is kept of a dry run. */
function admit(parts: CloudParts, token: string, body: NodeBody, isTaken: boolean): Admitted {
  const { store } = parts;
  const known = tokenRecord(parts, token);
  const cluster = store.get<ClusterRecord>(KIND.cluster, known.clusterId);
  const pool = store.get<NodePoolRecord>(KIND.nodePool, known.nodePoolId);
  if (!cluster || !pool) throw invalidToken('its node pool was deleted');
  if (body.nodePool !== undefined && body.nodePool !== pool.id) {
    throw new CloudFailure(409, 'NODE_IN_OTHER_POOL', `the node belongs to ${body.nodePool}, the token to ${pool.id}`);
  }
  const there = store.get<NodeRecord>(KIND.node, body.nodeName);
  const isSame = there?.machineId === body.machineId;
  if (there && !isSame && isTaken) {
    throw new CloudFailure(409, 'NODE_EXISTS', `the node ${body.nodeName} is another machine, and Ready`);
  }
  refuseSpentToken(known, body);
  if (there?.nodePoolId !== pool.id) refuseWhereFull(parts, cluster, pool, there !== undefined);
  const callback = isSame && there ? there.callback : randomBytes(18).toString('base64url');
  const node: NodeRecord = {
    name: body.nodeName,
    machineId: body.machineId,
    clusterId: cluster.id,
    nodePoolId: pool.id,
    callback,
    status: isSame ? there?.status : undefined,
  };
  if (!body.dryRun) {
    store.put(KIND.node, node.name, node);
    if (known.oneTime) store.put(KIND.attachToken, token, { ...known, usedBy: body.machineId });
  }
  return { cluster, pool, node };
}

function tokenOf({ headers }: CloudRequest): string {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

function tokenRecord({ store, now }: CloudParts, token: string): AttachTokenRecord {
  const record = store.get<AttachTokenRecord>(KIND.attachToken, token);
  if (!record) throw invalidToken('it is not known');
  if (record.expires > now()) return record;
  throw new CloudFailure(401, 'TOKEN_EXPIRED', `the token expired at ${new Date(record.expires).toISOString()}`);
}

function refuseSpentToken({ oneTime, usedBy }: AttachTokenRecord, { machineId }: NodeBody): void {
  if (oneTime && usedBy !== undefined && usedBy !== machineId)
    throw invalidToken('it was good for one node and is used');
}

function invalidToken(why: string): CloudFailure {
  return new CloudFailure(401, 'TOKEN_INVALID', `the token is not accepted: ${why}`);
}

/** @param isMoving the node counts already, but for another node pool */
function refuseWhereFull({ store }: CloudParts, cluster: ClusterRecord, pool: NodePoolRecord, isMoving: boolean): void {
  const nodes = store.list<NodeRecord>(KIND.node).map(({ document }) => document);
  const inCluster = nodes.filter(({ clusterId }) => clusterId === cluster.id).length;
  const inPool = nodes.filter(({ nodePoolId }) => nodePoolId === pool.id).length;
  if (!isMoving && inCluster >= cluster.nodeQuota) {
    throw new CloudFailure(403, 'QUOTA_EXCEEDED', `the cluster has ${inCluster} of ${cluster.nodeQuota} nodes`);
  }
  if (pool.maxNodes !== undefined && inPool >= pool.maxNodes) {
    throw new CloudFailure(403, 'NODEPOOL_FULL', `the node pool ${pool.name} has ${inPool} of ${pool.maxNodes} nodes`);
  }
}

function takeReport({ store }: CloudParts, request: CloudRequest): object {
  const { status } = bodyOf(reportBody, request);
  const secret = request.path.slice(CALLBACKS.length);
  const found = store.list<NodeRecord>(KIND.node).find(({ document }) => document.callback === secret);
  if (!found) throw new CloudFailure(404, 'CALLBACK_UNKNOWN', 'no node has this callback');
  store.put(KIND.node, found.key, { ...found.document, status });
  return {};
}

function bodyOf<T>(schema: z.ZodType<T>, { body }: CloudRequest): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new CloudFailure(400, 'INVALID_REQUEST', mistakes.join('; '));
}
