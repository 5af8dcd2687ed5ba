import { randomBytes } from 'node:crypto';
import { NETWORKS } from '../api-server/seed.ts';
import { KUBERNETES_VERSION } from '../kubernetes-version.ts';
import type { SandboxPki } from '../pki.ts';
import type { Store } from '../store.ts';
import { cloudNodeOf, firstInstances } from './cloud-nodes.ts';
import { managedCluster } from './cs-cluster.ts';
import { newPool } from './new-pool.ts';
import { type ClusterRecord, KIND, poolsOf, sandboxCluster } from './records.ts';
import type { CloudParts } from './service.ts';

/** No VPC is there; its range is what an enhanced pool's networks are kept apart from. */
const VPC_CIDR = '192.168.0.0/16';

/**
 * The one cluster of a sandbox with its default node pool; what is there is not changed.
 * @param values what is to be different from the usual
 */
export function seedCluster(store: Store, values: Partial<ClusterRecord> = {}, now = Date.now()): ClusterRecord {
  const kept = sandboxCluster(store);
  if (kept) return kept;
  const cluster: ClusterRecord = {
    id: `c${randomBytes(16).toString('hex')}`,
    name: 'sandbox',
    region: 'cn-hangzhou',
    version: KUBERNETES_VERSION,
    networkPlugin: 'flannel',
    podCidr: NETWORKS.podSubnet,
    serviceCidr: NETWORKS.serviceSubnet,
    clusterDns: NETWORKS.clusterDns,
    vpcCidr: VPC_CIDR,
    nodeQuota: 2000,
    ...values,
  };
  const pool = newPool(cluster.id, now);
  store.transaction(() => {
    store.put(KIND.cluster, cluster.id, cluster);
    store.put(KIND.nodePool, pool.id, pool);
  });
  return cluster;
}

/**
 * What the cluster has of it inside: NodePool objects, Flannel's ConfigMap. To be called once the API server listens.
 */
export async function seedClusterObjects(parts: CloudParts, pki: SandboxPki): Promise<void> {
  const inside = managedCluster(parts, pki);
  try {
    const cluster = sandboxCluster(parts.store);
    if (!cluster) return;
    if (cluster.networkPlugin === 'flannel') await inside.keepFlannel(cluster.podCidr);
    for (const pool of poolsOf(parts.store, cluster.id)) {
      await inside.keepPool(pool);
      for (const instance of firstInstances(parts.store, pool)) await inside.addNode(cloudNodeOf(instance, pool));
    }
  } finally {
    inside.close();
  }
}
