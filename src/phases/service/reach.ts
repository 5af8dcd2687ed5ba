import type { V1EndpointSlice, V1Endpoints, V1Node } from '@kubernetes/client-node';
import { poolLabelOf } from '../../kubernetes/api/node-pools.ts';
import { placeOf } from '../../kubernetes/edge-names.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import type { TopologyKind } from './topology.ts';

/** An address behind a Service. */
export interface ServiceEndpoint {
  readonly address: string;
  readonly node: string | undefined;
  readonly ready: boolean;
  /** `web-1`; undefined if the address is not that of a pod. */
  readonly pod: string | undefined;
}

/** What clients on a node reach. */
export interface NodeReach {
  readonly node: string;
  readonly place: ReturnType<typeof placeOf>;
  readonly pool: string | undefined;
  readonly endpoints: readonly ServiceEndpoint[];
  /** True if the topology counts on this node: one without a hub reaches all endpoints. */
  readonly limited: boolean;
}

/** The addresses behind a Service, those of pods that are not ready as well. */
export function endpointsOf(endpoints: V1Endpoints | undefined): ServiceEndpoint[] {
  return (endpoints?.subsets ?? [])
    .flatMap(({ addresses = [], notReadyAddresses = [] }) => [
      ...addresses.map((each) => ({ ...each, ready: true })),
      ...notReadyAddresses.map((each) => ({ ...each, ready: false })),
    ])
    .map(({ ip, nodeName, ready, targetRef }) => ({
      address: ip,
      node: nodeName,
      ready,
      pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
    }));
}

/**
 * The same of EndpointSlices, which hubs filter; Endpoints have no more than 1000 addresses. One that says nothing of
 * itself is ready.
 */
export function endpointsOfSlices(slices: readonly V1EndpointSlice[]): ServiceEndpoint[] {
  const found = slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).flatMap(({ addresses, conditions, nodeName, targetRef }) =>
      addresses.map((address) => ({
        address,
        node: nodeName,
        ready: conditions?.ready !== false,
        pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
      })),
    ),
  );
  // An endpoint may be in two slices while it moves from one to the other.
  return [...new Map(found.map((each) => [each.address, each])).values()];
}

/**
 * Which endpoints each node reaches, as the hubs filter them: a node without pool reaches its own only. Nodes that are
 * neither edge nor cloud nodes have no hub.
 */
export function reachOf(
  topology: TopologyKind,
  nodes: readonly V1Node[],
  endpoints: readonly ServiceEndpoint[],
): NodeReach[] {
  const pools = new Map(nodes.map((node) => [nodeNameOf(node), poolLabelOf(node)]));
  return nodes
    .map((node) => {
      const [name, place, pool] = [nodeNameOf(node), placeOf(node), poolLabelOf(node)];
      const limited = topology !== 'unlimited' && place !== 'other';
      const isNear = ({ node: other }: ServiceEndpoint): boolean =>
        topology === 'nodepool' && pool !== undefined ? pools.get(other ?? '') === pool : other === name;
      return { node: name, place, pool, limited, endpoints: limited ? endpoints.filter(isNear) : endpoints };
    })
    .sort((a, b) => a.node.localeCompare(b.node));
}
