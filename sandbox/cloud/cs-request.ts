import type { ManagedCluster } from './cs-cluster.ts';
import { type ClusterRecord, KIND, type NodePoolRecord } from './records.ts';
import { CloudFailure, type CloudParts, type CloudRequest } from './service.ts';

/** A request to the container service with what it takes to answer it. */
export interface CsRequest {
  readonly request: CloudRequest;
  readonly parts: CloudParts;
  /** The cluster that the path names; of other paths, that of the sandbox. */
  readonly inside: ManagedCluster;
  readonly insideOf: (clusterId: string) => ManagedCluster;
  /** What the path names, in its order. */
  readonly names: readonly string[];
}

/** @throws CloudFailure */
export function clusterOf({ request: { place }, parts, names: [id = ''] }: CsRequest): ClusterRecord {
  const cluster = parts.store.get<ClusterRecord>(KIND.cluster, id);
  // The endpoint of a region knows only the clusters of that region.
  if (cluster && place?.serves(cluster.region) !== false) return cluster;
  throw new CloudFailure(404, 'ErrorClusterNotFound', `cluster (${id}) not found in our records`);
}

/** For changes. @throws CloudFailure if another one is in progress; the real code is not documented */
export function idleClusterOf(asked: CsRequest): ClusterRecord {
  const cluster = clusterOf(asked);
  const state = cluster.pending?.state ?? cluster.failed;
  if (state === undefined || state === 'delete_failed') return cluster;
  throw new CloudFailure(400, 'ErrorClusterState', `The cluster ${cluster.name} is ${state}.`);
}

/** @throws CloudFailure */
export function requestedPool(asked: CsRequest, id = asked.names[1] ?? ''): NodePoolRecord {
  const { id: clusterId } = clusterOf(asked);
  const pool = asked.parts.store.get<NodePoolRecord>(KIND.nodePool, id);
  if (pool?.clusterId === clusterId) return pool;
  throw new CloudFailure(404, 'ErrorNodePoolNotFound', `node pool (${id}) not found in cluster ${clusterId}`);
}

/** JSON of a parameter. @throws CloudFailure */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CloudFailure(400, 'InvalidParameter', 'The specified JSON is not valid.');
  }
}
