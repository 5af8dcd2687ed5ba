import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/client.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { control } from './controller.ts';
import type { NodeExecutor } from './executor.ts';
import { acquireLease } from './lease.ts';
import { hasStopped, isActive, nodesIn, type Plan } from './plan.ts';
import { PlanStore } from './plan-store.ts';

export interface RunControllerOptions {
  readonly client: ApiClient;
  /** Of this process, different from that of every other. */
  readonly identity: string;
  readonly executor: (plan: Plan) => NodeExecutor;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
}

/**
 * Becomes the one controller of the upgrade that is under way, until it pauses or ends.
 * @throws EdgeadmError UPGRADE_UNDER_WAY where another controls it, NO_UPGRADE
 */
export async function runController(options: RunControllerOptions): Promise<Plan> {
  const store = new PlanStore(options.client);
  for (;;) {
    await controlOnce(options, store);
    // Whoever continued it while the lease was still held has taken this controller for the one that goes on.
    const plan = await store.need(options.signal);
    if (hasStopped(plan)) return plan;
  }
}

async function controlOnce(options: RunControllerOptions, store: PlanStore): Promise<void> {
  const { client, identity, log } = options;
  const lease = await acquireLease(client, identity, options.signal);
  if (typeof lease === 'string') throw controlledBy(lease);
  const signal = AbortSignal.any([options.signal, lease.signal]);
  try {
    const executor = options.executor(await store.need(signal));
    await control({ client, store, executor, log, signal });
  } catch (error) {
    if (lease.signal.aborted) throw controlledBy((lease.signal.reason as Error).message);
    throw error;
  } finally {
    await lease.release().catch(() => {});
  }
}

function controlledBy(who: string): EdgeadmError {
  return new EdgeadmError({
    code: 'UPGRADE_UNDER_WAY',
    what: 'another process controls the upgrade',
    why: who,
    next: 'edgeadm cluster upgrade status',
  });
}

/** How a command that has followed an upgrade to its end, or to a pause, ends itself: undefined where it is complete. */
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
