import type { CloudNodePool } from '../../cloud/actions/node-pools.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { EdgeadmError } from '../../errors/index.ts';

/**
 * The service does not say what it makes of a node that it does not find, so the names are looked up first.
 * @throws EdgeadmError NODE_NOT_FOUND for nodes that the pool does not have
 */
export async function refuseOtherNodes(
  names: readonly string[],
  { nodepoolInfo: { nodepoolId, name } }: CloudNodePool,
  { service, clusterId }: { readonly service: Pick<ContainerService, 'nodes'>; readonly clusterId: string },
): Promise<void> {
  if (names.length === 0) return;
  const found = (await service.nodes(clusterId, nodepoolId)).map(({ nodeName }) => nodeName);
  const unknown = names.filter((each) => !found.includes(each));
  if (unknown.length === 0) return;
  throw new EdgeadmError({
    code: 'NODE_NOT_FOUND',
    what: `${unknown.join(', ')}: no such node in the node pool ${name}`,
    why: `it has ${found.join(', ') || 'no nodes'}`,
    next: `edgeadm node list --cluster-id ${clusterId}`,
  });
}
