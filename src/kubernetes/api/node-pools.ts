import type { V1ConfigMap, V1Node } from '@kubernetes/client-node';
import type {
  NodePool,
  NodePoolMode,
  NodePoolSpec,
  NodePools,
  PoolClusterFacts,
  PoolNode,
} from '../../config/node-pool.ts';
import { annotationIssues } from '../../config/nodepool-annotations.ts';
import { OWN_ANNOTATIONS, POOL_ANNOTATIONS } from '../../config/nodepool-rules.ts';
import type { Taint } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { clusterNetworksIn } from '../cluster-networks.ts';
import { isReady } from '../node/conditions.ts';
import { listNodes } from '../node/list-nodes.ts';
import { POOL_LABELS } from '../pool-labels.ts';
import { serverVersionOf } from '../version.ts';
import type { ApiClient } from './client.ts';
import { findGroup, servedResource } from './discovery.ts';
import { listGatewayPods } from './gateway-pods.ts';
import { listWhole } from './list.ts';

const GROUP = 'apps.openyurt.io';
const FLANNEL_NAMESPACES = ['kube-system', 'kube-flannel'];
/** DaemonSets by which other network plug-ins are known. */
const OTHER_PLUGINS: Readonly<Record<string, string>> = {
  terway: 'terway',
  'terway-eni': 'terway',
  'terway-eniip': 'terway',
  'terway-edge': 'terway-edge',
  'calico-node': 'calico',
  cilium: 'cilium',
  'kube-flannel-ds': 'flannel',
};

/** A NodePool object, of v1alpha1 and later alike. @see https://openyurt.io/docs/user-manuals/node-pool-management/ */
export interface NodePoolObject {
  readonly apiVersion: string;
  readonly kind: 'NodePool';
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly type?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
}

/** The node pools of a cluster as NodePool objects, in whichever version the server prefers. */
export function clusterNodePools(client: ApiClient): NodePools {
  const create = async (spec: NodePoolSpec): Promise<NodePool> => {
    const version = await poolVersion(client);
    const path = `/apis/${version}/nodepools`;
    const object = toObject(spec, version);
    try {
      await client.create(path, object);
    } catch (error) {
      // A lost answer says nothing about what was done; the object does.
      if (!(error instanceof EdgeadmError && error.code === 'API_UNREACHABLE')) throw error;
      const found = await client.find<NodePoolObject>(`${path}/${spec.name}`);
      if (!found) throw error;
    }
    return fromObject(object);
  };
  return {
    where: 'the cluster of the kubeconfig',
    cluster: () => readCluster(client),
    list: async () => (await listNodePoolObjects(client)).map(fromObject),
    nodes: () => readPoolNodes(client),
    gatewayPods: () => listGatewayPods(client).catch(() => undefined),
    create,
    annotate: (pool, spec) => annotatePool(client, pool.name, spec),
    settle: async () => {},
    delete: async ({ name }) => client.delete(`/apis/${await poolVersion(client)}/nodepools/${name}`),
  };
}

/** Records what is kept by annotations alone. */
export async function annotatePool(client: ApiClient, name: string, spec: NodePoolSpec): Promise<void> {
  const version = await poolVersion(client);
  const owner = spec.cenOwner === undefined ? {} : { [OWN_ANNOTATIONS.cenOwner]: spec.cenOwner };
  await client.patch(`/apis/${version}/nodepools/${name}`, {
    metadata: { annotations: owner },
    spec: { annotations: spec.annotations },
  });
}

/** All NodePool objects. @throws EdgeadmError NODEPOOL_REFUSED if the cluster has no such objects */
export async function listNodePoolObjects(client: ApiClient): Promise<NodePoolObject[]> {
  return listWhole(client, `/apis/${await poolVersion(client)}/nodepools`);
}

/**
 * The version in which the server has node pools: `apps.openyurt.io/v1beta1`. The group holds applications too, whose
 * versions count when the server names the one that it prefers.
 */
export async function poolVersion(client: ApiClient): Promise<string> {
  const group = await findGroup(client, GROUP);
  for (const version of new Set(group ? [group.preferred, ...group.versions] : []))
    if (await servedResource(client, `/apis/${version}`, 'nodepools')) return version;
  throw new EdgeadmError({
    code: 'NODEPOOL_REFUSED',
    what: 'the cluster has no node pools',
    why: `its API server does not serve nodepools of ${GROUP}: the NodePool definition is not installed`,
    next: 'install the node pool controller (yurt-app-manager, yurt-manager), or use --cluster-id',
  });
}

/** Node and pool, from the labels of every Node; nodes of no pool are left out. */
export async function readPoolNodes(client: ApiClient): Promise<PoolNode[]> {
  const nodes = await listNodes(client);
  return nodes.flatMap((node) => {
    const pool = poolLabelOf(node);
    return pool ? [toPoolNode(node, pool)] : [];
  });
}

