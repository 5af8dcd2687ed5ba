import { EdgeadmError } from '../errors/index.ts';
import { usageError } from '../errors/usage.ts';
import type { Taint } from './spec.ts';

/**
 * How the nodes of a pool reach the cloud. `basic`: public network; `private`: leased line; `enhanced`: CEN and CCN.
 */
export type NodePoolMode = 'basic' | 'enhanced' | 'private';

/** Runtimes that the nodes of a pool may have; `sandboxed` is Sandboxed-Container. */
export type NodePoolRuntime = 'containerd' | 'docker' | 'sandboxed';

/** Where the nodes of a pool of the container service are. */
export type PoolPlace = 'edge' | 'cloud' | 'hybrid';

/**
 * A `hybrid` pool has servers outside the cloud, in ACK Pro clusters of 1.33 and later that are not edge clusters; all
 * other types are of cloud instances. Sources: the SDK, CreateClusterNodePool; the vendor's page of hybrid node pools.
 */
export function poolPlaceOf(type: string): PoolPlace {
  return type === 'edge' || type === 'hybrid' ? type : 'cloud';
}

/** The desired node pool. */
export interface NodePoolSpec {
  readonly name: string;
  readonly mode: NodePoolMode;
  /** The container service has deprecated it, and may ignore it. */
  readonly maxNodes?: number;
  /** CEN instance, of an enhanced pool. */
  readonly cenId?: string;
  /** CCN instance, of an enhanced pool. */
  readonly ccnId?: string;
  readonly ccnRegion?: string;
  /** UID of the account that owns the CEN instance, if it is another one. The API has no field for it. */
  readonly cenOwner?: string;
  readonly runtime?: NodePoolRuntime;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Ranges that the pods of this pool get; the cluster chooses if there are none. */
  readonly podCidrs: readonly string[];
  /** Undefined for the NodePool object of a cluster. */
  readonly ofService?: ServicePoolFields;
}

/** What only pools of the container service have. Source: the SDK, CreateClusterNodePoolRequest. */
interface ServicePoolFields {
  /** The nodes reach one another at layer 3. */
  readonly intranet?: boolean;
  readonly hostNetwork?: boolean;
  readonly resourceGroup?: string;
  /** Nodes are unschedulable when they join. */
  readonly unschedulable?: boolean;
}

/** What the user has given so far; {@link missingIn} lists the rest. */
export type NodePoolRequest = Partial<Omit<NodePoolSpec, 'labels' | 'annotations' | 'taints' | 'podCidrs'>> &
  Pick<NodePoolSpec, 'labels' | 'annotations' | 'taints' | 'podCidrs'>;

/** A node pool as it is. */
export interface NodePool {
  /** The container service's id; the name if the pool is an object of a cluster. */
  readonly id: string;
  readonly name: string;
  readonly mode: NodePoolMode;
  /** Default pools have no limit. */
  readonly maxNodes?: number;
  readonly isDefault: boolean;
  /** True for a pool of cloud instances: edge nodes cannot join it. */
  readonly isInCloud?: boolean;
  /** True for a pool of servers that no edge node can be: see {@link poolPlaceOf}. */
  readonly isHybrid?: boolean;
  readonly cenId?: string;
  readonly ccnId?: string;
  readonly ccnRegion?: string;
  readonly cenOwner?: string;
  /** As the service spells it. */
  readonly runtime?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined if they cannot be read. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly podCidrs: readonly string[];
  /** What is wrong with the annotations that its controllers read. */
  readonly annotationIssues?: readonly string[];
}

/** A pod of the gateway of an enhanced pool. */
export interface GatewayPod {
  readonly component: 'egw-core' | 'egw-helper';
  /** Empty if it has none yet. */
  readonly node: string;
  readonly ready: boolean;
  readonly hostNetwork: boolean;
}

/** A node that belongs to a pool. */
export interface PoolNode {
  readonly name: string;
  /** Name or id of its pool. */
  readonly pool: string;
  readonly ready: boolean;
  /** `amd64`; undefined if it cannot be read. */
  readonly arch?: string;
  readonly addresses: readonly string[];
}

/** What the rules have to know about a cluster. */
export interface PoolClusterFacts {
  /** `v1.20.2`, `1.20.11-aliyunedge.1` */
  readonly version: string;
  /** `flannel`, `terway-edge`; undefined if nothing tells. */
  readonly networkPlugin?: string;
  /** Of which the container service gives an enhanced pool its slice. */
  readonly podCidr?: string;
  readonly serviceCidr?: string;
}

/** The node pools of a cluster, in the container service or in the cluster itself. */
export interface NodePools {
  readonly where: string;
  cluster(): Promise<PoolClusterFacts>;
  list(): Promise<NodePool[]>;
  /** Of all pools; a node that requests a pool and is not yet in it counts as its own. */
  nodes(): Promise<PoolNode[]>;
  /** Of all enhanced pools; undefined if they cannot be read. */
  gatewayPods(): Promise<readonly GatewayPod[] | undefined>;
  /** Creates it; if the answer is lost, it reads the pools again. Warnings go to `warn`. */
  create(spec: NodePoolSpec, warn: (message: string) => void): Promise<NodePool>;
  /** Records the annotations of a pool whose creation was interrupted before that. */
  annotate(pool: NodePool, spec: NodePoolSpec): Promise<void>;
  /** Waits until a pool that is being created is active. */
  settle(pool: NodePool): Promise<void>;
  delete(pool: NodePool): Promise<void>;
}

/** True if a node's label names this pool, by its name or by its id. */
export function belongsTo(node: PoolNode, pool: Pick<NodePool, 'id' | 'name'>): boolean {
  return node.pool === pool.name || node.pool === pool.id;
}

/**
 * The pool of that name or ID; the default one where none is named.
 * @throws EdgeadmError NODEPOOL_NOT_FOUND; USAGE if several pools share the name
 */
export function poolNamed<P extends Pick<NodePool, 'id' | 'name' | 'isDefault'>>(
  pools: readonly P[],
  wanted: string | undefined,
  where: string,
): P {
  const byId = pools.find(({ id, isDefault }) => (wanted === undefined ? isDefault : id === wanted));
  const [pool = byId, ...others] = byId ? [byId] : pools.filter(({ name }) => name === wanted);
  if (others.length > 0) {
    const ids = [pool, ...others].map((each) => each?.id).join(', ');
    throw usageError([`several node pools in ${where} have the name ${wanted}: give the ID, one of ${ids}`]);
  }
  if (pool) return pool;
  const names = pools.map(({ id, name }) => (id === name ? name : `${name} (${id})`));
  throw new EdgeadmError({
    code: 'NODEPOOL_NOT_FOUND',
    what: wanted === undefined ? `no default node pool found in ${where}` : `node pool ${wanted} not found in ${where}`,
    why: names.length > 0 ? `it has ${names.join(', ')}` : 'it has none',
  });
}
