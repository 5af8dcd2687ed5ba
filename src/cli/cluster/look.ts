import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { clusterNamed } from '../../phases/cluster/find.ts';
import type { PoolSourceFlags } from '../nodepool/pools.ts';
import { requireClusterId, withService } from '../service-change.ts';
import { namedCluster } from './flags.ts';

/** Opens the cluster that flags and argument name, by name or ID, for one look. */
export async function lookAtCluster<T>(
  flags: PoolSourceFlags,
  args: { readonly cluster?: string },
  look: (service: ContainerService, cluster: CloudCluster, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const named = namedCluster(flags, args);
  const wanted = requireClusterId(named);
  return withService(named, async (service, signal) =>
    look(service, await clusterNamed(service, named.region ?? '', wanted), signal),
  );
}
