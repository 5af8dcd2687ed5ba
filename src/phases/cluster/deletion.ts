import type { CloudCluster, ClusterResource } from '../../cloud/actions/clusters.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import type { ResourceChoice } from '../../cloud/cs-clusters.ts';
import { EdgeadmError } from '../../errors/index.ts';

/** What can be kept or deleted by type. Source: the SDK, DeleteCluster. */
export const RESOURCE_TYPES = ['SLB', 'ALB', 'SLS_Data', 'SLS_ControlPlane', 'PrivateZone'] as const;

/** Deleted unless they are kept; all other types stay. Source: the SDK, DeleteCluster. */
const DELETED_BY_DEFAULT = new Set(['SLB', 'EIP']);

/** @param keep types, or IDs of resources */
export function choiceOf(keep: readonly string[], remove: readonly string[]): ResourceChoice {
  const isType = (each: string): boolean => RESOURCE_TYPES.some((type) => type === each);
  const kept = keep.filter(isType).map((type) => [type, 'retain'] as const);
  return {
    retain: keep.filter((each) => !isType(each)),
    types: Object.fromEntries([...kept, ...remove.map((type) => [type, 'delete'] as const)]),
  };
}

export interface Deletion {
  readonly nodes: readonly string[];
  readonly resources: readonly (ClusterResource & { readonly becomes: string })[];
}

/**
 * What a deletion takes along.
 * @throws EdgeadmError CLOUD_CLUSTER_REFUSED if the cluster is protected, is being changed, or lacks what is to be kept
 */
export async function clusterDeletion(
  service: ContainerService,
  cluster: CloudCluster,
  choice: ResourceChoice,
): Promise<Deletion> {
  const { clusterId: id, name, state, deletionProtection, regionId } = cluster;
  const reasons = [
    ...(deletionProtection ? ['deletion protection is on'] : []),
    ...(BUSY.includes(state ?? '') ? [`it is ${state}`] : []),
  ];
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'CLOUD_CLUSTER_REFUSED',
      what: `cluster ${name} (${id}) cannot be deleted now`,
      why: reasons.join('\n'),
      next: deletionProtection
        ? `switch it off: edgeadm cluster update ${id} --no-deletion-protection${regionId ? ` --region ${regionId}` : ''}`
        : 'wait until it is running, then run the same command again',
    });
  const [nodes, resources] = await Promise.all([
    service.nodes(id).catch(() => []),
    service.clusterResources(id).catch(() => undefined),
  ]);
  if (resources) refuseUnknown(choice.retain, cluster, resources);
  return {
    nodes: nodes.map(({ nodeName }) => nodeName),
    resources: (resources ?? []).map((resource) => ({ ...resource, becomes: fateOf(resource, choice) })),
  };
}

/** A misspelled name would delete what the user wants to keep. */
function refuseUnknown(
  kept: readonly string[],
  { clusterId, name }: CloudCluster,
  resources: readonly ClusterResource[],
): void {
  const unknown = kept.filter((id) => !resources.some(({ instanceId }) => instanceId === id));
  if (unknown.length === 0) return;
  const found = resources.map(({ instanceId, resourceType }) => `${instanceId} (${resourceType})`).join(', ');
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_REFUSED',
    what: `cluster ${name} (${clusterId}) has no resource ${unknown.join(', ')} to keep`,
    why: `it has ${found || 'none'}`,
    next: `name an ID of these, or a type in --keep: ${RESOURCE_TYPES.join(', ')}`,
  });
}

/** A cluster that could not be created can be deleted. */
const BUSY = ['initial', 'updating', 'upgrading', 'scaling', 'removing'];

function fateOf({ resourceType = '', instanceId = '' }: ClusterResource, { retain, types }: ResourceChoice): string {
  if (retain.includes(instanceId)) return 'kept';
  const fate = types[resourceType] ?? (DELETED_BY_DEFAULT.has(resourceType) ? 'delete' : undefined);
  if (fate) return fate === 'delete' ? 'deleted' : 'kept';
  return RESOURCE_TYPES.some((type) => type === resourceType) ? 'kept' : 'deleted if the service made it';
}
