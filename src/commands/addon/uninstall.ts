import { Args, Flags } from '@oclif/core';
import { changeAddons } from '../../cli/addon/changes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { ramActions, serviceChangeFlags } from '../../cli/service-change.ts';
import { uninstallSteps } from '../../phases/addon/steps.ts';

export default class AddonUninstall extends BaseCommand {
  static override summary = 'Remove add-ons from a cluster.';
  static override description =
    `The command is idempotent. ${ramActions('ListAddons', 'ListClusterAddonInstances', 'GetClusterAddonInstance', 'UnInstallClusterAddons', 'DescribeClusterDetail', 'DescribeTaskInfo')}`;
  static override examples = ['<%= config.bin %> addon uninstall logtail-ds --cluster-id c1 --region cn-hangzhou'];
  static override strict = false;
  static override args = { name: Args.string({ required: true, description: 'names of the add-ons' }) };
  static override flags = {
    ...serviceChangeFlags,
    'cleanup-cloud-resources': Flags.boolean({
      default: false,
      description: 'also delete the cloud resources of the add-ons, such as log projects, with their data',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(AddonUninstall);
    const cleanUp = flags['cleanup-cloud-resources'];
    await this.finish(
      await changeAddons(flags, this.host, (facts) => uninstallSteps(argv as string[], facts, cleanUp)),
    );
  }
}
