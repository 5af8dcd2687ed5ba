import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { Flags } from '@oclif/core';
import { currentPlan } from '../../cluster-upgrade/control/actions.ts';
import { retryWhileUnavailable } from '../../cluster-upgrade/control/retry.ts';
import { isPausedOrEnded, type NodeRecord, nowSeconds, type Plan } from '../../cluster-upgrade/plan/plan.ts';
import { statusOf } from '../../cluster-upgrade/status.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import type { Output } from '../../output/index.ts';
import { startScreen } from '../../output/screen.ts';
import { now as eventTime, type PhaseLog, phaseLog } from '../../workflow/events.ts';
import { statusText } from './text.ts';

const RETRY_INTERVAL_MS = 1_000;

export const executorFlag = {
  executor: Flags.option({
    options: ['job', 'ssh'] as const,
    description: 'job: a Job on each node, independent of this machine; ssh: from this machine',
  })(),
};

/** Who asks for a change, for the plan and its events. */
export function currentUser(): string {
  return `${userName()}@${hostname()}`;
}

/** Images have no list of users. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown user');
  }
}

/** Of this process as a controller. */
export function processIdentity(): string {
  return process.env.POD_NAME ?? `${currentUser()} (process ${process.pid}, ${randomBytes(3).toString('hex')})`;
}

export function logTo(output: Output, host = 'localhost'): PhaseLog {
  return phaseLog((body) => output.emit({ ...body, host, phase: 'cluster-upgrade', time: eventTime() }));
}

/**
 * Follows an upgrade until it pauses or ends: a screen that is shown again on a terminal, else a line for each change.
 * A laptop that wakes up looks again.
 * @throws EdgeadmError INTERRUPTED by Ctrl-C: the upgrade continues
 */
export async function follow(
  client: ApiClient,
  signal: AbortSignal,
  output: Output,
  forPrograms: boolean,
  clock: Clock = realClock,
): Promise<Plan> {
  const screen = process.stdout.isTTY && !forPrograms ? startScreen(process.stdout) : undefined;
  const log = logTo(output);
  const ended = (error: unknown): undefined => {
    if (!signal.aborted) throw error;
  };
  let before: Plan | undefined;
  for (;;) {
    if (signal.aborted)
      throw interrupted('stopped watching; the upgrade is still running', 'edgeadm cluster upgrade status');
    const plan = await retryWhileUnavailable(() => currentPlan(client), {
      signal,
      log: screen ? undefined : log,
    }).catch(ended);
    const status =
      plan && screen && (await retryWhileUnavailable(() => statusOf(client, plan), { signal }).catch(ended));
    if (!plan) continue;
    if (!screen) tellChanges(log, before, plan);
    else if (status) screen.show(statusText(status, nowSeconds()));
    if (isPausedOrEnded(plan)) return plan;
    before = plan;
    await clock.sleep(RETRY_INTERVAL_MS, signal);
  }
}

/** Ctrl-C, a closed terminal or SIGTERM ended the command. */
export function interrupted(what: string, next: string): EdgeadmError {
  return new EdgeadmError({ code: 'INTERRUPTED', what, next });
}

function tellChanges(log: PhaseLog, before: Plan | undefined, plan: Plan): void {
  if (before?.progress.phase !== plan.progress.phase)
    log.info(`The upgrade to ${plan.spec.targetVersion} is ${plan.progress.phase}.`);
  const old = new Map(before?.nodes.map((node) => [node.name, node.state]));
  for (const node of plan.nodes) if (before && old.get(node.name) !== node.state) tellNode(log, node, plan);
}

function tellNode(log: PhaseLog, { name, state, batch, message }: NodeRecord, { spec }: Plan): void {
  if (state === 'running') log.info(`Batch ${batch}: upgrading node ${name} to ${spec.targetVersion}.`);
  else if (state === 'upgraded') log.info(`Node ${name} is at ${spec.targetVersion}.`);
  else if (state === 'failed') log.warning(`Node ${name} failed: ${message}`);
  else if (state === 'offline') log.warning(`Node ${name} is offline and skipped for now.`);
}
