import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { waitForTask } from '../../cloud/cs-tasks.ts';
import { orderOnce } from '../../cloud/order-once.ts';
import type { OrderRun } from '../../cloud/order-run.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { clusterIfThere, clusterNamed } from './find.ts';

/** A change of a cluster that is `updating` meanwhile. */
export interface ClusterUpdate {
  /** `the edition of cluster c1 to be pro`. */
  readonly what: string;
  readonly send: () => Promise<string | undefined>;
  /** Whether it is in effect. */
  readonly isDone: (cluster: CloudCluster) => boolean | Promise<boolean>;
}

/**
 * Waits for a change that another command, or an earlier run of this one, has begun: the service refuses a second one.
 * @throws EdgeadmError CLOUD_*, TIMEOUT
 */
async function clusterAtRest(id: string, { service, signal, timeoutMs, tell }: OrderRun): Promise<CloudCluster> {
  let isTold = false;
  return waitForTask<CloudCluster>(service, undefined, {
    what: `a change of cluster ${id} that is in progress to end`,
    signal,
    timeoutMs,
    probe: async () => {
      const cluster = await service.cluster(id);
      if (cluster.state !== 'updating') return { done: cluster };
      if (!isTold) tell?.(`Waiting for a change of cluster ${id} that is in progress.`);
      isTold = true;
      return { seen: `it is ${cluster.state}` };
    },
  });
}

/**
 * The cluster of that ID or name, to plan a change: what is `updating` does not show yet what it will be.
 * @throws EdgeadmError CLOUD_CLUSTER_NOT_FOUND, CLOUD_*, TIMEOUT
 */
export async function clusterToChange(region: string, wanted: string, run: OrderRun): Promise<CloudCluster> {
  const cluster = await clusterNamed(run.service, region, wanted);
  return cluster.state === 'updating' ? clusterAtRest(cluster.clusterId, run) : cluster;
}

/**
 * Sends it once, and waits until the cluster is running with it. Run again, it waits for what is in progress.
 * @throws EdgeadmError CLOUD_*, TIMEOUT
 */
export async function updateCluster(id: string, update: ClusterUpdate, run: OrderRun): Promise<void> {
  const { service, wait, signal, timeoutMs, listDelayMs, tell } = run;
  const isInEffect = async (cluster: CloudCluster) => cluster.state === 'running' && (await update.isDone(cluster));
  if (await isInEffect(await clusterAtRest(id, run))) return;
  const taskId = await orderOnce({
    what: update.what,
    send: update.send,
    shows: async () => {
      const cluster = await service.cluster(id);
      return cluster.state === 'updating' || (await isInEffect(cluster));
    },
    listDelayMs,
    signal,
  });
  if (!wait) return;
  await waitForTask<void>(service, taskId, {
    what: update.what,
    signal,
    timeoutMs,
    tell,
    probe: async () => {
      const cluster = await service.cluster(id);
      return (await isInEffect(cluster)) ? { done: undefined } : { seen: `it is ${cluster.state}` };
    },
  });
}

/** Deletions take a few minutes: each resource is returned. */
const DELETION_MS = 1_800_000;

/**
 * Deletes a cluster, or waits for its deletion.
 * @throws EdgeadmError CLOUD_CLUSTER_FAILED, CLOUD_*, TIMEOUT
 */
export async function deleteCluster(
  { clusterId: id, name, state }: CloudCluster,
  send: () => Promise<string | undefined>,
  run: OrderRun,
): Promise<void> {
  const { service, wait, signal, timeoutMs = DELETION_MS, listDelayMs, tell } = run;
  const look = () => clusterIfThere(service, id);
  const isGone = (cluster: CloudCluster | undefined) => !cluster || cluster.state === 'deleted';
  const order = () =>
    orderOnce({
      what: `the deletion of cluster ${name} (${id}) to begin`,
      send,
      shows: async () => {
        const cluster = await look();
        return isGone(cluster) || cluster?.state === 'deleting';
      },
      listDelayMs,
      signal,
    });
  const taskId = state === 'deleting' ? undefined : await order();
  if (!wait) return;
  await waitForTask<void>(service, taskId, {
    what: `cluster ${name} (${id}) to be gone`,
    signal,
    timeoutMs,
    tell,
    probe: async () => {
      const cluster = await look();
      if (cluster?.state === 'delete_failed') throw notDeleted(cluster);
      return isGone(cluster) ? { done: undefined } : { seen: `it is ${cluster?.state}` };
    },
  });
}

function notDeleted({ clusterId, name }: CloudCluster): EdgeadmError {
  return new EdgeadmError({
    code: 'CLOUD_CLUSTER_FAILED',
    what: `cluster ${name} (${clusterId}) could not be deleted`,
    next: 'run the same command again, or keep the resource that prevents it: `edgeadm cluster delete --keep ID`',
  });
}
