import type { PoolNode } from '../../src/config/node-pool.ts';
import type { ManagedCluster } from './cs-cluster.ts';
import { type ClusterRecord, KIND, type WorkerRecord, workersOf } from './records.ts';
import type { CloudParts } from './service.ts';

/**
 * A cluster that CreateCluster made, as the service sees it: records alone. Its kubeconfig leads to the sandbox's API
 * server, since there is no other.
 */
export function madeCluster({ store }: CloudParts, { id }: ClusterRecord, shared: ManagedCluster): ManagedCluster {
  const workers = (): readonly WorkerRecord[] => workersOf(store, id);
  const remove = (names: readonly string[]): void => {
    const gone = new Set(names);
    store.put(
      KIND.workers,
      id,
      workers().filter(({ name }) => !gone.has(name)),
    );
  };
  return {
    nodes: async () => workers().map(nodeOf),
    deleteNode: async (name) => remove([name]),
    deleteNodes: async (names) => remove(names),
    cordon: async () => {},
    drain: async () => {},
    addNode: async ({ name, pool }) => store.put(KIND.workers, id, [...workers(), { name, poolId: pool.id }]),
    keepPool: async () => {},
    deletePool: async () => {},
    keepFlannel: async () => {},
    kubeconfig: (minutes, server) => shared.kubeconfig(minutes, server),
    close: () => {},
  };
}

function nodeOf({ name, poolId }: WorkerRecord, index: number): PoolNode {
  return { name, pool: poolId, ready: true, arch: 'amd64', addresses: [`192.168.0.${10 + index}`] };
}
