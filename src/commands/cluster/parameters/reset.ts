import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { changeParameters, requiredComponentFlag } from '../../../cli/cluster/parameters.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';

export default class ClusterParametersReset extends BaseCommand {
  static override summary = 'Reset parameters of a control-plane component to their defaults.';
  static override description =
    `Resets all parameters if you name none. The component restarts: choose off-peak hours. The command is idempotent. Not verified against the real service, see docs/cluster.md. ${ramActions('ModifyClusterAddon', 'GetClusterAddonInstance', 'DescribeAddon', 'ListAddons', 'ListClusterAddonInstances', 'DescribeClusterDetail', 'DescribeClustersForRegion')}`;
  static override examples = [
    '<%= config.bin %> cluster parameters reset --component kube-apiserver --cluster-id c1 --region cn-hangzhou',
  ];
  static override strict = false;
  static override args = { parameter: Args.string({ description: 'name of a parameter (repeatable)' }) };
  static override flags = { ...serviceChangeFlags, ...requiredComponentFlag };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ClusterParametersReset);
    await this.finish(await changeParameters(flags, flags.component, { reset: argv as string[] }, this.host));
  }
}
