import { z } from 'zod';
import {
  type NodePool,
  type NodePoolMode,
  type NodePoolSpec,
  type NodePools,
  type PoolClusterFacts,
  type PoolNode,
  poolNamed,
  poolPlaceOf,
} from '../config/node-pool.ts';
import { annotationIssues } from '../config/nodepool-annotations.ts';
import { INTERCONNECT_MODES } from '../config/nodepool-rules.ts';
import type { Taint } from '../config/spec.ts';
import { EdgeadmError } from '../errors/index.ts';
import { listGatewayPods } from '../kubernetes/api/gateway-pods.ts';
import { annotatePool, fromObject, listNodePoolObjects, readPoolNodes } from '../kubernetes/api/node-pools.ts';
import { lenientYaml } from '../lib/check-shape.ts';
import { memoize } from '../lib/memoize.ts';
import { type ProbeResult, waitFor } from '../lib/wait-for.ts';
import type { CloudCluster } from './actions/clusters.ts';
import type { CloudNode, CloudNodePool } from './actions/node-pools.ts';
import type { ContainerService } from './cs.ts';
import { RUNTIMES } from './cs.ts';
import { waitForTask } from './cs-tasks.ts';
import { isAmbiguous } from './errors.ts';
import { openTemporaryCluster, type TemporaryCluster } from './temporary-cluster.ts';

/** How long a pool whose creation was not answered may take to show up in the list. */
const SETTLE_MS = 15_000;
const OBJECT_MS = 10_000;

/**
 * The node pools of a cluster as the container service has them. What it does not report (architecture and state of the
 * nodes, annotations, pod CIDRs) is read in the cluster itself, with a temporary kubeconfig, if that can be reached.
 */
