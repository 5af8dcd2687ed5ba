import { isCidr, overlaps } from '../lib/cidr.ts';
import { refuseLabelValue, refuseNodeLabel, refuseNodeName, refuseQualifiedName } from './grammar.ts';
import {
  belongsTo,
  type NodePool,
  type NodePoolMode,
  type NodePoolRequest,
  type NodePoolSpec,
  type PoolClusterFacts,
  type PoolNode,
} from './node-pool.ts';

/**
 * How the API spells a mode. It creates `basic` and `private` pools only; `improved` is how older services spell the
 * guide's *enhanced*, whose fields are deprecated. Source: the SDK, CreateClusterNodePool.
 */
export const INTERCONNECT_MODES: Readonly<Record<NodePoolMode, string>> = {
  basic: 'basic',
  enhanced: 'improved',
  private: 'private',
};

/** Edge node pools came with Kubernetes 1.16; from 1.24 on no kubelet speaks to Docker itself. */
const OLDEST_MINOR = 16;
const MINOR_WITHOUT_DOCKER = 24;
/** The one region of China in which CCN instances serve enhanced pools. */
const CCN_REGION_IN_CHINA = 'cn-shanghai';

/** What the controllers of a cluster keep in the annotations of a NodePool object; none may be edited. */
export const POOL_ANNOTATIONS = {
  maxNodes: 'nodepool.openyurt.io/max-nodes',
  podCidrs: 'nodepool.openyurt.io/pod-cidrs',
  cenId: 'nodepool.openyurt.io/cen-id',
  ccnId: 'nodepool.openyurt.io/ccn-id',
  ccnRegion: 'nodepool.openyurt.io/ccn-region',
  isDefault: 'nodepool.openyurt.io/is-default',
} as const;

/** Where edgeadm records what neither the API nor the annotations of the cluster have a place for. */
export const OWN_ANNOTATIONS = {
  cenOwner: 'edgeadm.io/cen-owner',
  mode: 'edgeadm.io/interconnect-mode',
  runtime: 'edgeadm.io/runtime',
} as const;

const RESERVED = new Set<string>([...Object.values(POOL_ANNOTATIONS), ...Object.values(OWN_ANNOTATIONS)]);

/** A value that a pool cannot be created without. */
export interface Need {
  readonly key: 'name' | 'cenId' | 'ccnId' | 'ccnRegion';
  readonly flag: string;
  readonly why: string;
  readonly when: (wanted: NodePoolRequest) => boolean;
}

const isEnhanced = ({ mode }: { readonly mode?: NodePoolMode }): boolean => mode === 'enhanced';
/** What the container service no longer creates needs nothing. */
const isEnhancedObject = (wanted: NodePoolRequest): boolean => isEnhanced(wanted) && !wanted.ofService;

const NEEDS: readonly Need[] = [
  { key: 'name', flag: 'NAME', why: 'name of the node pool', when: () => true },
  { key: 'cenId', flag: '--cen-id', why: 'CEN instance, required for an enhanced node pool', when: isEnhancedObject },
  { key: 'ccnId', flag: '--ccn-id', why: 'CCN instance, required for an enhanced node pool', when: isEnhancedObject },
  {
    key: 'ccnRegion',
    flag: '--ccn-region',
    why: `region of the CCN instance; in China only ${CCN_REGION_IN_CHINA}`,
    when: isEnhancedObject,
  },
];

/** What is still to be said before the pool can be created, in the order in which people are asked. */
export function missingIn(wanted: NodePoolRequest): Need[] {
  return NEEDS.filter(({ key, when }) => when(wanted) && (wanted[key] === undefined || wanted[key] === ''));
}

/** Letters of any language. Source: the SDK, CreateClusterNodePoolRequest. */
const SERVICE_NAME = /^[\p{L}\d-]{1,63}$/u;

function refusePoolName({ name, ofService }: Pick<NodePoolRequest, 'name' | 'ofService'>): string[] {
  if (!name) return [];
  if (ofService) return SERVICE_NAME.test(name) ? [] : [`NAME: "${name}" must be 1 to 63 letters, digits and "-"`];
  if (refuseNodeName(name) === undefined) return [];
  return [`NAME: "${name}" must be 1 to 63 lower-case letters, digits, "-" and ".", because it becomes a node label`];
}

