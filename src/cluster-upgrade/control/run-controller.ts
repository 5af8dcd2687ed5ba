import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { Clock } from '../../lib/clock.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { isActive, isPausedOrEnded, nodesIn, type Plan } from '../plan/plan.ts';
import { PlanStore } from '../plan/store.ts';
import { controlUpgrade } from './controller.ts';
import type { NodeExecutor } from './executor.ts';
import { acquireLease, controlledBy } from './lease.ts';
import { isUnavailable, retryWhileUnavailable } from './retry.ts';

export interface RunControllerOptions {
  readonly client: ApiClient;
  /** Of this process, different from that of every other. */
  readonly identity: string;
  readonly executor: (plan: Plan) => NodeExecutor;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at the plan. */
  readonly retryIntervalMs?: number;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Becomes the one controller of the upgrade in progress, until it pauses or ends. Where the API server is away
 * for so long that the lease is lost, it asks for the lease again.
 * @throws EdgeadmError UPGRADE_UNDER_WAY if another controls it, NO_UPGRADE
 */
export async function runController(options: RunControllerOptions): Promise<Plan> {
  const store = new PlanStore(options.client);
  for (;;) {
    await controlOnce(options, store);
    // A user who continued it while the lease was still held expects this controller to do the work.
    const plan = await retryWhileUnavailable(() => store.need(options.signal), options);
    if (isPausedOrEnded(plan)) return plan;
  }
}

async function controlOnce(options: RunControllerOptions, store: PlanStore): Promise<void> {
  const { client, identity, log, clock } = options;
  const lease = await retryWhileUnavailable(() => acquireLease(client, identity, options.signal, clock), options);
  if (typeof lease === 'string') throw controlledBy(lease);
  const signal = AbortSignal.any([options.signal, lease.signal]);
  try {
    await controlUpgrade({ ...options, store, signal });
  } catch (error) {
    if (!lease.signal.aborted || !isUnavailable(lease.signal.reason)) throw error;
    log.warning(`${(lease.signal.reason as Error).message}; acquiring it again.`);
  } finally {
    await lease.release().catch(() => {});
  }
}

/** How a command that has followed an upgrade to its end, or to a pause, ends itself: undefined if it is complete. */
export function endingError(plan: Plan): EdgeadmError | undefined {
  const { phase, reason } = plan.progress;
  if (phase === 'Completed') return undefined;
  const failed = nodesIn(plan, 'failed').map(({ name, message }) => `${name}: ${message}`);
  return new EdgeadmError({
    code: 'UPGRADE_PAUSED',
    what: `the upgrade to ${plan.spec.targetVersion} is ${phase}`,
    why: [reason, ...failed].filter(Boolean).join('\n'),
    next: isActive(plan) ? undefined : 'edgeadm cluster upgrade start',
  });
}
