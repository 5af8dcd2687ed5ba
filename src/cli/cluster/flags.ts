import { Args, Flags } from '@oclif/core';
import { CLUSTER_LIMITS, type ClusterLimit } from '../../config/cloud-cluster-rules.ts';
import { usageError } from '../../errors/usage.ts';
import { isCidr } from '../../lib/cidr.ts';
import { closest } from '../../lib/closest.ts';
import { type Refuse, repeatable } from '../flags.ts';
import type { PoolSourceFlags } from '../nodepool/pools.ts';
import { serviceFlags } from '../service-change.ts';

/** The cluster that a command is about, by name or ID. */
export const clusterArg = {
  cluster: Args.string({ description: 'name or ID of the cluster; default: --cluster-id' }),
};

/** Puts the argument where the flag would be. */
export function namedCluster<F extends PoolSourceFlags>(flags: F, { cluster }: { readonly cluster?: string }): F {
  return cluster === undefined ? flags : { ...flags, 'cluster-id': cluster };
}

/** Flags of commands about a region. */
export const regionFlags = { region: serviceFlags.region, profile: serviceFlags.profile };

/** @throws EdgeadmError USAGE if no region is named */
export function requireRegion({ region }: Pick<PoolSourceFlags, 'region'>): string {
  if (region) return region;
  throw usageError(['--region is required, such as cn-hangzhou']);
}

const list = { ...repeatable, delimiter: ',' } as const;
const own = { helpGroup: 'CLUSTER' } as const;
const workers = { helpGroup: 'WORKER NODES' } as const;

/** What a new cluster is to be. Other keys are for `--from`. */
export const createClusterFlags = {
  from: Flags.string({ ...own, helpValue: 'FILE', description: 'file of kind CloudCluster; flags take precedence' }),
  edition: Flags.option({
    ...own,
    options: ['standard', 'pro'] as const,
    description: 'edition of the cluster; default: standard',
  })(),
  'kubernetes-version': Flags.string({
    ...own,
    helpValue: 'VERSION',
    description: 'Kubernetes version; default: the newest that the service offers',
  }),
  vpc: Flags.string({ ...own, helpValue: 'ID', description: 'VPC of the cluster' }),
  vswitch: Flags.string({
    ...own,
    ...list,
    helpValue: 'ID',
    description: 'one to three vSwitches, in different zones',
  }),
  network: Flags.option({
    ...own,
    options: ['flannel', 'terway-edge'] as const,
    description: 'network plug-in; default: flannel',
  })(),
  'pod-cidr': Flags.string({
    ...own,
    helpValue: 'CIDR',
    description: 'range of pods; required with Flannel; cannot be changed later',
  }),
  'service-cidr': Flags.string({
    ...own,
    helpValue: 'CIDR',
    description: 'range of Services; default: 172.21.0.0/20; cannot be changed later',
  }),
  'node-cidr-mask': Flags.integer({
    ...own,
    helpValue: 'BITS',
    description: "size of a node's pod range, 24 to 28; default: 25",
  }),
  'kms-key': Flags.string({ ...own, helpValue: 'ID', description: 'encrypt Secrets with this KMS key (Pro)' }),
  'deletion-protection': Flags.boolean({ ...own, allowNo: true, description: 'protect the cluster from deletion' }),
  tags: Flags.string({ ...own, ...repeatable, helpValue: 'K=V', description: 'tags of the cluster' }),
  'vpc-cidr': Flags.string({
    ...own,
    ...list,
    helpValue: 'CIDR',
    description: 'additional ranges, besides those of the VPC, that pods and Services must not overlap',
  }),
  'ignore-limits': Flags.string({
    ...own,
    ...list,
    helpValue: 'LIMITS',
    description: `continue despite these limits: ${CLUSTER_LIMITS.join(', ')}`,
  }),
  workers: Flags.integer({ ...workers, helpValue: 'N', description: 'number of ECS instances; default: 1' }),
  'worker-type': Flags.string({
    ...workers,
    ...list,
    helpValue: 'TYPE',
    description: 'ECS instance types, in order of preference',
  }),
  'system-disk': Flags.string({
    ...workers,
    helpValue: 'CATEGORY:GIB',
    description: 'system disk of the instances; default: cloud_ssd:120',
  }),
  'key-pair': Flags.string({ ...workers, helpValue: 'NAME', description: 'SSH key pair for the instances' }),
  'login-password': Flags.string({
    ...workers,
    helpValue: 'PASSWORD',
    description: 'password for the instances: @FILE or - (standard input)',
  }),
};

/** What oclif made of {@link createClusterFlags}. */
export interface CreateClusterFlags {
  readonly region?: string;
  readonly from?: string;
  readonly edition?: string;
  readonly 'kubernetes-version'?: string;
  readonly vpc?: string;
  readonly vswitch?: string[];
  readonly network?: string;
  readonly 'pod-cidr'?: string;
  readonly 'service-cidr'?: string;
  readonly 'node-cidr-mask'?: number;
  readonly 'kms-key'?: string;
  readonly 'deletion-protection'?: boolean;
  readonly tags?: string[];
  readonly 'vpc-cidr'?: string[];
  readonly 'ignore-limits'?: string[];
  readonly workers?: number;
  readonly 'worker-type'?: string[];
  readonly 'system-disk'?: string;
  readonly 'key-pair'?: string;
  readonly 'login-password'?: string;
}

/** Names of limits in any case. */
export function ignoredLimitsOf(names: readonly string[] | undefined, refuse: Refuse): ClusterLimit[] {
  return (names ?? []).flatMap((name) => {
    const known = CLUSTER_LIMITS.find((limit) => limit.toLowerCase() === name.toLowerCase());
    if (known) return [known];
    const near = closest(name, CLUSTER_LIMITS);
    refuse(`--ignore-limits: unknown limit ${name}; ${near ? `did you mean ${near}?` : CLUSTER_LIMITS.join(', ')}`);
    return [];
  });
}

export function vpcCidrsOf({ 'vpc-cidr': cidrs = [] }: CreateClusterFlags, refuse: Refuse): readonly string[] {
  for (const text of cidrs) if (!isCidr(text)) refuse(`--vpc-cidr: "${text}" is not a CIDR`);
  return cidrs;
}