/** What its API has no field for. Source: the SDK, CreateClusterNodePool. */
function refuseInService({ ofService, mode, podCidrs }: NodePoolRequest): string[] {
  if (!ofService) return [];
  return [
    ...(mode === 'enhanced'
      ? [
          '--mode enhanced is for --kubeconfig: the container service no longer creates enhanced node pools, only basic and private ones',
        ]
      : []),
    ...(podCidrs.length > 0
      ? ['--pod-cidrs is for --kubeconfig: the container service assigns the pod CIDRs of its node pools itself']
      : []),
  ];
}

/** Mistakes that are found offline; none if nothing speaks against the pool so far. */
export function refusePoolRequest(wanted: NodePoolRequest): string[] {
  const { maxNodes, cenId, ccnId, ccnRegion, cenOwner } = wanted;
  const mistakes = refusePoolName(wanted);
  if (maxNodes !== undefined && !(Number.isSafeInteger(maxNodes) && maxNodes > 0)) {
    mistakes.push('--max-nodes: must be a positive integer');
  }
  if (!isEnhanced(wanted)) {
    const given = Object.entries({ cenId, ccnId, ccnRegion, cenOwner }).filter(([, value]) => value !== undefined);
    for (const [key] of given) {
      mistakes.push(`--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is for --mode enhanced`);
    }
  } else if (ccnRegion?.startsWith('cn-') && ccnRegion !== CCN_REGION_IN_CHINA) {
    mistakes.push(`--ccn-region: in China only ${CCN_REGION_IN_CHINA} is supported, not ${ccnRegion}`);
  }
  if (cenOwner !== undefined && !/^\d+$/.test(cenOwner)) {
    mistakes.push(`--cen-owner: "${cenOwner}" is not the UID of an account (digits)`);
  }
  return [
    ...mistakes,
    ...refuseInService(wanted),
    ...refuseMarks(wanted),
    ...refuseAnnotations(wanted.annotations),
    ...refusePodCidrs(wanted.podCidrs),
  ];
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Nodes of the pool get them when they join: what a kubelet may not give itself cannot be a pool's either. */
function refuseMarks({ labels, taints }: Pick<NodePoolRequest, 'labels' | 'taints'>): string[] {
  const ofLabels = Object.entries(labels).flatMap(([key, value]) => {
    const refusal = refuseQualifiedName(key) ?? refuseNodeLabel(key) ?? refuseLabelValue(value);
    return refusal ? [`--labels: ${refusal}`] : [];
  });
  const ofTaints = taints.flatMap(({ key, value, effect }) => {
    const wrongEffect = EFFECTS.includes(effect) ? undefined : `"${effect}" must be one of ${EFFECTS.join(', ')}`;
    const refusal = refuseQualifiedName(key) ?? refuseLabelValue(value) ?? wrongEffect;
    return refusal ? [`--taints: ${refusal}`] : [];
  });
  return [...ofLabels, ...ofTaints];
}

function refuseAnnotations(annotations: NodePoolRequest['annotations']): string[] {
  return Object.keys(annotations).flatMap((key) => {
    const grammar = refuseQualifiedName(key);
    if (grammar) return [`--annotations: ${grammar}`];
    return RESERVED.has(key) ? [`--annotations: ${key} cannot be set here; the flags of create set it`] : [];
  });
}

function refusePodCidrs(cidrs: readonly string[]): string[] {
  const wrong = cidrs.filter((cidr) => !isCidr(cidr)).map((cidr) => `--pod-cidrs: "${cidr}" is not a CIDR`);
  const pairs = cidrs.flatMap((cidr, index) => meetings([cidr], cidrs.slice(index + 1)));
  return [...wrong, ...pairs.map((pair) => `--pod-cidrs: ${pair} overlap`)];
}

/** Everything around a new pool that its limits depend on. */
export interface PoolContext {
  readonly cluster: PoolClusterFacts;
  readonly pools: readonly NodePool[];
  readonly nodes: readonly PoolNode[];
  /** `--vpc-cidr`: what the CEN instance connects. */
  readonly vpcCidrs: readonly string[];
  /** `--node-cidr`: the networks of the edge nodes; read from the pool's nodes if not given. */
  readonly nodeCidrs: readonly string[];
}

/** Why the cluster cannot take this pool; each sentence names the limit. */
export function refuseInCluster(spec: NodePoolSpec, around: PoolContext): string[] {
  const { cluster, pools } = around;
  const reasons: string[] = [];
  const minor = Number(/^v?1\.(\d+)/.exec(cluster.version)?.[1]);
  if (minor < OLDEST_MINOR) {
    reasons.push(`edge node pools need Kubernetes 1.16 or later, this cluster has ${cluster.version}`);
  }
  if (spec.runtime === 'docker' && minor >= MINOR_WITHOUT_DOCKER) {
    reasons.push(`--runtime docker requires Kubernetes below 1.24, this cluster has ${cluster.version}`);
  }
  if (isEnhanced(spec) && cluster.networkPlugin !== undefined && cluster.networkPlugin !== 'flannel') {
    reasons.push(`an enhanced node pool works with Flannel only, this cluster has ${cluster.networkPlugin}`);
  }
  for (const other of pools.filter(({ name }) => name !== spec.name)) {
    for (const pair of meetings(spec.podCidrs, other.podCidrs)) {
      reasons.push(`pod CIDRs overlap with those of node pool ${other.name}: ${pair}`);
    }
  }
  for (const pair of meetings(spec.podCidrs, cluster.serviceCidr ? [cluster.serviceCidr] : [])) {
    reasons.push(`a pod CIDR overlaps with the Service CIDR: ${pair}`);
  }
  return [...reasons, ...refuseVpc(spec, around)];
}

/** Where pods of the pool will have their addresses, as far as that is known: chosen, or a slice of the cluster's. */
function podRanges(spec: NodePoolSpec, { podCidr }: PoolClusterFacts): readonly string[] {
  if (spec.podCidrs.length > 0 || !isEnhanced(spec)) return spec.podCidrs;
  return podCidr === undefined ? [] : [podCidr];
}

function refuseVpc(spec: NodePoolSpec, { cluster, vpcCidrs, nodeCidrs, nodes, pools }: PoolContext): string[] {
  const what = spec.podCidrs.length > 0 ? 'a pod CIDR' : "the cluster's pod CIDR";
  const pods = meetings(podRanges(spec, cluster), vpcCidrs).map((pair) => `${what} overlaps with a VPC: ${pair}`);
  if (nodeCidrs.length > 0) {
    return [
      ...pods,
      ...meetings(nodeCidrs, vpcCidrs).map((pair) => `the edge nodes' CIDR overlaps with a VPC: ${pair}`),
    ];
  }
  const { id } = pools.find(({ name }) => name === spec.name) ?? { id: spec.name };
  const own = nodes.filter((node) => belongsTo(node, { name: spec.name, id }));
  const met = own.flatMap(({ name, addresses }) =>
    meetings(addresses, vpcCidrs).map((pair) => `the address of node ${name} is in a VPC: ${pair}`),
  );
  return [...pods, ...met];
}

/** Pairs of ranges that have an address in common. */
function meetings(left: readonly string[], right: readonly string[]): string[] {
  return left.flatMap((a) => right.filter((b) => overlaps(a, b)).map((b) => `${a} and ${b}`));
}

/** What could not be checked, as warnings. */
export function notChecked(spec: NodePoolSpec, around: PoolContext): string[] {
  if (!isEnhanced(spec)) return [];
  const notes: string[] = [];
  if (around.cluster.networkPlugin === undefined) {
    notes.push('the network plug-in of the cluster is unknown; an enhanced node pool works with Flannel only');
  }
  if (around.vpcCidrs.length === 0) {
    notes.push('overlap of pod and edge node CIDRs with VPCs was not checked: pass --vpc-cidr (and --node-cidr)');
  } else if (podRanges(spec, around.cluster).length === 0) {
    notes.push('overlap of the pod CIDR with VPCs was not checked: the cluster does not report its pod CIDR');
  }
  return notes;
}
