import type { V1Node } from '@kubernetes/client-node';
import type { Network } from '../../host/machine.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { sameAddress } from '../../lib/cidr.ts';
import type { OverlayPeer } from './overlay.ts';
import { type Site, siteReach } from './reach.ts';
import { clusterSites } from './sites.ts';

/** The peers of a machine: it is the node that has one of its addresses. */
type PeersOf = (network: Network) => OverlayPeer[];

/** Reads the nodes of a cluster and their sites. */
export async function overlayPeers(client: ApiClient, signal: AbortSignal): Promise<PeersOf> {
  const [nodes, sites] = await Promise.all([listNodes(client, { signal }), clusterSites(client, signal)]);
  return (network) => peersFor(nodes, sites, network);
}

/** All nodes with a range for pods but the machine itself. One that is not a node expects nothing. */
export function peersFor(nodes: readonly V1Node[], sites: readonly Site[], { interfaces }: Network): OverlayPeer[] {
  const addresses = interfaces.flatMap((each) => each.addresses).map((address) => address.split('/')[0] ?? '');
  const isSelf = ({ status }: V1Node): boolean =>
    (status?.addresses ?? []).some(
      ({ type, address }) => type === 'InternalIP' && addresses.some((own) => sameAddress(own, address)),
    );
  const siteOf = (name: string | undefined) => sites.find((site) => site.nodes.includes(name ?? ''));
  const self = nodes.find(isSelf);
  const own = self && siteOf(nodeNameOf(self));
  return nodes.flatMap((node) => {
    const [name, podCidr] = [nodeNameOf(node), overlayRange(node)];
    if (node === self || podCidr === undefined) return [];
    const other = siteOf(name);
    const expected = own && other ? siteReach(own, other).reachable : 'unknown';
    return [{ node: name, podCidr, expected }];
  });
}

/** flannel.1 carries IPv4: with two families of addresses, a node has a range of each. */
function overlayRange({ spec }: V1Node): string | undefined {
  return spec?.podCIDRs?.find((range) => !range.includes(':')) ?? spec?.podCIDR;
}
