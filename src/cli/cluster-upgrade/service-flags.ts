import { Flags } from '@oclif/core';
import { usageError } from '../../errors/usage.ts';
import { clusterIdFlag, poolSourceFlags } from '../nodepool/pools.ts';

/** For clusters of the container service. */
export const upgradeServiceFlags = {
  // Not from the environment: a variable must not decide which of two kinds of upgrade is started.
  'cluster-id': Flags.string(clusterIdFlag),
  region: poolSourceFlags.region,
  profile: poolSourceFlags.profile,
};

/** What `start` takes for them alone. */
export const serviceStartFlags = {
  'control-plane-only': Flags.boolean({
    default: false,
    description: 'upgrade the control plane only',
    helpGroup: 'CLUSTER',
  }),
};

/** What oclif made of {@link upgradeServiceFlags}. */
export interface ServiceFlags {
  readonly 'cluster-id'?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly output?: string;
}

/** Words of the command line as oclif gives them; what came from the environment is not among them. */
type Given = readonly { readonly type: string; readonly flag?: string }[];

/** Flags that mean something to the container service; all others are the cluster's own engine's. */
const ITS_OWN = ['cluster-id', 'region', 'profile', 'control-plane-only'];
const COMMON = ['output', 'target-version', 'dry-run', 'yes', 'wait', 'watch', 'report', 'ignore-preflight-errors'];

/**
 * Whether the cluster is one of the container service. --cluster-id is stronger than KUBECONFIG in the environment.
 * @throws EdgeadmError USAGE with every flag that does not go with it, or without it
 */
export function usesContainerService(flags: ServiceFlags, raw: Given): boolean {
  const given = [...new Set(raw.flatMap(({ type, flag }) => (type === 'flag' && flag ? [flag] : [])))];
  const through = flags['cluster-id'] !== undefined;
  const mistakes = given
    .filter((flag) => (through ? ![...ITS_OWN, ...COMMON].includes(flag) : ITS_OWN.includes(flag)))
    .map(
      (flag) =>
        `--${flag}: ${through ? 'cannot be used with --cluster-id: the container service decides this itself' : 'needs --cluster-id'}`,
    );
  if (through && !flags.region) mistakes.push('--region is required: the region of the cluster');
  if (mistakes.length > 0) throw usageError(mistakes);
  return through;
}
