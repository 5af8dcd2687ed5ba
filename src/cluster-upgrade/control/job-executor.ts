import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { attemptId, nodeJob } from '../cluster/job-manifests.ts';
import {
  deleteJob,
  describeError,
  describePod,
  errorOf,
  failureOf,
  findJob,
  hasSucceeded,
  isEnding,
  nodeJobName,
  podLogTail,
  podsOf,
} from '../cluster/jobs.ts';
import { batch, TRY_ANNOTATION } from '../cluster/names.ts';
import type { NodeRecord, PlanSpec } from '../plan/plan.ts';
import type { NodeExecutor } from './executor.ts';
import { retryWhileUnavailable } from './retry.ts';

/** Longer than the deadline of the Job: a Job that is still there then has no controller left. */
const TIMEOUT_MS = 2_400_000;
/** Shorter than the deadline: an image that cannot be pulled by then will not be. */
const IMAGE_TIMEOUT_MS = 600_000;

/** Of an earlier Job, whose pod is given half a minute to end. */
const LEFT_TIMEOUT_MS = 600_000;

/** Upgrades nodes by a Job on each. */
export function jobExecutor(client: ApiClient, spec: PlanSpec, clock: Clock = realClock): NodeExecutor {
  return { upgrade: (node, signal) => upgradeByJob({ client, spec, signal, clock }, node) };
}

interface JobParts {
  readonly client: ApiClient;
  readonly spec: PlanSpec;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function upgradeByJob(parts: JobParts, node: NodeRecord): Promise<void> {
  const { client, signal, clock } = parts;
  await ensureJob(parts, node);
  const name = nodeJobName(node.name);
  const started = clock.now();
  let pod: V1Pod | undefined;
  const { job, failure } = await waitFor<{ job?: V1Job; failure?: string }>({
    what: `Job ${name} to upgrade node ${node.name}`,
    code: 'UPGRADE_NODE_FAILED',
    timeoutMs: TIMEOUT_MS,
    intervalMs: [200, 2000],
    signal,
    clock,
    probe: async (within) => {
      const found = await findJob(client, name, within);
      // A Job that ran into its deadline has no pod any more: what it was last seen to be is all there is.
      pod = (await podsOf(client, name, within))[0] ?? pod;
      if (!found) return { done: { failure: 'its Job was deleted' } };
      if (hasSucceeded(found)) return { done: { job: found } };
      const why = failureOf(found);
      if (why !== undefined) return { done: { failure: why } };
      const late = clock.now() - started > IMAGE_TIMEOUT_MS;
      return late && lacksImage(pod) ? { done: { failure: describePod(pod) } } : { seen: describePod(pod) };
    },
  });
  if (failure !== undefined) throw await failed(client, node.name, failure, pod);
  if (job) await retryWhileUnavailable(() => deleteJob(client, job), { signal, clock });
}

/** Makes the Job of this try unless it is there. What is left of an earlier one has to be gone, its pods too. */
async function ensureJob({ client, spec, signal, clock }: JobParts, node: NodeRecord): Promise<void> {
  const name = nodeJobName(node.name);
  const isThere = await waitFor<boolean>({
    what: `an earlier Job ${name} to be deleted`,
    code: 'UPGRADE_NODE_FAILED',
    timeoutMs: LEFT_TIMEOUT_MS,
    signal,
    clock,
    probe: async (within) => {
      const job = await findJob(client, name, within);
      if (job && isEnding(job)) return { seen: 'it is being deleted' };
      if (job?.metadata?.annotations?.[TRY_ANNOTATION] === attemptId(node)) return { done: true };
      if (job) await deleteJob(client, job);
      const [left] = await podsOf(client, name, within);
      return left || job ? { seen: describePod(left) } : { done: false };
    },
  });
  if (isThere) return;
  await retryWhileUnavailable(() => client.writeUnlessStale('POST', batch('jobs'), nodeJob(name, node, spec)), {
    signal,
    clock,
  });
}

function lacksImage(pod: V1Pod | undefined): boolean {
  return /Image/.test(pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '');
}

async function failed(client: ApiClient, node: string, reason: string, pod: V1Pod | undefined): Promise<EdgeadmError> {
  const cause = pod && errorOf(pod);
  const log = pod && !cause ? await podLogTail(client, pod).catch(() => '') : '';
  return new EdgeadmError({
    code: 'UPGRADE_NODE_FAILED',
    what: `node ${node} was not upgraded`,
    why: cause ? describeError(cause) : log || `${reason}; ${describePod(pod)}`,
    cause,
  });
}
