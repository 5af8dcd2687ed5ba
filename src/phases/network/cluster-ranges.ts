import type { V1ConfigMap, V1Node } from '@kubernetes/client-node';
import { z } from 'zod';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { clusterNetworksIn } from '../../kubernetes/cluster-networks.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { lenientYaml } from '../../lib/check-shape.ts';
import { isCidr } from '../../lib/cidr.ts';
import type { NodeRange } from './capacity.ts';

/** What a cluster says of its networks. */
export interface ClusterRanges {
  readonly podCidr: string | undefined;
  readonly nodeMask: number | undefined;
  readonly serviceCidrs: readonly string[];
  readonly nodes: readonly NodeRange[];
}

const FLANNEL_NAMESPACES = ['kube-system', 'kube-flannel'];
const FLANNEL = z.object({ Network: z.string().optional(), SubnetLen: z.number().optional() });

/** kubeadm's configuration, else Flannel's: a managed cluster has only that. The length of a node's range is read from a node. */
export async function clusterRanges(client: ApiClient, signal: AbortSignal): Promise<ClusterRanges> {
  const map = (namespace: string, name: string): Promise<V1ConfigMap | undefined> =>
    client.find<V1ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/${name}`, { signal });
  const [nodes, kubeadm, ...flannels] = await Promise.all([
    listNodes(client, { signal }),
    map('kube-system', 'kubeadm-config'),
    ...FLANNEL_NAMESPACES.map((namespace) => map(namespace, 'kube-flannel-cfg')),
  ]);
  const networks = clusterNetworksIn(kubeadm?.data?.ClusterConfiguration);
  const flannel = flannels
    .map((found) => lenientYaml(found?.data?.['net-conf.json'], FLANNEL))
    .find((found) => found?.Network);
  // What is not a range was not read, and may be given by a flag.
  const podCidr = [networks?.podCidrs[0], flannel?.Network].find((range) => range !== undefined && isCidr(range));
  const planned = nodes.map((node) => nodeRange(node, podCidr));
  const ofNode = planned.map((node) => node.podCidr).find(Boolean);
  return {
    podCidr,
    nodeMask: ofNode === undefined ? flannel?.SubnetLen : Number(ofNode.split('/')[1]),
    serviceCidrs: networks?.serviceCidrs ?? [],
    nodes: planned,
  };
}

/** With two families of addresses, a node has a range of each: the one of the pod range counts. */
function nodeRange(node: V1Node, podCidr: string | undefined): NodeRange {
  const { spec, status } = node;
  const pods = Number(status?.capacity?.pods);
  return {
    name: nodeNameOf(node),
    podCidr: [...(spec?.podCIDRs ?? []), spec?.podCIDR].find((range) => sameFamily(range, podCidr)),
    addresses: (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
    maxPods: Number.isFinite(pods) ? pods : undefined,
  };
}

function sameFamily(range: string | undefined, other: string | undefined): boolean {
  if (range === undefined || !isCidr(range)) return false;
  return other === undefined || range.includes(':') === other.includes(':');
}