/** The pool that a node is in, or requests. */
export function poolLabelOf({ metadata }: V1Node): string | undefined {
  return POOL_LABELS.map((label) => metadata?.labels?.[label]).find(Boolean);
}

function toPoolNode(node: V1Node, pool: string): PoolNode {
  const { metadata, status } = node;
  return {
    name: metadata?.name ?? '',
    pool,
    ready: isReady(node),
    arch: metadata?.labels?.['kubernetes.io/arch'] ?? status?.nodeInfo?.architecture,
    addresses: (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  };
}

async function readCluster(client: ApiClient): Promise<PoolClusterFacts> {
  const [{ body, server }, networkPlugin, kubeadm] = await Promise.all([
    client.request('GET', '/version'),
    networkPluginOf(client),
    client.find<V1ConfigMap>('/api/v1/namespaces/kube-system/configmaps/kubeadm-config'),
  ]);
  const networks = clusterNetworksIn(kubeadm?.data?.ClusterConfiguration);
  const [podCidr] = networks?.podCidrs ?? [];
  const [serviceCidr] = networks?.serviceCidrs ?? [];
  return { version: serverVersionOf(body, server), networkPlugin, podCidr, serviceCidr };
}

/** Flannel is known by its ConfigMap, the others by their DaemonSets. */
async function networkPluginOf(client: ApiClient): Promise<string | undefined> {
  const maps = FLANNEL_NAMESPACES.map((namespace) =>
    client.find<V1ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/kube-flannel-cfg`),
  );
  if ((await Promise.all(maps)).some((map) => map !== undefined)) return 'flannel';
  const sets = await client.find<{ items: { metadata: { name: string } }[] }>(
    '/apis/apps/v1/namespaces/kube-system/daemonsets',
  );
  return sets?.items.map(({ metadata }) => OTHER_PLUGINS[metadata.name]).find(Boolean);
}

/** The object for a pool. The annotations are those that the vendor's controllers read. */
export function toObject(spec: NodePoolSpec, apiVersion: string): NodePoolObject {
  const { labels, annotations, taints } = spec;
  const notes: Record<string, string | undefined> = {
    ...(spec.maxNodes !== undefined && { [POOL_ANNOTATIONS.maxNodes]: String(spec.maxNodes) }),
    [POOL_ANNOTATIONS.podCidrs]: spec.podCidrs.length > 0 ? spec.podCidrs.join(',') : undefined,
    [POOL_ANNOTATIONS.cenId]: spec.cenId,
    [POOL_ANNOTATIONS.ccnId]: spec.ccnId,
    [POOL_ANNOTATIONS.ccnRegion]: spec.ccnRegion,
    [OWN_ANNOTATIONS.cenOwner]: spec.cenOwner,
    [OWN_ANNOTATIONS.mode]: spec.mode === 'private' ? spec.mode : undefined,
    [OWN_ANNOTATIONS.runtime]: spec.runtime,
  };
  const kept = Object.entries(notes).filter((note): note is [string, string] => note[1] !== undefined);
  return {
    apiVersion,
    kind: 'NodePool',
    metadata: { name: spec.name, annotations: Object.fromEntries(kept) },
    spec: { type: 'Edge', labels, annotations, taints },
  };
}

/** The pool that an object stands for. */
export function fromObject({ metadata, spec = {} }: NodePoolObject): NodePool {
  const notes = metadata.annotations ?? {};
  const note = (key: keyof typeof POOL_ANNOTATIONS): string | undefined => notes[POOL_ANNOTATIONS[key]];
  const maxNodes = note('maxNodes');
  const enhanced = note('cenId') !== undefined || note('ccnId') !== undefined;
  return {
    id: metadata.name,
    name: metadata.name,
    mode: enhanced ? 'enhanced' : ((notes[OWN_ANNOTATIONS.mode] as NodePoolMode | undefined) ?? 'basic'),
    // What is not a number is reported by annotationIssues.
    maxNodes: Number(maxNodes) || undefined,
    isDefault: note('isDefault') === 'true',
    cenId: note('cenId'),
    ccnId: note('ccnId'),
    ccnRegion: note('ccnRegion'),
    cenOwner: notes[OWN_ANNOTATIONS.cenOwner],
    runtime: notes[OWN_ANNOTATIONS.runtime],
    labels: spec.labels ?? {},
    annotations: spec.annotations ?? {},
    taints: (spec.taints ?? []).map(({ key, value = '', effect }) => ({
      key,
      value,
      effect: effect as Taint['effect'],
    })),
    podCidrs: note('podCidrs')?.split(',').filter(Boolean) ?? [],
    ...annotationIssues(notes),
  };
}
