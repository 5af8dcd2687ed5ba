import type { V1Node } from '@kubernetes/client-node';
import type { NodePool } from '../../config/node-pool.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { findGroup } from '../../kubernetes/api/discovery.ts';
import { clusterNodePools, poolLabelOf } from '../../kubernetes/api/node-pools.ts';
import { placeOf } from '../../kubernetes/edge-names.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import type { Site } from './reach.ts';

const CLOUD = 'cloud';

/** The networks of a cluster: the cloud, and each edge pool. */
export async function clusterSites(client: ApiClient, signal: AbortSignal): Promise<Site[]> {
  const [nodes, group] = await Promise.all([
    listNodes(client, { signal }),
    findGroup(client, 'apps.openyurt.io', signal),
  ]);
  return sitesOf(nodes, group ? await clusterNodePools(client).list() : []);
}

/** Nodes of the cloud and of the control plane are one site. An edge node without pool is one of its own. */
export function sitesOf(nodes: readonly V1Node[], pools: readonly NodePool[]): Site[] {
  const isEdge = (node: V1Node): boolean => placeOf(node) === 'edge';
  const cloud = nodes.filter((node) => !isEdge(node)).map(nodeNameOf);
  const edge = Map.groupBy(nodes.filter(isEdge), siteName);
  return [
    { name: CLOUD, mode: undefined, nodes: cloud.sort() },
    ...[...edge]
      .map(([name, members]) => ({
        // An edge pool may have the name of the other site.
        name: name === CLOUD ? `${CLOUD} (edge pool)` : name,
        mode: pools.find((pool) => pool.name === name || pool.id === name)?.mode ?? ('basic' as const),
        nodes: members.map(nodeNameOf).sort(),
      }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  ];
}

function siteName(node: V1Node): string {
  return poolLabelOf(node) ?? `${nodeNameOf(node)} (no pool)`;
}
