import type { V1ConfigMap, V1Job, V1Pod } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { CLUSTER_INFO_PATH, parseClusterInfo } from '../../kubernetes/api/cluster-info.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { acquireLease, leaseHolder } from '../control/lease.ts';
import { isPausedOrEnded, type Plan } from '../plan/plan.ts';
import { PlanStore } from '../plan/store.ts';
import { controllerJob } from './job-manifests.ts';
import { deleteJob, describePod, failureOf, findJob, hasSucceeded, isEnding, podsOf } from './jobs.ts';
import { batch, CONTROLLER } from './names.ts';
import { ensureAccount, ensureBudget } from './objects.ts';

const TIMEOUT_MS = 120_000;
/** A first failure may be a network that is not there yet. */
const HOPELESS_RESTARTS = 3;

/**
 * Makes the Job of the controller. Until that is done the requesting command holds the lease, so that others who start
 * an upgrade at the same time learn who was first.
 */
export async function makeController(client: ApiClient, plan: Plan, identity: string, signal: AbortSignal) {
  const lease = await acquireLease(client, identity, signal);
  try {
    await Promise.all([ensureAccount(client), ensureBudget(client)]);
    await createJob(client, plan);
  } finally {
    if (typeof lease !== 'string') await lease.release();
  }
}

/**
 * Sees to it that the Job of the controller runs, and waits until it controls the upgrade (or has ended it already).
 * @throws EdgeadmError UPGRADE_NODE_FAILED with what keeps its pod from running; the upgrade begins when that is over
 */
export async function ensureController(client: ApiClient, plan: Plan, signal: AbortSignal): Promise<void> {
  await Promise.all([ensureAccount(client), ensureBudget(client)]);
  const store = new PlanStore(client);
  let dying: V1Pod | undefined;
  await waitFor({
    what: 'the upgrade controller to start',
    code: 'UPGRADE_NODE_FAILED',
    timeoutMs: TIMEOUT_MS,
    intervalMs: [200, 2000],
    signal,
    probe: async () => {
      if (isPausedOrEnded(await store.need())) return { done: true };
      const job = await findJob(client, CONTROLLER);
      const holder = await leaseHolder(client);
      // One that is over has controlled an earlier part of the upgrade; the lease of one that died names it still.
      if (job && !isEnding(job) && isOutdated(job, plan)) await deleteJob(client, job);
      else if (job && holder?.identity.startsWith(CONTROLLER)) return { done: true };
      else if (!job) await createJob(client, plan);
      const [pod] = job ? await podsOf(client, CONTROLLER) : [];
      dying = (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) >= HOPELESS_RESTARTS ? pod : undefined;
      return { seen: job ? describePod(pod) : 'its Job was created' };
    },
    guard: async () => {
      if (dying)
        throw new EdgeadmError({
          code: 'UPGRADE_NODE_FAILED',
          what: CONTROLLER_EXITS,
          why: describePod(dying),
          next: NEXT,
        });
    },
    next: NEXT,
  });
}

function isOutdated(job: V1Job, { spec }: Plan): boolean {
  const image = job.spec?.template.spec?.containers[0]?.image;
  return hasSucceeded(job) || failureOf(job) !== undefined || image !== spec.image;
}

const CONTROLLER_EXITS = 'the upgrade controller exits right after it starts';
const NEXT = `kubectl -n kube-upgrade describe pod -l job-name=${CONTROLLER}
to use another image: edgeadm cluster upgrade continue --image IMAGE`;

async function createJob(client: ApiClient, { spec }: Plan): Promise<void> {
  const [servers, nodes] = await Promise.all([serversForNodes(client), listNodes(client)]);
  await client.writeUnlessStale('POST', batch('jobs'), controllerJob(spec, { servers, nodes }));
}

/** What nodes call the API server: the address that they have joined it by; their pods know that of its service. */
async function serversForNodes(client: ApiClient): Promise<string[]> {
  const answer = await client.send<V1ConfigMap>('GET', CLUSTER_INFO_PATH);
  try {
    return [parseClusterInfo(answer).advertisedServer].filter(Boolean);
  } catch (error) {
    if (error instanceof EdgeadmError) return [];
    throw error;
  }
}
