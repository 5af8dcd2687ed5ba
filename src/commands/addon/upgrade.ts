import { Args, Flags } from '@oclif/core';
import { changeAddons } from '../../cli/addon/changes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { ramActions, serviceChangeFlags } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { upgradeSteps } from '../../phases/addon/steps.ts';

export default class AddonUpgrade extends BaseCommand {
  static override summary = 'Upgrade add-ons of a cluster.';
  static override description =
    `Upgrades them one after the other, edge-tunnel-server before edge-tunnel-agent. In a cluster of version 1.12.6, the DaemonSets, Deployments and Services of frps and frpc are deleted first. The command is idempotent. ${ramActions('ListAddons', 'ListClusterAddonInstances', 'GetClusterAddonInstance', 'UpgradeClusterAddons', 'DescribeClusterDetail', 'DescribeClusterUserKubeconfig', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> addon upgrade edge-tunnel-server edge-tunnel-agent --cluster-id c1 --region cn-hangzhou',
    '<%= config.bin %> addon upgrade --all --cluster-id c1 --region cn-hangzhou --dry-run',
  ];
  static override strict = false;
  static override args = { name: Args.string({ description: 'names of the add-ons' }) };
  static override flags = {
    ...serviceChangeFlags,
    version: Flags.string({
      helpValue: 'V',
      description: 'version to install; default: the newest that is available for the cluster',
    }),
    all: Flags.boolean({ description: 'upgrade all add-ons that have a newer version' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(AddonUpgrade);
    const names = argv as string[];
    const mistakes = [
      ...(flags.all === names.length > 0 ? ['name add-ons, or give --all'] : []),
      ...(flags.version && names.length !== 1 ? ['--version is for one add-on: name only one'] : []),
    ];
    if (mistakes.length > 0) throw usageError(mistakes);
    await this.finish(await changeAddons(flags, this.host, (facts) => upgradeSteps(names, facts, flags.version)));
  }
}
