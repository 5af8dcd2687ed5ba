import { EdgeadmError } from '../errors/index.ts';
import type { ApiClient } from '../kubernetes/api/client.ts';
import { type FailedPod, failedPods } from './cluster/jobs.ts';
import { leaseHolder } from './control/lease.ts';
import { batchLimitOf, batchSizes } from './plan/batches.ts';
import {
  isActive,
  type NodeRecord,
  nodesIn,
  nowSeconds,
  type Plan,
  type PlanPhase,
  type PlanSpec,
} from './plan/plan.ts';

/** One batch that has begun. Times are seconds since 1970. */
export interface BatchStatus {
  readonly number: number;
  readonly nodes: number;
  readonly upgraded: number;
  readonly failed: number;
  readonly started: number;
  /** Undefined while one of its nodes is being upgraded. */
  readonly ended?: number;
}

/** How far an upgrade is. */
export interface UpgradeStatus {
  readonly phase: PlanPhase;
  /** Why it pauses, or was cancelled. */
  readonly reason?: string;
  readonly spec: PlanSpec;
  /** Seconds since 1970. */
  readonly started: number;
  readonly ended?: number;
  /** Seconds, of which pauses are a part. */
  readonly elapsed: number;
  /** Seconds that the rest will take if it continues as before; undefined while nothing can be said. */
  readonly left?: number;
  readonly batches: readonly BatchStatus[];
  /** Sizes of those to come. */
  readonly nextBatches: readonly number[];
  readonly nodes: readonly NodeRecord[];
  /** Who controls it, and when it last said so. */
  readonly controller?: { readonly identity: string; readonly renewed: string };
  readonly failedPods: readonly FailedPod[];
  /** What could not be checked, in the words of the server. */
  readonly unknown: readonly string[];
}

/** What the cluster knows of an upgrade; less if the caller may read only the plan. */
export async function statusOf(client: ApiClient, plan: Plan): Promise<UpgradeStatus> {
  const unknown: string[] = [];
  const tolerate = (error: unknown): undefined => {
    if (!(error instanceof EdgeadmError && error.code === 'API_ERROR')) throw error;
    unknown.push(error.why ?? error.what);
  };
  const [controller, pods] = await Promise.all([
    leaseHolder(client).catch(tolerate),
    failedPods(client).catch(tolerate),
  ]);
  return { ...progressOf(plan, nowSeconds()), controller, failedPods: pods ?? [], unknown };
}

/** What follows from the plan alone. */
export function progressOf(plan: Plan, now: number): Omit<UpgradeStatus, 'controller' | 'failedPods' | 'unknown'> {
  const { phase, reason, started, ended, lastBatchSize } = plan.progress;
  const batches = batchesOf(plan.nodes);
  const runs = phase === 'Running';
  // After a pause, nodes that failed are tried again and the first batch is one node.
  const waiting = isActive(plan) ? nodesIn(plan, 'waiting', ...(runs ? [] : (['failed'] as const))).length : 0;
  const nextBatches = batchSizes(waiting, batchLimitOf(plan), runs ? lastBatchSize : 0);
  return {
    phase,
    reason,
    spec: plan.spec,
    started,
    ended,
    // The local clock may be behind the writer's.
    elapsed: Math.max(0, (ended ?? now) - started),
    left: timeLeft(batches, nextBatches.length, now),
    batches,
    nextBatches,
    nodes: plan.nodes,
  };
}

function batchesOf(nodes: readonly NodeRecord[]): BatchStatus[] {
  const groups = new Map<number, NodeRecord[]>();
  for (const node of nodes) {
    if (node.batch === 0) continue;
    const group = groups.get(node.batch);
    if (group) group.push(node);
    else groups.set(node.batch, [node]);
  }
  return [...groups].sort(([one], [other]) => one - other).map(([number, group]) => batchOf(number, group));
}

function batchOf(number: number, nodes: readonly NodeRecord[]): BatchStatus {
  const count = (state: NodeRecord['state']): number => nodes.filter((node) => node.state === state).length;
  return {
    number,
    nodes: nodes.length,
    upgraded: count('upgraded'),
    failed: count('failed'),
    started: Math.min(...nodes.map(({ started }) => started)),
    ended: count('running') > 0 ? undefined : Math.max(...nodes.map(({ ended }) => ended)),
  };
}

/** A batch takes as long as its slowest node, however many there are: what is to come takes as long as the mean. */
function timeLeft(batches: readonly BatchStatus[], next: number, now: number): number | undefined {
  const took = batches.flatMap(({ started, ended }) => (ended === undefined ? [] : [ended - started]));
  const running = batches.find(({ ended }) => ended === undefined);
  if (!running && next === 0) return 0;
  if (took.length === 0) return undefined;
  const mean = took.reduce((sum, each) => sum + each, 0) / took.length;
  return Math.round(next * mean + (running ? Math.max(0, mean - (now - running.started)) : 0));
}
