import { Args, Flags } from '@oclif/core';
import { addonConfigOf, changeAddons, configFlag } from '../../cli/addon/changes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { ramActions, serviceChangeFlags } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { installSteps } from '../../phases/addon/steps.ts';

export default class AddonInstall extends BaseCommand {
  static override summary = 'Install add-ons in a cluster.';
  static override description =
    `The command is idempotent. edge-tunnel-server is installed before edge-tunnel-agent. ${ramActions('ListAddons', 'ListClusterAddonInstances', 'GetClusterAddonInstance', 'InstallClusterAddons', 'DescribeClusterDetail', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> addon install logtail-ds --cluster-id c1 --region cn-hangzhou --config \'{"sls_project_name":"k8s-log-c1"}\'',
  ];
  static override strict = false;
  static override args = { name: Args.string({ required: true, description: 'names of the add-ons' }) };
  static override flags = {
    ...serviceChangeFlags,
    version: Flags.string({
      helpValue: 'V',
      description: 'version to install; default: the newest that is available for the cluster',
    }),
    ...configFlag,
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(AddonInstall);
    const names = argv as string[];
    if (names.length > 1 && (flags.version ?? flags.config) !== undefined)
      throw usageError(['--version and --config are for one add-on: name only one']);
    const config = await addonConfigOf(flags.config);
    await this.finish(
      await changeAddons(flags, this.host, (facts) => installSteps(names, facts, { version: flags.version, config })),
    );
  }
}
