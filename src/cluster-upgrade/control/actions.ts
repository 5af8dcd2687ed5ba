import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { deleteEvents, recordClusterEvent } from '../cluster/events.ts';
import { deleteJob, listJobs } from '../cluster/jobs.ts';
import { nowSeconds, type Plan, type PlanSpec } from '../plan/plan.ts';
import { PlanStore } from '../plan/store.ts';
import { cancelPlan, continuePlan, isOverdue, pausePlan } from '../plan/transitions.ts';

/**
 * The plan as it is now. One whose pause has lasted for more than 15 days is cancelled by looking at it, and its events
 * and logs are removed; a caller with read-only rights sees it unchanged.
 * @throws EdgeadmError NO_UPGRADE
 */
export async function currentPlan(client: ApiClient): Promise<Plan> {
  const plan = await new PlanStore(client).need();
  if (!isOverdue(plan, nowSeconds())) return plan;
  // The local clock may be wrong.
  const now = await serverSeconds(client);
  if (!isOverdue(plan, now)) return plan;
  try {
    return await cancelOverdue(client, now);
  } catch (error) {
    if (error instanceof EdgeadmError && error.code === 'API_ERROR') return plan;
    throw error;
  }
}

/** It is cancelled last: if this command dies before that, the next call does the rest. */
async function cancelOverdue(client: ApiClient, now: number): Promise<Plan> {
  await removeJobs(client);
  await deleteEvents(client);
  return new PlanStore(client).update((newest) =>
    isOverdue(newest, now) ? cancelPlan(newest, 'paused for more than 15 days', now) : newest,
  );
}

async function serverSeconds(client: ApiClient): Promise<number> {
  const { headers } = await client.send('GET', '/version');
  const time = Date.parse(headers.date ?? '');
  return Number.isNaN(time) ? nowSeconds() : Math.floor(time / 1000);
}

/** Nodes that have begun finish, no others begin. */
export async function pauseUpgrade(client: ApiClient, by: string): Promise<Plan> {
  await currentPlan(client);
  return new PlanStore(client).update((plan) => pausePlan(plan, by, nowSeconds()));
}

/**
 * Lets a paused upgrade continue: failed pods are removed, the nodes they stood for are tried again. One that runs
 * already takes the change for the nodes to come.
 * @param change what is to be different from now on
 */
export async function continueUpgrade(client: ApiClient, change: Partial<PlanSpec>): Promise<Plan> {
  const plan = await currentPlan(client);
  if (plan.progress.phase === 'Paused') await removeJobs(client);
  const going = await new PlanStore(client).update((newest) => {
    const next = continuePlan(newest);
    return Object.keys(change).length === 0 ? next : { ...next, spec: { ...next.spec, ...change } };
  });
  await recordClusterEvent(client, {
    reason: 'Continued',
    message: `the upgrade to ${plan.spec.targetVersion} continues`,
  });
  return going;
}

/** Ends a paused upgrade: nodes that are done stay as they are. */
export async function cancelUpgrade(client: ApiClient, by: string): Promise<Plan> {
  await currentPlan(client);
  const plan = await new PlanStore(client).update((newest) => cancelPlan(newest, `cancelled by ${by}`, nowSeconds()));
  await removeJobs(client);
  await recordClusterEvent(client, { reason: 'Cancelled', message: `the upgrade was cancelled by ${by}` });
  return plan;
}

async function removeJobs(client: ApiClient): Promise<void> {
  for (const job of await listJobs(client)) await deleteJob(client, job);
}
