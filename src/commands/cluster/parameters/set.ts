import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { clusterArg, namedCluster } from '../../../cli/cluster/flags.ts';
import { changeParameters, requiredComponentFlag } from '../../../cli/cluster/parameters.ts';
import { pairsOf } from '../../../cli/flags.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';
import { usageError } from '../../../errors/usage.ts';
import { invalidParameters } from '../../../phases/cluster/parameters.ts';

export default class ClusterParametersSet extends BaseCommand {
  static override summary = 'Set parameters of a control-plane component of a Pro cluster.';
  static override description =
    `The component restarts: choose off-peak hours. The command is idempotent. Not verified against the real service, see docs/cluster.md. ${ramActions('ModifyClusterAddon', 'GetClusterAddonInstance', 'DescribeAddon', 'ListAddons', 'ListClusterAddonInstances', 'DescribeClusterDetail', 'DescribeClustersForRegion')}`;
  static override examples = [
    '<%= config.bin %> cluster parameters set shops ServiceNodePortRange=30000-40000 --component kube-apiserver --region cn-hangzhou',
  ];
  static override strict = false;
  static override args = {
    ...clusterArg,
    parameter: Args.string({ description: 'KEY=VALUE (repeatable)' }),
  };
  static override flags = { ...serviceChangeFlags, ...requiredComponentFlag };

  async run(): Promise<void> {
    const { argv, ...parsed } = await this.parse(ClusterParametersSet);
    const [first = '', ...others] = argv as string[];
    // As in the other commands of `cluster`, the cluster may be named first.
    const cluster = first.includes('=') ? undefined : first;
    const flags = namedCluster(parsed.flags, { cluster });
    const pairs = cluster === undefined ? [first, ...others] : others;
    const mistakes: string[] = [];
    const set = pairsOf(pairs, { flag: 'KEY=VALUE', commas: false }, (mistake) => mistakes.push(mistake));
    if (pairs.length === 0) mistakes.push('KEY=VALUE is required: the parameter to set');
    mistakes.push(...invalidParameters(set ?? {}));
    if (mistakes.length > 0) throw usageError(mistakes);
    await this.finish(await changeParameters(flags, flags.component, { set: set ?? {} }, this.host));
  }
}
