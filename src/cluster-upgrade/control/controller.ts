import type { V1Node } from '@kubernetes/client-node';
import { type EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { recordClusterEvent } from '../cluster/events.ts';
import { isPausedOrEnded, type NodeRecord, nodesIn, nowSeconds, type Plan } from '../plan/plan.ts';
import type { PlanStore } from '../plan/store.ts';
import { beginBatch, endNode, pauseIfIdle } from '../plan/transitions.ts';
import { cordonAndDrain, uncordonUpgraded } from './cordon.ts';
import type { NodeExecutor } from './executor.ts';
import { RETRY_INTERVAL_MS, retryWhileUnavailable } from './retry.ts';

export interface ControllerParts {
  readonly client: ApiClient;
  readonly store: PlanStore;
  /** Asked again for each node: `continue` may have changed the image. */
  readonly executor: (plan: Plan) => NodeExecutor;
  readonly log: PhaseLog;
  /** Aborts when the lease is lost, and on Ctrl-C: nodes that have begun are left to the next controller. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at the plan. */
  readonly retryIntervalMs?: number;
  /** For tests. */
  readonly clock?: Clock;
}

/** Where only nodes that are offline are left, all nodes are listed once in so many looks. */
export const OFFLINE_POLL_ROUNDS = 10;

/**
 * Upgrades the nodes of the plan, batch after batch, until it pauses or ends. All it knows is in the plan: a controller
 * that was killed is followed by another that continues where it was.
 * @returns the plan when nothing was left to do
 * @throws the reason of the signal if it aborts
 */
export async function controlUpgrade(parts: ControllerParts): Promise<Plan> {
  const over = new AbortController();
  // Without the reason: to a node it is an interruption, after which the same upgrade continues, and no failure.
  const stop = (): void => over.abort();
  parts.signal.throwIfAborted();
  parts.signal.addEventListener('abort', stop, { once: true });
  const underWay = new Map<string, Promise<void>>();
  try {
    return await bringForward({ ...parts, signal: over.signal }, underWay);
  } catch (error) {
    parts.signal.throwIfAborted();
    throw error;
  } finally {
    // A controller that lost its lease must not act beside the new holder.
    parts.signal.removeEventListener('abort', stop);
    stop();
    await Promise.allSettled(underWay.values());
  }
}

async function bringForward(parts: ControllerParts, underWay: Map<string, Promise<void>>): Promise<Plan> {
  const { signal, retryIntervalMs = RETRY_INTERVAL_MS, clock = realClock } = parts;
  const begun = new Set<string>();
  for (;;) {
    const plan = await retryWhileUnavailable(() => step(parts), parts);
    for (const node of nodesIn(plan, 'running')) {
      const tried = `${node.batch} ${node.name}`;
      // A node may have ended since the plan was read.
      if (begun.has(tried) || underWay.has(node.name)) continue;
      begun.add(tried);
      const work = upgradeNode(parts, plan, node).finally(() => underWay.delete(node.name));
      underWay.set(node.name, work);
      work.catch(() => {});
    }
    if (isPausedOrEnded(plan) && underWay.size === 0) return plan;
    const pause = underWay.size === 0 ? retryIntervalMs * OFFLINE_POLL_ROUNDS : retryIntervalMs;
    await Promise.race([...underWay.values(), clock.sleep(pause, signal)]);
  }
}

/** Brings the plan forward: a new batch if none is in progress, a pause if one was requested. */
async function step({ client, store, log, signal }: ControllerParts): Promise<Plan> {
  const found = await store.need(signal);
  const nodes = found.progress.phase === 'Running' && nodesIn(found, 'running').length === 0;
  const list = nodes ? await listNodes(client, { signal }) : [];
  const names = (each: readonly V1Node[]): Set<string> => new Set(each.map(({ metadata }) => metadata?.name ?? ''));
  const world = { online: names(list.filter(isReady)), known: names(list), now: nowSeconds() };
  const plan = await store.update(
    (newest) => pauseIfIdle(nodes ? beginBatch(newest, world) : newest, nowSeconds()),
    signal,
  );
  if (plan.progress.batch > found.progress.batch) {
    const batch = nodesIn(plan, 'running').map(({ name }) => name);
    log.info(`Batch ${plan.progress.batch}: ${batch.join(', ')}`);
    await recordClusterEvent(client, {
      reason: 'BatchStarted',
      message: `batch ${plan.progress.batch}: ${batch.join(', ')}`,
    });
  }
  if (plan.progress.phase !== found.progress.phase) {
    const message = [plan.progress.phase, plan.progress.reason].filter(Boolean).join(': ');
    log.info(`The upgrade to ${plan.spec.targetVersion} is ${message}.`);
    await recordClusterEvent(client, { reason: plan.progress.phase, message });
  }
  return plan;
}

async function upgradeNode(parts: ControllerParts, plan: Plan, node: NodeRecord): Promise<void> {
  const { client, store, log, signal } = parts;
  let failure = await failureOf(async () => {
    if (plan.spec.drain) await retryWhileUnavailable(() => cordonAndDrain(parts, plan.spec, node), parts);
    await parts.executor(plan).upgrade(node, signal);
  });
  if (signal.aborted) return;
  const kept = await failureOf(() => retryWhileUnavailable(() => uncordonUpgraded(parts, node.name, failure), parts));
  failure ??= kept;
  if (signal.aborted) return;
  const why = failure && [failure.what, failure.why].filter(Boolean).join(': ');
  await retryWhileUnavailable(
    () => store.update((newest) => endNode(newest, node.name, why, nowSeconds()), signal),
    parts,
  );
  const { targetVersion } = plan.spec;
  if (failure) log.warning(`Node ${node.name}: ${why}`);
  else log.info(`Node ${node.name} is at ${targetVersion}.`);
  const message = failure ? `node ${node.name}: ${why}` : `node ${node.name} is at ${targetVersion}`;
  await recordClusterEvent(client, {
    reason: failure ? 'NodeFailed' : 'NodeUpgraded',
    message,
    warning: Boolean(failure),
  });
}

async function failureOf(action: () => Promise<void>): Promise<EdgeadmError | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return toEdgeadmError(error);
  }
}
