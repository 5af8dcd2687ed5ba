import { isIP } from 'node:net';
import { covers, isCidr, overlaps } from '../../lib/cidr.ts';

/** The ranges of a cluster, and what is known of its nodes. */
export interface NetworkPlan {
  readonly podCidr: string;
  /** Length of the range of one node: 24. */
  readonly nodeMask: number;
  readonly serviceCidrs: readonly string[];
  readonly vpcCidrs: readonly string[];
  readonly nodes: readonly NodeRange[];
}

export interface NodeRange {
  readonly name: string;
  readonly podCidr: string | undefined;
  readonly addresses: readonly string[];
  /** What its kubelet allows. */
  readonly maxPods: number | undefined;
}

/** How many nodes and pods fit. */
export interface NetworkCapacity {
  readonly podCidr: string;
  readonly nodeMask: number;
  readonly nodes: { readonly possible: number; readonly used: number };
  /** Of one node: addresses of its range, those that pods get, and what kubelets allow. */
  readonly podsPerNode: {
    readonly addresses: number;
    readonly usable: number;
    readonly kubeletLimit: number | undefined;
  };
  readonly overlaps: readonly string[];
}

/** Not for pods: the address of the network, the bridge cni0, the broadcast. Source: containernetworking, host-local. */
const RESERVED = 3;

const lengthOf = (cidr: string): number => Number(cidr.split('/')[1]);
const bitsOf = (cidr: string): number => (isIP(cidr.split('/')[0] ?? '') === 6 ? 128 : 32);
const powerOfTwo = (exponent: number): number => 2 ** Math.min(Math.max(exponent, 0), 52);

/** Why a plan cannot be computed, one line a reason. */
export function refusePlan({
  podCidr,
  nodeMask,
  vpcCidrs,
}: Pick<NetworkPlan, 'podCidr' | 'nodeMask' | 'vpcCidrs'>): string[] {
  if (!isCidr(podCidr)) return [`--pod-cidr: "${podCidr}" is not a range such as 10.244.0.0/16`];
  const [shortest, longest] = [lengthOf(podCidr), bitsOf(podCidr) - 2];
  return [
    ...(nodeMask < shortest || nodeMask > longest
      ? [`--node-mask: ${nodeMask} is not between ${shortest} (the whole of ${podCidr}) and ${longest}`]
      : []),
    ...vpcCidrs
      .filter((cidr) => !isCidr(cidr))
      .map((cidr) => `--vpc-cidr: "${cidr}" is not a range such as 192.168.0.0/16`),
  ];
}

/** Computes what fits, and which ranges share addresses. */
export function networkCapacity(plan: NetworkPlan): NetworkCapacity {
  const { podCidr, nodeMask, nodes } = plan;
  const addresses = powerOfTwo(bitsOf(podCidr) - nodeMask);
  const limits = nodes.flatMap(({ maxPods }) => maxPods ?? []);
  return {
    podCidr,
    nodeMask,
    nodes: { possible: powerOfTwo(nodeMask - lengthOf(podCidr)), used: nodes.filter((node) => node.podCidr).length },
    podsPerNode: {
      addresses,
      usable: Math.max(addresses - RESERVED, 0),
      kubeletLimit: limits.length > 0 ? Math.min(...limits) : undefined,
    },
    overlaps: overlapsIn(plan),
  };
}

function overlapsIn({ podCidr, serviceCidrs, vpcCidrs, nodes }: NetworkPlan): string[] {
  const named = [
    { of: 'the pods', cidr: podCidr },
    ...serviceCidrs.map((cidr) => ({ of: 'the Services', cidr })),
    ...vpcCidrs.map((cidr) => ({ of: 'a VPC', cidr })),
  ];
  const pairs = named.flatMap((one, i) =>
    named
      .slice(i + 1)
      .filter((other) => one.of !== other.of && overlaps(one.cidr, other.cidr))
      .map((other) => `${one.cidr} of ${one.of} and ${other.cidr} of ${other.of} share addresses`),
  );
  const ranges = named.filter(({ of }) => of !== 'a VPC');
  const hosts = nodes.flatMap(({ name, addresses }) =>
    addresses.flatMap((address) =>
      ranges
        .filter(({ cidr }) => covers(cidr, address))
        .map(({ of, cidr }) => `node ${name} has the address ${address}, which is in ${cidr} of ${of}`),
    ),
  );
  const outside = nodes
    .filter((node) => node.podCidr && !covers(podCidr, node.podCidr))
    .map((node) => `node ${node.name} has the range ${node.podCidr}, which is not in ${podCidr}`);
  return [...pairs, ...hosts, ...outside];
}
