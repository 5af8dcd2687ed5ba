import type { V1Pod } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/client.ts';
import { waitFor } from '../../lib/wait-for.ts';
import type { NodeExecutor } from './executor.ts';
import { nodeJob } from './job-manifests.ts';
import { deleteJob, describePod, failureOf, findJob, hasSucceeded, lastWords, nodeJobName, podOf } from './jobs.ts';
import { batch } from './names.ts';
import type { PlanSpec } from './plan.ts';

/** Longer than the deadline of the Job: what is over then is a Job that nobody looks after. */
const TIMEOUT_MS = 2_400_000;
/** An image that cannot be had is not waited for until the deadline. */
const IMAGE_TIMEOUT_MS = 600_000;

/** Upgrades nodes by a Job on each. */
export function jobExecutor(client: ApiClient, spec: PlanSpec): NodeExecutor {
  return { upgrade: ({ name }, signal) => upgradeByJob(client, spec, name, signal) };
}

async function upgradeByJob(client: ApiClient, spec: PlanSpec, node: string, signal: AbortSignal): Promise<void> {
  const name = nodeJobName(node);
  if (!(await findJob(client, name, signal)))
    await client.writeUnlessStale('POST', batch('jobs'), nodeJob(name, node, spec));
  const started = performance.now();
  let pod: V1Pod | undefined;
  const failure = await waitFor({
    what: `Job ${name} to upgrade node ${node}`,
    code: 'UPGRADE_NODE_FAILED',
    timeoutMs: TIMEOUT_MS,
    intervalMs: [200, 2000],
    signal,
    probe: async (within) => {
      const job = await findJob(client, name, within);
      // A Job that ran into its deadline has no pod any more: what it was last seen to be is all there is.
      pod = (await podOf(client, name, within)) ?? pod;
      if (!job) return { done: 'its Job was deleted' };
      if (hasSucceeded(job)) return { done: undefined };
      const failed = failureOf(job);
      if (failed) return { done: failed };
      const late = performance.now() - started > IMAGE_TIMEOUT_MS;
      return late && lacksImage(pod) ? { done: describePod(pod) } : { seen: describePod(pod) };
    },
  });
  if (failure !== undefined) throw await failed(client, node, failure, pod);
  await deleteJob(client, name);
}

function lacksImage(pod: V1Pod | undefined): boolean {
  return /Image/.test(pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '');
}

async function failed(client: ApiClient, node: string, reason: string, pod: V1Pod | undefined): Promise<EdgeadmError> {
  const words = pod ? await lastWords(client, pod).catch(() => '') : '';
  const error = errorIn(words);
  return new EdgeadmError({
    code: 'UPGRADE_NODE_FAILED',
    what: `node ${node} was not upgraded`,
    why: error || words || `${reason}; ${describePod(pod)}`,
  });
}

/** What edgeadm printed last, from its error on. */
function errorIn(words: string): string {
  const at = words.lastIndexOf('error: ');
  return at < 0 ? '' : words.slice(at + 'error: '.length);
}
