import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { deleteJob, listJobs } from '../cluster/jobs.ts';
import { ensureNamespace } from '../cluster/objects.ts';
import type { Plan } from '../plan/plan.ts';
import { refuseTooLarge } from '../plan/size.ts';
import { PlanStore } from '../plan/store.ts';
import { leaseHolder } from './lease.ts';

/**
 * Writes the plan of a new upgrade: of those who start one at the same time, one does.
 * @throws EdgeadmError USAGE if it does not fit into a ConfigMap; UPGRADE_UNDER_WAY with who started the other and who
 *   controls it
 */
export async function beginPlan(client: ApiClient, plan: Plan, signal: AbortSignal): Promise<void> {
  refuseTooLarge(plan);
  await ensureNamespace(client);
  // Of an upgrade that has ended; those of another that begins at this moment are not among them.
  const left = await listJobs(client);
  const other = await new PlanStore(client).begin(plan);
  if (other) throw await underWay(client, other, signal);
  for (const job of left) await deleteJob(client, job);
}

/** A command that has just started an upgrade is about to take the lease. */
const HOLDER_TIMEOUT_MS = 3_000;

async function underWay(client: ApiClient, { spec, progress }: Plan, signal: AbortSignal): Promise<EdgeadmError> {
  const holder = await waitFor({
    what: 'an upgrade controller',
    timeoutMs: progress.phase === 'Running' ? HOLDER_TIMEOUT_MS : 1,
    signal,
    probe: async () => {
      const found = await leaseHolder(client);
      return found ? { done: found.identity } : { seen: 'none' };
    },
  }).catch(() => undefined);
  const since = new Date(progress.started * 1000).toISOString();
  return new EdgeadmError({
    code: 'UPGRADE_UNDER_WAY',
    what: `an upgrade to ${spec.targetVersion} is already in progress`,
    why: [
      `${spec.startedBy} started it at ${since}; it is ${progress.phase}`,
      holder ? `its controller is ${holder}` : 'it has no controller',
    ].join('\n'),
  });
}
