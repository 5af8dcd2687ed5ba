import type { Taint } from '../../src/config/spec.ts';
import type { Store } from '../store.ts';

/** The network of the cloud nodes. */
export const SANDBOX_VPC = 'vpc-sandbox';

/** Kinds of documents in the store that more than one part of the sandbox reads. */
export const KIND = {
  cluster: 'cs/cluster',
  nodePool: 'cs/nodepool',
  attachToken: 'cs/attach-token',
  node: 'cs/node',
  upgrade: 'cs/upgrade',
  task: 'cs/task',
  check: 'cs/check',
  addon: 'cs/addon',
  workers: 'cs/workers',
} as const;

/** A cluster, kept under its id: the one that the sandbox's API server is, and those that CreateCluster makes. */
export interface ClusterRecord {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  /** `1.20.11-aliyunedge.1` style is not used here: the version that the API server tells. */
  readonly version: string;
  readonly networkPlugin: 'flannel' | 'terway-edge';
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly vpcCidr: string;
  /** How many nodes the cluster may have. */
  readonly nodeQuota: number;
  /** False: the API server is not exposed to the Internet. Default true. */
  readonly isPublic?: boolean;
  /** As the API spells the edition; default `ack.pro.small`. */
  readonly spec?: string;
  readonly deletionProtection?: boolean;
  /** Of Secrets, by KMS. */
  readonly kmsKey?: string;
  /** What its logs are kept by. */
  readonly controlPlaneLog?: { readonly components: readonly string[]; readonly project: string; readonly ttl: string };
  readonly auditProject?: string;
  /** Made by CreateCluster: it has no API server of its own. */
  readonly made?: MadeCluster;
  /** What a task is doing to it. */
  readonly pending?: PendingClusterChange;
  /** Its creation failed, or its deletion. */
  readonly failed?: 'failed' | 'delete_failed';
}

/** What only a cluster that CreateCluster made has. Times are milliseconds since 1970. */
interface MadeCluster {
  readonly created: number;
  readonly vpcId: string;
  readonly vswitchIds: readonly string[];
  readonly nodeCidrMask: string;
  readonly proxyMode: string;
  readonly securityGroupId: string;
  readonly resourceGroupId?: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

/** A node of a cluster that CreateCluster made; all of a cluster are one document, under its id. */
export interface WorkerRecord {
  readonly name: string;
  readonly poolId: string;
}

/** A change of a cluster that takes its time. */
export interface PendingClusterChange {
  /** As the API spells it. */
  readonly state: 'initial' | 'updating' | 'deleting';
  /** Milliseconds since 1970. */
  readonly until: number;
  /** What it is afterwards. */
  readonly then?: Partial<
    Pick<ClusterRecord, 'spec' | 'name' | 'deletionProtection' | 'kmsKey' | 'controlPlaneLog' | 'auditProject'>
  >;
  readonly fails?: boolean;
}

/** The cluster that the sandbox's API server is. */
export function sandboxCluster(store: Store): ClusterRecord | undefined {
  return store.list<ClusterRecord>(KIND.cluster).find(({ document }) => document.made === undefined)?.document;
}

/** A change that takes its time; what it brings about comes at the end. */
export interface PendingChange {
  /** As the API spells it; a pool without one is `active`. */
  readonly state: 'scaling' | 'updating' | 'removing' | 'deleting';
  /** Milliseconds since 1970. */
  readonly until: number;
  /** Nodes to remove. */
  readonly nodes?: readonly string[];
  /** The task ends with an error, and the pool is as before. */
  readonly fails?: boolean;
  /** The pool was there before, and stays if the task fails. */
  readonly stays?: boolean;
  /** The task; one that pauses takes longer than `until`. */
  readonly taskId?: string;
}

/** A node pool, kept under its id. */
export interface NodePoolRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly name: string;
  /** As the API spells it; `improved`, the guide's *enhanced*, is not created any more. */
  readonly interconnectMode: 'basic' | 'improved' | 'private';
  readonly interconnect?: { readonly cenId?: string; readonly ccnId?: string; readonly ccnRegion?: string };
  /** undefined for the default pool alone. */
  readonly maxNodes?: number;
  readonly isDefault: boolean;
  readonly runtime: string;
  readonly runtimeVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly podCidrs: readonly string[];
  /** Its nodes are cordoned when they join. */
  readonly unschedulable?: boolean;
  readonly intranet?: boolean;
  readonly hostNetwork?: boolean;
  readonly management?: { readonly enable: boolean; readonly autoRepair: boolean; readonly autoUpgrade: boolean };
  /** `ess`: a pool of cloud instances; absent: `edge`. */
  readonly type?: 'ess' | 'hybrid';
  /** What a task is doing to it. */
  readonly pending?: PendingChange;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** What `--openapi-token` carries, kept under the token. */
export interface AttachTokenRecord {
  readonly clusterId: string;
  readonly nodePoolId: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly oneTime: boolean;
  /** machine-id of the node that a one-time token was used for. */
  readonly usedBy?: string;
}

/** A node that was let in by the exchange, kept under its name until its Node is deleted. */
export interface CloudNodeRecord {
  readonly name: string;
  readonly machineId: string;
  readonly clusterId: string;
  readonly nodePoolId: string;
  /** The secret path segment of its callback. */
  readonly callback: string;
  /** When it was let in last. Milliseconds since 1970. */
  readonly admitted?: number;
  /** What the callback reported. */
  readonly status?: string;
}

/** The node pools of a cluster, the oldest first. */
export function poolsOf(store: Store, clusterId: string): NodePoolRecord[] {
  const pools = store.list<NodePoolRecord>(KIND.nodePool).map(({ document }) => document);
  return pools.filter((pool) => pool.clusterId === clusterId).sort((a, b) => a.created - b.created);
}

export function workersOf(store: Store, clusterId: string): readonly WorkerRecord[] {
  return store.get<WorkerRecord[]>(KIND.workers, clusterId) ?? [];
}
