import type { ApiClient } from '../../kubernetes/client.ts';
import { deleteEvents, tellCluster } from './events.ts';
import { deleteJob, failureOf, findJob, jobNames } from './jobs.ts';
import { nowSeconds, type Plan, type PlanSpec } from './plan.ts';
import { PlanStore } from './plan-store.ts';
import { cancelPlan, continuePlan, isOverdue, pausePlan } from './transitions.ts';

/**
 * The plan as it is now. One whose pause has lasted for more than 15 days is cancelled by looking at it, and its events
 * and logs are removed.
 * @throws EdgeadmError NO_UPGRADE
 */
export async function lookAtPlan(client: ApiClient): Promise<Plan> {
  const store = new PlanStore(client);
  const plan = await store.need();
  if (!isOverdue(plan, nowSeconds())) return plan;
  const cancelled = await store.update((newest) =>
    isOverdue(newest, nowSeconds()) ? cancelPlan(newest, 'paused for more than 15 days', nowSeconds()) : newest,
  );
  await removeJobs(client);
  await deleteEvents(client);
  return cancelled;
}

/** Nodes that have begun finish, no others begin. */
export async function pauseUpgrade(client: ApiClient, by: string): Promise<Plan> {
  await lookAtPlan(client);
  return new PlanStore(client).update((plan) => pausePlan(plan, by));
}

/**
 * Lets a paused upgrade go on: failed pods are removed, the nodes they stood for are tried again.
 * @param change what is to be different from now on
 */
export async function continueUpgrade(client: ApiClient, change: Partial<PlanSpec>): Promise<Plan> {
  const plan = await lookAtPlan(client);
  const failed = plan.progress.phase === 'Paused' ? await failedJobs(client) : [];
  for (const name of failed) await deleteJob(client, name);
  const going = await new PlanStore(client).update((newest) => {
    const next = continuePlan(newest);
    return next === newest ? next : { ...next, spec: { ...next.spec, ...change } };
  });
  await tellCluster(client, { reason: 'Continued', message: `the upgrade to ${plan.spec.targetVersion} goes on` });
  return going;
}

/** Ends a paused upgrade: nodes that are done stay as they are. */
export async function cancelUpgrade(client: ApiClient, by: string): Promise<Plan> {
  await lookAtPlan(client);
  const plan = await new PlanStore(client).update((newest) => cancelPlan(newest, `cancelled by ${by}`, nowSeconds()));
  await removeJobs(client);
  await tellCluster(client, { reason: 'Cancelled', message: `the upgrade was cancelled by ${by}` });
  return plan;
}

async function removeJobs(client: ApiClient): Promise<void> {
  for (const name of await jobNames(client)) await deleteJob(client, name);
}

async function failedJobs(client: ApiClient): Promise<string[]> {
  const names = await jobNames(client, 'node');
  const jobs = await Promise.all(names.map((name) => findJob(client, name)));
  return names.filter((_, index) => jobs[index] && failureOf(jobs[index]) !== undefined);
}