export function cloudNodePools(
  service: ContainerService,
  clusterId: string,
  { listDelayMs = SETTLE_MS, signal }: { readonly listDelayMs?: number; readonly signal?: AbortSignal } = {},
): NodePools & { close(): Promise<void> } {
  const open = memoize(async () => openTemporaryCluster(service, await service.cluster(clusterId), { signal }));
  let opened: Promise<TemporaryCluster> | undefined;
  const inside = (): Promise<TemporaryCluster> => {
    opened = open();
    return opened;
  };
  const list = async (): Promise<NodePool[]> => {
    const [pools, objects] = await Promise.all([
      service.nodePools(clusterId),
      inside()
        .then(({ client }) => listNodePoolObjects(client))
        .catch(() => []),
    ]);
    return pools.map((pool) => {
      const found = fromCloud(pool);
      const object = objects.find(({ metadata }) => metadata.name === found.name || metadata.name === found.id);
      if (!object) return found;
      const { annotations, podCidrs, cenOwner } = fromObject(object);
      const issues = annotationIssues(object.metadata.annotations ?? {}, found);
      return { ...found, annotations, podCidrs, cenOwner, ...issues };
    });
  };
  return {
    where: `cluster ${clusterId} in the container service`,
    cluster: async () => factsOf(await service.cluster(clusterId)),
    list,
    nodes: async () =>
      inside()
        .then(({ client }) => readPoolNodes(client))
        .catch(async () => (await service.nodes(clusterId)).map(toPoolNode)),
    gatewayPods: async () =>
      inside()
        .then(({ client }) => listGatewayPods(client))
        .catch(() => undefined),
    create: async (spec, warn) => {
      const made = await createAndWait(service, clusterId, { spec, listDelayMs, signal });
      await annotate(inside, made, spec, signal).catch((error: Error) =>
        warn(`the node pool was created, but its annotations could not be recorded: ${error.message}`),
      );
      return made;
    },
    annotate: (pool, spec) => annotate(inside, pool, spec, signal),
    settle: (pool) => waitUntilActive(service, clusterId, { pool, signal }),
    delete: async (pool) => deleteAndWait(service, clusterId, { pool, signal }),
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

/** Sent once. If no answer came, the list tells whether it took effect; it may be some seconds behind in any case. */
async function createAndWait(
  service: ContainerService,
  clusterId: string,
  {
    spec,
    listDelayMs,
    signal,
  }: { readonly spec: NodePoolSpec; readonly listDelayMs: number; readonly signal?: AbortSignal },
): Promise<NodePool> {
  const look = () => poolWhere(service, clusterId, ({ name }) => name === spec.name);
  const order = await ambiguous(service.createNodePool(clusterId, spec)).catch(async (refusal: unknown) => {
    throw (await look().catch(() => undefined)) ? madeMeanwhile(refusal) : refusal;
  });
  await waitFor<void>({
    what: `node pool ${spec.name} to appear after the create request ${order.lost ? 'got no answer' : 'was accepted'}`,
    probe: async () => ((await look()) ? { done: undefined } : { seen: 'it is not in the list' }),
    timeoutMs: listDelayMs,
    signal,
    code: order.lost ? 'CLOUD_NO_ANSWER' : 'CLOUD_FAILED',
    next: 'run the same command again: it creates the node pool only if it does not exist',
  });
  return waitForTask<NodePool>(service, order.taskId, {
    what: `node pool ${spec.name} to be active`,
    probe: async () => activeOrSeen(await look()),
    signal,
  });
}

function activeOrSeen(found: FoundPool | undefined): ProbeResult<NodePool> {
  if (found && (!found.state || found.state === 'active')) return { done: found.pool };
  return { seen: found ? `it is ${found.state}` : 'it is not in the list any more' };
}

/** A pool that an earlier run has ordered: it is gone if its task failed. */
async function waitUntilActive(
  service: ContainerService,
  clusterId: string,
  { pool: { id, name }, signal }: { readonly pool: NodePool; readonly signal?: AbortSignal },
): Promise<void> {
  await waitForTask<NodePool>(service, undefined, {
    what: `node pool ${name} to be active`,
    probe: async () => {
      const found = await poolWhere(service, clusterId, (each) => each.id === id);
      if (found) return activeOrSeen(found);
      throw new EdgeadmError({
        code: 'NODEPOOL_NOT_FOUND',
        what: `node pool ${name} (${id}) is gone: the task that was creating it has failed`,
        next: 'run the same command again: it creates the node pool',
      });
    },
    signal,
  });
}

/** It was not there before the order: another command has made it. */
function madeMeanwhile(refusal: unknown): unknown {
  if (!(refusal instanceof EdgeadmError)) return refusal;
  const next = 'run the same command again: another one made the node pool meanwhile';
  return new EdgeadmError({ ...refusal.toJSON(), next, cause: refusal.cause });
}

/** A pool that another command is deleting is waited for as well. */
async function deleteAndWait(
  service: ContainerService,
  clusterId: string,
  { pool: { id, name }, signal }: { readonly pool: NodePool; readonly signal?: AbortSignal },
): Promise<void> {
  const look = () => poolWhere(service, clusterId, (each) => each.id === id);
  const taskId = await service.deleteNodePool(clusterId, id).catch(async (error: unknown) => {
    const left = await look().catch(() => {
      throw error;
    });
    if (left && left.state !== 'deleting') throw error;
    return undefined;
  });
  await waitForTask<void>(service, taskId, {
    what: `node pool ${name} to be deleted`,
    probe: async () => {
      const found = await look();
      return found ? { seen: `it is ${found.state ?? 'in the list'}` } : { done: undefined };
    },
    signal,
  });
}

/** An order of which it may be unknown whether it took effect: `lost` is then why. */
async function ambiguous(order: Promise<string | undefined>): Promise<{ taskId?: string; lost?: unknown }> {
  return order.then(
    (taskId) => ({ taskId }),
    (lost: unknown) => {
      if (!isAmbiguous(lost)) throw lost;
      return { lost };
    },
  );
}

interface FoundPool {
  readonly pool: NodePool;
  /** active, scaling, removing, deleting, updating */
  readonly state?: string;
}

async function poolWhere(
  service: ContainerService,
  clusterId: string,
  isIt: (pool: NodePool) => boolean,
): Promise<FoundPool | undefined> {
  const found = (await service.nodePools(clusterId)).map((pool) => ({
    pool: fromCloud(pool),
    state: pool.status?.state,
  }));
  return found.find(({ pool }) => isIt(pool));
}

/** Annotations have no field in the API: they are kept by the object that the service makes in the cluster. */
async function annotate(
  inside: () => Promise<TemporaryCluster>,
  pool: NodePool,
  spec: NodePoolSpec,
  signal?: AbortSignal,
): Promise<void> {
  if (spec.cenOwner === undefined && Object.keys(spec.annotations).length === 0) return;
  const { client } = await inside();
  const name = await waitFor<string>({
    what: `the NodePool object of ${pool.name}`,
    probe: async () => {
      const names = (await listNodePoolObjects(client)).map(({ metadata }) => metadata.name);
      const found = names.find((each) => each === pool.name || each === pool.id);
      return found ? { done: found } : { seen: names.join(', ') };
    },
    timeoutMs: OBJECT_MS,
    signal,
  });
  await annotatePool(client, name, spec);
}

/**
 * The pool of that name or id that an edge node can join; the default one if none is named.
 * @throws EdgeadmError NODEPOOL_NOT_FOUND, NODEPOOL_REFUSED
 */
export function edgePoolNamed(
  pools: readonly CloudNodePool[],
  wanted: string | undefined,
  clusterId: string,
): NodePool {
  const where = `cluster ${clusterId}`;
  const pool = poolNamed(pools.map(fromCloud), wanted, where);
  if (!pool.isInCloud && !pool.isHybrid) return pool;
  throw new EdgeadmError({
    code: 'NODEPOOL_REFUSED',
    what: `edge nodes cannot join the node pool ${pool.name} of ${where}`,
    why: pool.isHybrid ? 'it is a hybrid node pool' : 'it is a node pool of cloud instances',
    next: `choose an edge node pool: edgeadm nodepool list --cluster-id ${clusterId}`,
  });
}

/** The pool that an answer of the service stands for. */
function fromCloud(pool: CloudNodePool): NodePool {
  const { nodepoolInfo: info, interconnectConfig: network, interconnectMode, kubernetesConfig, maxNodes } = pool;
  const modes = Object.entries(INTERCONNECT_MODES) as [NodePoolMode, string][];
  const runtime = kubernetesConfig?.runtime;
  const place = poolPlaceOf(info?.type || 'edge');
  return {
    id: info?.nodepoolId ?? '',
    name: info?.name ?? '',
    mode: modes.find(([, spelling]) => spelling === interconnectMode)?.[0] ?? 'basic',
    maxNodes: info?.isDefault || !maxNodes ? undefined : maxNodes,
    isDefault: info?.isDefault ?? false,
    ...(place === 'cloud' && { isInCloud: true }),
    ...(place === 'hybrid' && { isHybrid: true }),
    cenId: network?.cenId || undefined,
    ccnId: network?.ccnId || undefined,
    ccnRegion: network?.ccnRegionId || undefined,
    runtime: Object.entries(RUNTIMES).find(([, spelling]) => spelling === runtime)?.[0] ?? runtime,
    labels: Object.fromEntries((kubernetesConfig?.labels ?? []).map(({ key = '', value = '' }) => [key, value])),
    taints: (kubernetesConfig?.taints ?? []).map(({ key = '', value = '', effect }) => ({
      key,
      value,
      effect: effect as Taint['effect'],
    })),
    podCidrs: [],
  };
}

function toPoolNode({ nodeName = '', nodepoolId = '', nodeStatus, ipAddress = [] }: CloudNode): PoolNode {
  return { name: nodeName, pool: nodepoolId, ready: nodeStatus === 'Ready', addresses: ipAddress };
}

/** Where the plug-in stands is not documented: among the add-ons of `meta_data`, or in its `Capabilities`. */
function factsOf({
  currentVersion = '',
  initVersion,
  metaData,
  serviceCidr,
  containerCidr,
}: CloudCluster): PoolClusterFacts {
  const { Addons, Capabilities } = lenientYaml(metaData, META) ?? { Addons: [], Capabilities: { Network: undefined } };
  const named = [Capabilities.Network, ...Addons.map(({ name }) => name)].filter((name) => name !== undefined);
  const networkPlugin = named.map(pluginOf).find((name) => name !== undefined);
  return {
    version: currentVersion || initVersion || '',
    networkPlugin,
    podCidr: containerCidr || undefined,
    serviceCidr,
  };
}

/** `Flannel` and `kube-flannel-ds` are `flannel`; `terway-eniip` and others keep their names. */
function pluginOf(name: string): string | undefined {
  const [, plugin, variant = ''] = /^(?:kube-)?(flannel|terway|calico|cilium)(.*)$/i.exec(name) ?? [];
  if (plugin === undefined) return undefined;
  return plugin.toLowerCase() === 'flannel' ? 'flannel' : `${plugin}${variant}`.toLowerCase();
}

/** A text in JSON of which no more is documented. */
const META = z.object({
  Addons: z.array(z.object({ name: z.string().optional().catch(undefined) })).catch([]),
  Capabilities: z.object({ Network: z.string().optional().catch(undefined) }).catch({}),
});
