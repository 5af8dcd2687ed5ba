import type { V1Node } from '@kubernetes/client-node';
import type { NodePool } from '../config/node-pool.ts';
import { EdgeadmError } from '../errors/index.ts';
import { createToken, deleteToken, randomToken } from '../kubernetes/api/bootstrap-tokens.ts';
import { listNodePoolObjects, poolLabelOf } from '../kubernetes/api/node-pools.ts';
import { listNodes } from '../kubernetes/node/list-nodes.ts';
import { memoize } from '../lib/memoize.ts';
import { registerSecret } from '../lib/redact.ts';
import { caHashes } from '../pki/ca-hash.ts';
import type { CloudCluster } from './actions/clusters.ts';
import type { ContainerService } from './cs.ts';
import type { JoinSource, SourceAnswer, SourceNode } from './join-source.ts';
import { edgePoolNamed } from './node-pools.ts';
import { addressesOf, openTemporaryCluster, type TemporaryCluster } from './temporary-cluster.ts';

const MINUTE_MS = 60_000;
/** Safety margin: a token that could not be deleted expires this long after the command. */
const SPARE_MS = 5 * MINUTE_MS;

export interface ClusterAccessOptions {
  readonly service: ContainerService;
  readonly clusterId: string;
  /** Name or id; undefined: the default pool. */
  readonly nodePool?: string;
  /** Ends the requests to the cluster; `close` still returns what was lent. */
  readonly signal?: AbortSignal;
}

/** What is lent to the nodes of one command. */
interface Lent {
  readonly cluster: TemporaryCluster;
  readonly detail: CloudCluster;
  readonly pool: NodePool;
  /** What nodes carry as label: the name of the NodePool object. */
  readonly label: string;
  readonly token: string;
  /** How many nodes a cluster of the account may have; undefined if the service does not say. */
  readonly quota: number | undefined;
}

/**
 * The join source behind the account's own keys, by documented APIs only: a kubeconfig that expires by itself, and with
 * it a bootstrap token in the cluster. Keys and kubeconfig stay in memory; `close` deletes the token, and where that
 * does not happen (a kill) it expires. Preflight and dry runs lend themselves a token too, since what they look at can
 * only be seen as the node will see it.
 */
export function clusterSource(options: ClusterAccessOptions): JoinSource {
  const { service, clusterId } = options;
  const opened: { cluster?: TemporaryCluster; token?: string } = {};
  let lending: (() => Promise<Lent>) | undefined;
  const admitted = new Set<string>();
  return {
    endpoint: `https://${service.endpoint}`,
    name: 'the container service',
    resolve: async (node) => {
      lending ??= memoize(() => lend(options, node.draft.timeoutMs, opened));
      const lent = await lending();
      await admit(lent, node, admitted);
      node.log.info(`Joining the node pool ${lent.pool.name} of the cluster ${clusterId}.`);
      return answerOf(lent);
    },
    close: async () => {
      await lending?.().catch(() => undefined);
      const { cluster, token } = opened;
      // It expires by itself: a join that went well is not failed for it.
      const client = cluster?.client.withSignal(new AbortController().signal);
      if (client && token) await deleteToken(client, token).catch(() => undefined);
      cluster?.close();
    },
  };
}

/** @param opened takes what has to be given back, as soon as it is there */
async function lend(
  { service, clusterId, nodePool, signal }: ClusterAccessOptions,
  timeoutMs: number,
  opened: { cluster?: TemporaryCluster; token?: string },
): Promise<Lent> {
  const [detail, pools, quota] = await Promise.all([
    service.cluster(clusterId),
    service.nodePools(clusterId),
    service.nodeQuota().catch(() => undefined),
  ]);
  const pool = edgePoolNamed(pools, nodePool, clusterId);
  const ttlMs = timeoutMs + SPARE_MS;
  const cluster = await openTemporaryCluster(service, detail, { minutes: (ttlMs + SPARE_MS) / MINUTE_MS, signal });
  opened.cluster = cluster;
  const objects = await listNodePoolObjects(cluster.client).catch(() => []);
  const object = objects.find(({ metadata }) => metadata.name === pool.id || metadata.name === pool.name);
  const token = randomToken();
  registerSecret(token);
  opened.token = token;
  const description = `edgeadm join --cluster-id ${clusterId}: deleted when it ends`;
  await createToken(cluster.client, { token, ttlMs, description });
  const annotations = object?.spec?.annotations ?? {};
  return { cluster, detail, pool: { ...pool, annotations }, label: object?.metadata.name ?? pool.id, token, quota };
}

