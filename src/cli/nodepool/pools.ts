import { Flags } from '@oclif/core';
import type { NodePools } from '../../config/node-pool.ts';
import type { Output } from '../../output/index.ts';
import { now, type PhaseLog, phaseLog } from '../../workflow/events.ts';
import { hasKubeconfig, kubeconfigFlagFor, withCluster } from '../cluster-access.ts';
import { nonEmptyName } from '../flags.ts';
import { interruptible } from '../signals.ts';

/** A cluster of the container service. */
export const clusterIdFlag = {
  parse: nonEmptyName('--cluster-id'),
  helpValue: 'ID',
  description: "cluster, through the container service with the account's AccessKey",
  helpGroup: 'CLUSTER',
} as const;

/** Where the node pools are: in the container service, or in a cluster. */
export const poolSourceFlags = {
  'cluster-id': Flags.string({ ...clusterIdFlag, env: 'EDGEADM_CLUSTER_ID' }),
  region: Flags.string({
    helpValue: 'REGION',
    env: 'ALIBABA_CLOUD_REGION_ID',
    description: 'region of the cluster, with --cluster-id',
    helpGroup: 'CLUSTER',
  }),
  profile: Flags.string({
    helpValue: 'FILE',
    description: 'JSON file with AccessKey and SecretKey; default: as in the official SDKs',
    helpGroup: 'CLUSTER',
  }),
  kubeconfig: { ...kubeconfigFlagFor('cluster, as NodePool objects'), helpGroup: 'CLUSTER' },
};

export interface PoolSourceFlags {
  readonly 'cluster-id'?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly kubeconfig?: string;
}

/** Words of the command line as oclif gives them; what came from the environment is not among them. */
type Given = readonly { readonly type: string; readonly flag?: string }[];

/** Whether a flag is on the command line, not only in the environment. */
export function isGiven(raw: Given, name: string): boolean {
  return raw.some(({ type, flag }) => type === 'flag' && flag === name);
}

/**
 * Where the node pools are, from flags and environment: a flag is stronger than a variable, and among flags, or among
 * variables, the cluster ID is stronger than the kubeconfig.
 */
export function poolSourceOf<F extends PoolSourceFlags>(flags: F, raw: Given): F {
  return isGiven(raw, 'kubeconfig') && !isGiven(raw, 'cluster-id') ? { ...flags, 'cluster-id': undefined } : flags;
}

/**
 * What is missing to find the node pools. --cluster-id is stronger than a kubeconfig, which often is in the
 * environment.
 */
export function refusePoolSource({ 'cluster-id': clusterId, region, kubeconfig }: PoolSourceFlags): string[] {
  if (clusterId !== undefined) return region ? [] : ['--region is required: the region of the cluster'];
  if (hasKubeconfig(kubeconfig)) return [];
  return kubeconfig === undefined
    ? ['--cluster-id or --kubeconfig is required: where the node pools are']
    : [`--kubeconfig: file not found: ${kubeconfig}`];
}

/** Opens the node pools that the flags name, for one action. */
export async function withNodePools<T>(
  flags: PoolSourceFlags,
  action: (pools: NodePools, signal?: AbortSignal) => Promise<T>,
): Promise<T> {
  const { 'cluster-id': clusterId, kubeconfig } = flags;
  if (clusterId === undefined) {
    const { clusterNodePools } = await import('../../kubernetes/api/node-pools.ts');
    return withCluster(kubeconfig, (client, signal) => action(clusterNodePools(client), signal));
  }
  const { cloudNodePools } = await import('../../cloud/node-pools.ts');
  return interruptible(async (signal) => {
    const pools = cloudNodePools(await serviceOf(flags, signal), clusterId, { signal });
    try {
      return await action(pools, signal);
    } finally {
      await pools.close();
    }
  });
}

/** The container service that the flags name. @param signal ends what it reads */
export async function serviceOf({ region = '', profile }: PoolSourceFlags, signal: AbortSignal) {
  const { openContainerService } = await import('../../cloud/cs.ts');
  return openContainerService({ region, credentials: { profile }, signal });
}

/** How a command that runs no phases tells warnings. */
export function logOf(output: Output, command: string): PhaseLog {
  return phaseLog((body) => output.emit({ ...body, host: 'localhost', phase: command, time: now() }));
}
