import type { CloudCluster, ListedCluster } from '../../cloud/actions/clusters.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { refusalOf } from '../../cloud/errors.ts';
import { EdgeadmError } from '../../errors/index.ts';

type Service = Pick<ContainerService, 'cluster' | 'clusters'>;

/**
 * The cluster of that ID or name.
 * @throws EdgeadmError CLOUD_CLUSTER_NOT_FOUND; CLOUD_CLUSTER_REFUSED if several have the name
 */
export async function clusterNamed(service: Service, region: string, wanted: string): Promise<CloudCluster> {
  const byId = await clusterIfThere(service, wanted);
  if (byId) return byId;
  const all = await service.clusters(region);
  const found = onlyOneNamed(all, wanted, region);
  if (found) return service.cluster(found.clusterId);
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_NOT_FOUND',
    what: `cluster ${wanted} was not found in ${region}`,
    why: all.length > 0 ? `found: ${all.map(({ name, clusterId }) => `${name} (${clusterId})`).join(', ')}` : undefined,
  });
}

/** The cluster of that ID; undefined if it is gone. */
export async function clusterIfThere(service: Pick<Service, 'cluster'>, id: string): Promise<CloudCluster | undefined> {
  return service.cluster(id).catch((error: unknown) => {
    if (/ClusterNotFound/.test(refusalOf(error) ?? '')) return undefined;
    throw error;
  });
}

/** @throws EdgeadmError CLOUD_CLUSTER_REFUSED if several have the name */
export function onlyOneNamed(
  clusters: readonly ListedCluster[],
  name: string,
  region: string,
): ListedCluster | undefined {
  const named = clusters.filter((cluster) => cluster.name === name && cluster.state !== 'deleted');
  if (named.length < 2) return named[0];
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_REFUSED',
    what: `${named.length} clusters of ${region} are named ${name}`,
    why: named.map(({ clusterId, state }) => `${clusterId}, ${state}`).join('\n'),
    next: 'use the ID of one of them',
  });
}

/** @throws EdgeadmError CLOUD_CLUSTER_REFUSED unless it is running, or `updating`, which is waited for */
export function refuseUnlessRunning({ clusterId, name, state }: CloudCluster, what: string): void {
  if (!state || state === 'running' || state === 'updating') return;
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_REFUSED',
    what: `${what} of cluster ${name} (${clusterId}) cannot be changed now`,
    why: `it is ${state}`,
    next: 'wait until it is running, then run the same command again',
  });
}
