import { Flags } from '@oclif/core';
import type { NodePoolMode, NodePoolRequest, NodePoolRuntime } from '../../config/node-pool.ts';
import type { Taint } from '../../config/spec.ts';
import { isCidr } from '../../lib/cidr.ts';
import { pairsOf, type Refuse, repeatable, taintsOf } from '../flags.ts';

const list = { ...repeatable, delimiter: ',' } as const;

/** What a new node pool is to be. */
export const createFlags = {
  mode: Flags.option({
    options: ['basic', 'enhanced', 'private'] as const,
    description: 'how nodes reach the cloud: public network (default), CEN and CCN, or leased line',
    helpGroup: 'POOL',
  })(),
  'max-nodes': Flags.integer({
    helpValue: 'N',
    description: 'maximum number of nodes; cannot be changed later; the container service may ignore it',
    helpGroup: 'POOL',
  }),
  runtime: Flags.option({
    options: ['containerd', 'docker', 'sandboxed'] as const,
    description: 'container runtime of the nodes',
    helpGroup: 'POOL',
  })(),
  labels: Flags.string({
    ...repeatable,
    aliases: ['label'],
    helpValue: 'K=V',
    description: 'labels of the nodes',
    helpGroup: 'POOL',
  }),
  annotations: Flags.string({
    ...repeatable,
    helpValue: 'K=V',
    description: 'annotation of the nodes (repeatable)',
    helpGroup: 'POOL',
  }),
  taints: Flags.string({
    ...repeatable,
    aliases: ['taint'],
    helpValue: 'K=V:EFFECT',
    description: 'taints of the nodes',
    helpGroup: 'POOL',
  }),
  'pod-cidrs': Flags.string({
    ...list,
    helpValue: 'CIDR',
    description: 'pod CIDRs, with --kubeconfig',
    helpGroup: 'POOL',
  }),
  intranet: Flags.boolean({ description: 'the nodes reach each other at layer 3', helpGroup: 'CLOUD POOL' }),
  'host-network': Flags.boolean({ description: 'pods use the network of their host', helpGroup: 'CLOUD POOL' }),
  'resource-group': Flags.string({
    helpValue: 'ID',
    description: 'resource group of the pool',
    helpGroup: 'CLOUD POOL',
  }),
  unschedulable: Flags.boolean({ description: 'nodes are unschedulable when they join', helpGroup: 'CLOUD POOL' }),
  'cen-id': Flags.string({ helpValue: 'ID', description: 'CEN instance', helpGroup: 'ENHANCED' }),
  'ccn-id': Flags.string({ helpValue: 'ID', description: 'CCN instance', helpGroup: 'ENHANCED' }),
  'ccn-region': Flags.string({
    helpValue: 'REGION',
    description: 'region of the CCN instance; in China only cn-shanghai',
    helpGroup: 'ENHANCED',
  }),
  'cen-owner': Flags.string({
    helpValue: 'UID',
    description: 'account that owns the CEN instance; recorded as an annotation only',
    helpGroup: 'ENHANCED',
  }),
  'vpc-cidr': Flags.string({
    ...list,
    helpValue: 'CIDR',
    description: 'CIDRs of VPCs that pods and nodes must not overlap',
    helpGroup: 'ENHANCED',
  }),
  'node-cidr': Flags.string({
    ...list,
    helpValue: 'CIDR',
    description: "CIDRs of the edge nodes; default: the addresses of the pool's nodes",
    helpGroup: 'ENHANCED',
  }),
};

/** What oclif made of {@link createFlags}. */
export interface CreateFlags {
  readonly mode?: NodePoolMode;
  readonly 'max-nodes'?: number;
  readonly runtime?: NodePoolRuntime;
  readonly labels?: string[];
  readonly annotations?: string[];
  readonly taints?: string[];
  readonly 'pod-cidrs'?: string[];
  readonly intranet?: boolean;
  readonly 'host-network'?: boolean;
  readonly 'resource-group'?: string;
  readonly unschedulable?: boolean;
  readonly 'cluster-id'?: string;
  readonly 'cen-id'?: string;
  readonly 'ccn-id'?: string;
  readonly 'ccn-region'?: string;
  readonly 'cen-owner'?: string;
  readonly 'vpc-cidr'?: string[];
  readonly 'node-cidr'?: string[];
}

/** What has been said of the node pool. */
export function poolRequestOf(name: string | undefined, flags: CreateFlags, refuse: Refuse): NodePoolRequest {
  for (const flag of ['vpc-cidr', 'node-cidr'] as const) {
    for (const text of flags[flag] ?? []) if (!isCidr(text)) refuse(`--${flag}: "${text}" is not a CIDR`);
  }
  return {
    name,
    mode: flags.mode,
    maxNodes: flags['max-nodes'],
    cenId: flags['cen-id'],
    ccnId: flags['ccn-id'],
    ccnRegion: flags['ccn-region'],
    cenOwner: flags['cen-owner'],
    runtime: flags.runtime,
    labels: pairsOf(flags.labels, { flag: '--labels', commas: true }, refuse) ?? {},
    annotations: pairsOf(flags.annotations, { flag: '--annotations', commas: false }, refuse) ?? {},
    // An effect that is none is refused by the rules.
    taints: (taintsOf(flags.taints, '--taints', refuse) ?? []) as Taint[],
    podCidrs: flags['pod-cidrs'] ?? [],
    ...serviceFields(flags, refuse),
  };
}

const SERVICE_FLAGS = ['intranet', 'host-network', 'resource-group', 'unschedulable'] as const;

function serviceFields(flags: CreateFlags, refuse: Refuse): Pick<NodePoolRequest, 'ofService'> {
  if (flags['cluster-id'] === undefined) {
    for (const flag of SERVICE_FLAGS) if (flags[flag] !== undefined) refuse(`--${flag} is for --cluster-id`);
    return {};
  }
  const { intranet, unschedulable, 'host-network': hostNetwork, 'resource-group': resourceGroup } = flags;
  return { ofService: { intranet, hostNetwork, resourceGroup, unschedulable } };
}
