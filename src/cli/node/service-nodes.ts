import type { ContainerService } from '../../cloud/cs.ts';
import { table } from '../../output/table.ts';
import { type ServiceNode, serviceNodes } from '../../phases/node/removal.ts';

/** All nodes of a cluster, as the container service has them. */
export async function nodesOfService(service: ContainerService, clusterId: string): Promise<ServiceNode[]> {
  const [nodes, pools] = await Promise.all([service.nodes(clusterId), service.nodePools(clusterId)]);
  return serviceNodes(nodes, pools);
}

/** One line a node. */
export function serviceNodeTable(nodes: readonly ServiceNode[], wide = false): string {
  return table(
    nodes.map(({ name, pool, kind, status, state, instanceId, charge, addresses }) => ({
      name,
      kind,
      pool,
      status: state && state !== 'running' ? `${status}, ${state}` : status,
      address: addresses.join(','),
      ...(wide && { instance: instanceId, billing: BILLING[charge ?? ''] ?? charge }),
    })),
  );
}

const BILLING: Readonly<Record<string, string>> = { PostPaid: 'pay-as-you-go', PrePaid: 'subscription' };
