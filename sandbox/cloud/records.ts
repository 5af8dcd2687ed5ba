import type { Taint } from '../../src/config/spec.ts';
import type { Store } from '../store.ts';

/** Kinds of documents in the store that more than one part of the sandbox reads. */
export const KIND = {
  cluster: 'cs/cluster',
  nodePool: 'cs/nodepool',
  attachToken: 'cs/attach-token',
  node: 'cs/node',
  upgrade: 'cs/upgrade',
  task: 'cs/task',
  addon: 'cs/addon',
} as const;

/** The one cluster of a sandbox, kept under its id. */
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
  /** A pool of cloud instances; absent: `edge`. */
  readonly type?: 'ess';
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
