import type { Store } from '../store.ts';
import type { InstanceNode } from './cs-cluster.ts';
import { ECS_INSTANCE, type EcsInstanceRecord } from './ecs.ts';
import { newPool } from './new-pool.ts';
import { type ClusterRecord, KIND, type NodePoolRecord, poolsOf, SANDBOX_VPC } from './records.ts';

/** The instance that no cluster has; the others are nodes of the pool from the beginning. */
const SPARE = 'i-sandbox-spare';

/**
 * A pool of cloud nodes, as every edge cluster of the service has one, and one more instance. What is there is kept.
 * @param instances how many nodes; the first is a subscription, the others are pay-as-you-go
 */
export function seedCloudNodes(store: Store, cluster: ClusterRecord, instances: number): void {
  if (poolsOf(store, cluster.id).some(({ type }) => type === 'ess')) return;
  const pool: NodePoolRecord = {
    ...newPool(cluster.id, Date.now()),
    name: 'cloud-nodes',
    isDefault: false,
    type: 'ess',
  };
  const ids = Array.from({ length: instances }, (_, index) => `i-sandbox-${index + 1}`);
  store.transaction(() => {
    store.put(KIND.nodePool, pool.id, pool);
    for (const [index, id] of [...ids, SPARE].entries()) {
      const instance: EcsInstanceRecord = {
        id,
        region: cluster.region,
        vpcId: SANDBOX_VPC,
        address: `192.168.0.${index + 10}`,
        status: 'Running',
        osName: 'CentOS  7.6 64 bit',
        charge: index === 0 ? 'PrePaid' : 'PostPaid',
      };
      store.put(ECS_INSTANCE, id, instance);
    }
    store.put(FIRST, pool.id, { ids });
  });
}

const FIRST = 'ecs/first-nodes';

/** Instances that become nodes when the sandbox starts for the first time. */
export function firstInstances(store: Store, pool: NodePoolRecord): EcsInstanceRecord[] {
  const { ids = [] } = store.get<{ ids: string[] }>(FIRST, pool.id) ?? {};
  store.delete(FIRST, pool.id);
  return ids.flatMap((id) => store.get<EcsInstanceRecord>(ECS_INSTANCE, id) ?? []);
}

/** The Node that an ECS instance becomes; its name is that of the vendor's guide, 7.3. */
export function cloudNodeOf({ id, region, address }: EcsInstanceRecord, pool: NodePoolRecord): InstanceNode {
  return {
    name: `${region}.${id}`,
    pool,
    address,
    providerId: `${region}.${id}`,
    labels: { 'alibabacloud.com/is-edge-worker': 'false' },
    taints: [{ key: 'node-role.alibabacloud.com/addon', value: '', effect: 'NoSchedule' }],
  };
}

/** `i-1` of `cn-hangzhou.i-1`. */
export function instanceIdOf(nodeName: string): string {
  return nodeName.replace(/^[a-z]+(-[a-z0-9]+)+\.(?=i-)/, '');
}
