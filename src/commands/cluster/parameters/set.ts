import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { changeParameters, requiredComponentFlag } from '../../../cli/cluster/parameters.ts';
import { pairsOf } from '../../../cli/flags.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';
import { usageError } from '../../../errors/usage.ts';

export default class ClusterParametersSet extends BaseCommand {
  static override summary = 'Set parameters of a control-plane component of a Pro cluster.';
  static override description =
    `The component restarts: choose off-peak hours. The command is idempotent. Not verified against the real service, see docs/cluster.md. ${ramActions('ModifyClusterAddon', 'GetClusterAddonInstance', 'DescribeAddon', 'ListAddons', 'ListClusterAddonInstances', 'DescribeClusterDetail', 'DescribeClustersForRegion')}`;
  static override examples = [
    '<%= config.bin %> cluster parameters set ServiceNodePortRange=30000-40000 --component kube-apiserver --cluster-id c1 --region cn-hangzhou',
  ];
  static override strict = false;
  static override args = { parameter: Args.string({ required: true, description: 'KEY=VALUE (repeatable)' }) };
  static override flags = { ...serviceChangeFlags, ...requiredComponentFlag };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ClusterParametersSet);
    const mistakes: string[] = [];
    const set = pairsOf(argv as string[], { flag: 'KEY=VALUE', commas: false }, (mistake) => mistakes.push(mistake));
    if (mistakes.length > 0) throw usageError(mistakes);
    await this.finish(await changeParameters(flags, flags.component, { set: set ?? {} }, this.host));
  }
}
