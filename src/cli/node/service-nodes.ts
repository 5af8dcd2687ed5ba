import type { ContainerService } from '../../cloud/cs.ts';
import { poolNamed } from '../../config/node-pool.ts';
import { table } from '../../output/table.ts';
import { type ServiceNode, serviceNodes } from '../../phases/node/removal.ts';

interface NodeFilter {
  /** Name or ID. */
  readonly nodepool?: string;
  /** In any case. */
  readonly status?: readonly string[];
}

/**
 * All nodes of a cluster, as the container service has them, and those that a command is about.
 * @throws EdgeadmError NODEPOOL_NOT_FOUND; USAGE if several pools share the name
 */
export async function nodesOfService(
  service: Pick<ContainerService, 'nodes' | 'nodePools'>,
  clusterId: string,
  { nodepool, status = [] }: NodeFilter = {},
): Promise<{ readonly all: readonly ServiceNode[]; readonly matching: readonly ServiceNode[] }> {
  const [nodes, pools] = await Promise.all([service.nodes(clusterId), service.nodePools(clusterId)]);
  const all = serviceNodes(nodes, pools);
  const known = pools.map(({ nodepoolInfo: { nodepoolId: id, name, isDefault = false } }) => ({ id, name, isDefault }));
  const pool = nodepool === undefined ? undefined : poolNamed(known, nodepool, `cluster ${clusterId}`);
  const words = status.map((each) => each.toLowerCase());
  const matching = all.filter(
    (node) =>
      (pool === undefined || node.poolId === pool.id) &&
      (words.length === 0 || words.includes(node.status.toLowerCase())),
  );
  return { all, matching };
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