function answerOf({ cluster, detail, pool, label, token }: Lent): SourceAnswer {
  const { servers, ca } = cluster.connection;
  const { intranet } = addressesOf(detail);
  const pods = detail.containerCidr;
  const { labels, annotations, taints, runtime } = pool;
  return {
    cluster: {
      // A leased line leads into the VPC.
      apiServers: pool.mode === 'private' && intranet ? [intranet] : servers,
      caCertHashes: caHashes(ca).map((hash) => `sha256:${hash}`),
      token,
      podCidrs: pods ? [pods] : undefined,
      serviceCidrs: detail.serviceCidr ? [detail.serviceCidr] : undefined,
      runtime: runtime === 'docker' ? runtime : undefined,
    },
    pool: { nodePool: label, labels, annotations, taints: taints.length > 0 ? taints : undefined },
  };
}

/**
 * Refuses a node for which there is no room, or which is in another pool, before it is touched.
 * @param admitted names that this command has let in already: their Node objects may not be there yet
 * @throws EdgeadmError NODEPOOL_FULL, ALREADY_JOINED
 */
async function admit(lent: Lent, node: SourceNode, admitted: Set<string>): Promise<void> {
  const { cluster, pool, label } = lent;
  const isOwn = (name: string | undefined): boolean => name === label || name === pool.id || name === pool.name;
  const items = await listNodes(cluster.client, { signal: node.signal });
  const known = items.find(({ metadata }) => metadata?.name === node.name);
  const before = node.nodePool ?? (known && (await isSameMachine(known, node)) ? poolLabelOf(known) : undefined);
  if (before !== undefined && !isOwn(before)) throw inOtherPool(node.name, before, pool.name);
  // Nothing may wait from here on: hosts are handled concurrently, and each has to see those admitted before it.
  refuseWithoutRoom(lent, node.name, { items, admitted, isOwn });
  admitted.add(node.name);
}

interface Present {
  readonly items: readonly V1Node[];
  readonly admitted: ReadonlySet<string>;
  readonly isOwn: (pool: string | undefined) => boolean;
}

/** @throws EdgeadmError NODEPOOL_FULL */
function refuseWithoutRoom({ pool, quota }: Lent, name: string, { items, admitted, isOwn }: Present): void {
  const others = items.filter(({ metadata }) => metadata?.name !== name);
  const names = (nodes: readonly V1Node[]): Set<string> =>
    new Set([...nodes.map(({ metadata }) => metadata?.name ?? ''), ...[...admitted].filter((each) => each !== name)]);
  const inPool = names(others.filter((each) => isOwn(poolLabelOf(each)))).size;
  if (pool.maxNodes !== undefined && inPool >= pool.maxNodes)
    throw full(`the node pool ${pool.name} is limited to ${pool.maxNodes} nodes and has ${inPool} without ${name}`);
  const all = names(others).size;
  if (quota && all >= quota)
    throw full(`the account's quota is ${quota} nodes per cluster, and the cluster has ${all} without ${name}`);
}

async function isSameMachine({ status }: V1Node, { host }: SourceNode): Promise<boolean> {
  const { machineId } = await host.facts();
  return status?.nodeInfo?.machineID === machineId;
}

function inOtherPool(name: string, before: string, wanted: string): EdgeadmError {
  return new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: `the node ${name} belongs to the node pool ${before}, and cannot be moved to ${wanted}`,
    why: 'a node keeps its node pool until it is reset',
    next: 'edgeadm reset, then run the same command again',
  });
}

function full(why: string): EdgeadmError {
  return new EdgeadmError({ code: 'NODEPOOL_FULL', what: 'the node exceeds a limit of the cluster', why });
}
