import type { PoolNode } from '../../src/config/node-pool.ts';
import type { ManagedCluster } from './cs-cluster.ts';
import { type ClusterRecord, KIND, type MadeCluster } from './records.ts';
import type { CloudParts } from './service.ts';

/**
 * A cluster that CreateCluster made, as the service sees it: records alone. Its kubeconfig leads to the sandbox's API
 * server, since there is no other.
 */
export function madeCluster({ store }: CloudParts, { id }: ClusterRecord, shared: ManagedCluster): ManagedCluster {
  const record = (): ClusterRecord | undefined => store.get<ClusterRecord>(KIND.cluster, id);
  const workers = (): MadeCluster['workers'] => record()?.made?.workers ?? [];
  const remove = (names: readonly string[]): void => {
    const now = record();
    if (!now?.made) return;
    const gone = new Set(names);
    const left = now.made.workers.filter(({ name }) => !gone.has(name));
    store.put(KIND.cluster, id, { ...now, made: { ...now.made, workers: left } });
  };
  return {
    nodes: async () => workers().map(nodeOf),
    deleteNode: async (name) => remove([name]),
    deleteNodes: async (names) => remove(names),
    cordon: async () => {},
    addNode: async ({ name, pool }) => {
      const now = record();
      if (!now?.made) return;
      store.put(KIND.cluster, id, {
        ...now,
        made: { ...now.made, workers: [...workers(), { name, poolId: pool.id }] },
      });
    },
    keepPool: async () => {},
    deletePool: async () => {},
    keepFlannel: async () => {},
    kubeconfig: (minutes, server) => shared.kubeconfig(minutes, server),
    close: () => {},
  };
}

function nodeOf({ name, poolId }: MadeCluster['workers'][number], index: number): PoolNode {
  return { name, pool: poolId, ready: true, arch: 'amd64', addresses: [`192.168.0.${10 + index}`] };
}
