import type { DrainPolicy } from '../../kubernetes/drain/pods.ts';

/** How nodes are reached: by a Job on each node, or over SSH from where edgeadm runs. */
type ExecutorName = 'job' | 'ssh';

/** The request of a cluster upgrade. Written once; the progress is in {@link Progress}. */
export interface PlanSpec {
  /** `v1.20.3`, also that of the control plane. */
  readonly targetVersion: string;
  readonly executor: ExecutorName;
  /** That a Job on a node runs. */
  readonly image?: string;
  /** As `edgeadm upgrade --bundle` takes it on a node. */
  readonly bundle?: string;
  readonly bundleSha256?: string;
  readonly drain: boolean;
  /** Milliseconds for all pods of a node together. */
  readonly drainTimeoutMs: number;
  readonly drainPolicy?: DrainPolicy;
  /** Continues until nodes that are offline are back. */
  readonly waitOffline: boolean;
  /** What chose the nodes, for people. */
  readonly selector?: string;
  readonly nodepool?: string;
  /**
   * All nodes of the cluster when the upgrade was planned: batches are a part of these. Plans of 0.1 have no number.
   */
  readonly clusterNodes?: number;
  /** Who started it, `user@host`. */
  readonly startedBy: string;
}

/**
 * - `Running`: batch after batch.
 * - `Pausing`: nodes that have begun finish, no others begin; then `Paused`.
 * - `Completed`: no node is left but those that are offline.
 */
export type PlanPhase = 'Running' | 'Pausing' | 'Paused' | 'Cancelled' | 'Completed';

/** `offline`: skipped for now, since it is not Ready. `gone`: its Node object was deleted. */
export type NodeState = 'waiting' | 'running' | 'upgraded' | 'failed' | 'offline' | 'gone';

export interface NodeRecord {
  readonly name: string;
  /** Empty for a node of no pool. */
  readonly pool: string;
  /** Version of its kubelet when the upgrade was planned, `v1.20.2`. */
  readonly from: string;
  readonly state: NodeState;
  /** From 1; 0 before it has begun. */
  readonly batch: number;
  /** Seconds since 1970; 0 before. */
  readonly started: number;
  readonly ended: number;
  /** Whether the upgrade keeps new pods off it and has to let them in again. */
  readonly cordoned: boolean;
  /** Why it failed. */
  readonly message: string;
}

interface Progress {
  readonly phase: PlanPhase;
  /** Why it pauses. */
  readonly reason?: string;
  /** Nodes of the last batch; 0 at the start and after a pause. */
  readonly lastBatchSize: number;
  /** The last batch that has begun, from 1; 0 before. */
  readonly batch: number;
  /** Seconds since 1970. */
  readonly started: number;
  /** Since when it is paused. */
  readonly paused?: number;
  readonly ended?: number;
}

/** The whole state of an upgrade, as the cluster keeps it. */
export interface Plan {
  readonly spec: PlanSpec;
  readonly progress: Progress;
  /** In the order in which they are upgraded. */
  readonly nodes: readonly NodeRecord[];
}

/**
 * After so long a pause an upgrade is cancelled by the next command that reads it: while it is paused no process of
 * edgeadm runs in the cluster that could count. Source: the guide, 15 days.
 */
export const MAX_PAUSE_S = 15 * 86_400;

/** True until it is cancelled or complete. */
export function isActive({ progress }: Plan): boolean {
  return progress.phase !== 'Cancelled' && progress.phase !== 'Completed';
}

/** True if no node is being upgraded and none will be without another command. */
export function isPausedOrEnded(plan: Plan): boolean {
  return !isActive(plan) || plan.progress.phase === 'Paused';
}

/** Nodes in one of these states. */
export function nodesIn({ nodes }: Plan, ...states: NodeState[]): NodeRecord[] {
  return nodes.filter(({ state }) => states.includes(state));
}

/** Time as plans keep it: seconds since 1970. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
