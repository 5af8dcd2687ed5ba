import { covers, overlaps } from '../lib/cidr.ts';
import type { CloudClusterSpec, ClusterEdition } from './cloud-cluster.ts';
import { refuseLoginPassword } from './login-password.ts';

/** Why a cluster cannot be created as requested. */
export interface LimitBreach {
  /** `PodCidr`, for `--ignore-limits`. */
  readonly limit: ClusterLimit;
  readonly why: string;
}

/**
 * The limits by name. Sources: the vendor's user guide (4.1, 5.1, 5.2, 5.4) and the SDK's CreateCluster. Those of the
 * guide may have been raised since: they can be ignored.
 */
export const CLUSTER_LIMITS = [
  'ClusterName',
  'ClusterQuota',
  'EipQuota',
  'KmsKey',
  'KubernetesVersion',
  'LoadBalancerQuota',
  'Logon',
  'NodeCount',
  'PasswordRules',
  'PodCidr',
  'ProRegion',
  'SecurityGroupQuota',
  'ServiceCidr',
  'Tags',
  'Vpc',
  'Zones',
] as const;

export type ClusterLimit = (typeof CLUSTER_LIMITS)[number];

/** Nodes of a new cluster of each edition. */
export const EDITION_NODES: Readonly<Record<ClusterEdition, number>> = { standard: 10, pro: 1000 };

export const PRO_REGIONS: readonly string[] = [
  'cn-beijing',
  'cn-zhangjiakou',
  'cn-huhehaote',
  'cn-wulanchabu',
  'cn-hangzhou',
  'cn-shanghai',
  'cn-shenzhen',
  'cn-heyuan',
  'cn-chengdu',
  'cn-hongkong',
  'ap-northeast-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-5',
  'us-west-1',
  'us-east-1',
  'eu-west-1',
  'eu-central-1',
  'ap-south-1',
];

/** What a VPC may have, and what pods and Services may. */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const MOST_TAGS = 20;

type Rule = (spec: CloudClusterSpec) => LimitBreach[];

/** The limits that can be checked without the service. All breaches are reported together. */
export function refuseClusterSpec(spec: CloudClusterSpec): LimitBreach[] {
  return RULES.flatMap((rule) => rule(spec));
}

const RULES: readonly Rule[] = [
  ({ edition, region }) =>
    edition === 'pro' && !PRO_REGIONS.includes(region)
      ? breach('ProRegion', `the guide does not list ${region} among the regions of Pro clusters`)
      : [],
  ({ edition, kmsKey }) =>
    kmsKey !== undefined && edition !== 'pro'
      ? breach('KmsKey', 'Secrets can be encrypted by KMS in Pro clusters only')
      : [],
  refuseWorkers,
  refuseRanges,
  ({ tags }) => refuseTags(tags),
];

function refuseWorkers({ edition, workers, logging }: CloudClusterSpec): LimitBreach[] {
  const { count, keyPair, password, cloudMonitor } = workers;
  const most = EDITION_NODES[edition];
  const badPassword = password === undefined ? [] : refuseLoginPassword(password);
  const needsLogon = cloudMonitor || logging.containers;
  return [
    ...(count > most ? breach('NodeCount', `a ${edition} cluster has at most ${most} nodes, not ${count}`) : []),
    ...(keyPair !== undefined && password !== undefined
      ? breach('Logon', 'a key pair and a password cannot be used together')
      : []),
    ...(needsLogon && keyPair === undefined && password === undefined
      ? breach('Logon', 'a key pair or a password is required with CloudMonitor or container logs')
      : []),
    // Not `Password`: what follows `Password:` is masked as a secret.
    ...(badPassword.length > 0 ? breach('PasswordRules', badPassword.join('; ')) : []),
  ];
}

function refuseRanges({ network, podCidr, serviceCidr, nodeCidrMask, workers }: CloudClusterSpec): LimitBreach[] {
  const breaches: LimitBreach[] = [];
  if (!isPrivate(serviceCidr) || !between(prefixOf(serviceCidr), 16, 24))
    breaches.push(...breach('ServiceCidr', `${serviceCidr} is not a private range of /16 to /24`));
  if (podCidr === undefined) {
    if (network === 'flannel')
      breaches.push(...breach('PodCidr', 'a pod CIDR is required with Flannel: --pod-cidr, or podCidr in a file'));
    return breaches;
  }
  if (!isPrivate(podCidr)) breaches.push(...breach('PodCidr', `${podCidr} is not a private range`));
  if (overlaps(podCidr, serviceCidr))
    breaches.push(...breach('PodCidr', `${podCidr} overlaps with the service CIDR ${serviceCidr}`));
  const { nodes } = capacityOf({ podCidr, nodeCidrMask });
  if (nodes < workers.count)
    breaches.push(...breach('PodCidr', `${podCidr} has room for ${nodes} nodes with a range of /${nodeCidrMask} each`));
  return breaches;
}

/** Nodes that a pod range has room for, and pods on each. The range of a cluster cannot be changed later. */
export function capacityOf({ podCidr, nodeCidrMask }: Pick<CloudClusterSpec, 'podCidr' | 'nodeCidrMask'>): {
  readonly nodes: number;
  readonly pods: number;
} {
  const spare = nodeCidrMask - prefixOf(podCidr ?? '/32');
  return { nodes: spare < 0 ? 0 : 2 ** spare, pods: 2 ** (32 - nodeCidrMask) };
}

/** Source: the SDK, tags. */
function refuseTags(tags: CloudClusterSpec['tags']): LimitBreach[] {
  const entries = Object.entries(tags);
  const wrong = entries.filter(
    ([key, value]) => key.length > 64 || value.length > 128 || [key, value].some((text) => RESERVED.test(text)),
  );
  return [
    ...(entries.length > MOST_TAGS
      ? breach('Tags', `at most ${MOST_TAGS} tags can be set, not ${entries.length}`)
      : []),
    ...wrong.flatMap(([key]) =>
      breach('Tags', `${key}: keys have up to 64 and values up to 128 characters; aliyun, acs: and http are reserved`),
    ),
  ];
}

const RESERVED = /^(aliyun|acs:|https?:\/\/)/;

/** A network that is there already, which pods and Services of a new cluster may not share. */
export interface TakenRange {
  /** `the VPC`, `cluster shops`. */
  readonly of: string;
  readonly cidr: string;
}

/** Ranges of the VPC, and of the clusters in it. */
export function refuseTaken({ podCidr, serviceCidr }: CloudClusterSpec, taken: readonly TakenRange[]): LimitBreach[] {
  const own = [
    { limit: 'PodCidr', cidr: podCidr },
    { limit: 'ServiceCidr', cidr: serviceCidr },
  ] as const;
  return own.flatMap(({ limit, cidr }) =>
    taken
      .filter((other) => cidr !== undefined && overlaps(cidr, other.cidr))
      .flatMap((other) => breach(limit, `${cidr} overlaps with ${other.cidr} of ${other.of}`)),
  );
}

function breach(limit: ClusterLimit, why: string): LimitBreach[] {
  return [{ limit, why }];
}

function isPrivate(cidr: string): boolean {
  return PRIVATE_RANGES.some((range) => covers(range, cidr));
}

function prefixOf(cidr: string): number {
  return Number(cidr.split('/')[1]);
}

function between(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
