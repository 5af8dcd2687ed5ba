import { EdgeadmError } from '../../errors/index.ts';
import { batchLimitOf, inOrder, nextBatchSize } from './batches.ts';
import { isActive, MAX_PAUSE_S, type NodeRecord, nodesIn, type Plan, type PlanSpec } from './plan.ts';

/** A plan that has not begun. */
export function newPlan(
  spec: PlanSpec,
  nodes: readonly Pick<NodeRecord, 'name' | 'pool' | 'from'>[],
  now: number,
): Plan {
  const fresh = { state: 'waiting', batch: 0, started: 0, ended: 0, cordoned: false, message: '' } as const;
  return {
    spec,
    progress: { phase: 'Running', lastBatchSize: 0, batch: 0, started: now },
    nodes: inOrder(nodes.map(({ name, pool, from }) => ({ ...fresh, name, pool, from }))),
  };
}

/** Changes one node. */
export function withNodeChanged(plan: Plan, name: string, change: Partial<NodeRecord>): Plan {
  return { ...plan, nodes: plan.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)) };
}

/**
 * Begins the next batch, or ends the upgrade if nothing is left.
 * @param online names of the nodes that are Ready
 * @param known names of all nodes of the cluster
 * @returns the plan as it is if nothing can begin now: a batch is in progress, or all that is left is offline and
 *   waited for
 */
export function beginBatch(
  plan: Plan,
  { online, known, now }: { online: ReadonlySet<string>; known: ReadonlySet<string>; now: number },
): Plan {
  if (plan.progress.phase !== 'Running' || nodesIn(plan, 'running').length > 0) return plan;
  const looked = lookAtNodes(plan, online, known);
  const size = nextBatchSize(plan.progress.lastBatchSize, batchLimitOf(plan));
  const chosen = new Set(
    nodesIn(looked, 'waiting')
      .slice(0, size)
      .map(({ name }) => name),
  );
  if (chosen.size === 0) {
    if (plan.spec.waitOffline && nodesIn(looked, 'offline').length > 0) return looked;
    return { ...looked, progress: { ...plan.progress, phase: 'Completed', ended: now } };
  }
  const batch = plan.progress.batch + 1;
  return {
    ...looked,
    progress: { ...plan.progress, batch, lastBatchSize: size },
    nodes: looked.nodes.map((node) =>
      chosen.has(node.name) ? { ...node, state: 'running', batch, started: now, ended: 0, message: '' } : node,
    ),
  };
}

function lookAtNodes(plan: Plan, online: ReadonlySet<string>, known: ReadonlySet<string>): Plan {
  const nodes = plan.nodes.map((node) => lookAt(node, online, known));
  return nodes.some((node, index) => node !== plan.nodes[index]) ? { ...plan, nodes } : plan;
}

function lookAt(node: NodeRecord, online: ReadonlySet<string>, known: ReadonlySet<string>): NodeRecord {
  if (node.state !== 'waiting' && node.state !== 'offline') return node;
  const state = !known.has(node.name) ? 'gone' : online.has(node.name) ? 'waiting' : 'offline';
  return state === node.state ? node : { ...node, state };
}

/** Notes how the upgrade of a node ended; a failure pauses by itself. */
export function endNode(plan: Plan, name: string, failure: string | undefined, now: number): Plan {
  const change: Partial<NodeRecord> =
    failure === undefined
      ? { state: 'upgraded', ended: now, message: '', cordoned: false }
      : { state: 'failed', ended: now, message: failure };
  const ended = withNodeChanged(plan, name, change);
  if (failure === undefined) return ended;
  const reason = ended.progress.reason ?? `node ${name} failed`;
  return isActive(ended) ? { ...ended, progress: { ...ended.progress, phase: 'Pausing', reason } } : ended;
}

/** The last node that had begun is done: a pause begins. */
export function pauseIfIdle(plan: Plan, now: number): Plan {
  if (plan.progress.phase !== 'Pausing' || nodesIn(plan, 'running').length > 0) return plan;
  return { ...plan, progress: { ...plan.progress, phase: 'Paused', paused: now } };
}

/**
 * Nodes that have begun finish, no others begin; if none has begun it is paused at once, though no controller is there.
 * @throws EdgeadmError UPGRADE_NOT_POSSIBLE unless it runs; a second pause changes nothing
 */
export function pausePlan(plan: Plan, by: string, now: number): Plan {
  const { phase } = plan.progress;
  if (phase === 'Pausing' || phase === 'Paused') return pauseIfIdle(plan, now);
  if (phase !== 'Running') throw impossible('pause', plan);
  return pauseIfIdle({ ...plan, progress: { ...plan.progress, phase: 'Pausing', reason: `paused by ${by}` } }, now);
}

/**
 * Continues after a pause: nodes that failed are tried again, and the next batch is one node.
 * @throws EdgeadmError UPGRADE_NOT_POSSIBLE if it is cancelled or complete
 */
export function continuePlan(plan: Plan): Plan {
  if (!isActive(plan)) throw impossible('continue', plan);
  if (plan.progress.phase === 'Running') return plan;
  const { reason: _reason, paused: _paused, ...progress } = plan.progress;
  return {
    ...plan,
    progress: { ...progress, phase: 'Running', lastBatchSize: 0 },
    nodes: plan.nodes.map((node) => (node.state === 'failed' ? { ...node, state: 'waiting', message: '' } : node)),
  };
}

/** @throws EdgeadmError UPGRADE_NOT_POSSIBLE unless it is paused */
export function cancelPlan(plan: Plan, reason: string, now: number): Plan {
  if (plan.progress.phase !== 'Paused') throw impossible('cancel', plan);
  return { ...plan, progress: { ...plan.progress, phase: 'Cancelled', reason, ended: now } };
}

/** True if the pause has lasted so long that the upgrade is to be cancelled. */
export function isOverdue({ progress }: Plan, now: number): boolean {
  return progress.phase === 'Paused' && now - (progress.paused ?? now) > MAX_PAUSE_S;
}

const NEXT: Readonly<Record<string, string>> = {
  Running: 'edgeadm cluster upgrade pause',
  Pausing: 'wait until the nodes in progress are finished: edgeadm cluster upgrade status',
  Paused: 'edgeadm cluster upgrade continue, or edgeadm cluster upgrade cancel',
};

function impossible(verb: string, { progress, spec }: Plan): EdgeadmError {
  return new EdgeadmError({
    code: 'UPGRADE_NOT_POSSIBLE',
    what: `the upgrade to ${spec.targetVersion} cannot be ${PAST[verb]}`,
    why: `it is ${progress.phase}${progress.reason ? `: ${progress.reason}` : ''}`,
    next: NEXT[progress.phase] ?? 'start another one: edgeadm cluster upgrade start',
  });
}

const PAST: Readonly<Record<string, string>> = { pause: 'paused', continue: 'continued', cancel: 'cancelled' };
