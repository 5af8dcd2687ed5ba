import { Args, Flags } from '@oclif/core';
import { addonConfigOf, changeAddons, configFlag } from '../../cli/addon/changes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { pairsOf, repeatable } from '../../cli/flags.ts';
import { ramActions, serviceChangeFlags } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { configureSteps } from '../../phases/addon/configure.ts';

export default class AddonConfig extends BaseCommand {
  static override summary = 'Set parameters of an add-on.';
  static override description =
    `Parameters that are not named keep their values. The command is idempotent. ${ramActions('ListAddons', 'DescribeAddon', 'ListClusterAddonInstances', 'GetClusterAddonInstance', 'ModifyClusterAddon')}`;
  static override examples = [
    '<%= config.bin %> addon config coredns --set CpuRequest=800m --cluster-id c1 --region cn-hangzhou',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the add-on' }) };
  static override flags = {
    ...serviceChangeFlags,
    set: Flags.string({ ...repeatable, helpValue: 'KEY=VALUE', description: 'a parameter, as text (repeatable)' }),
    unset: Flags.string({ ...repeatable, helpValue: 'KEY', description: 'a parameter to remove (repeatable)' }),
    ...configFlag,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(AddonConfig);
    const mistakes: string[] = [];
    const pairs = pairsOf(flags.set, { flag: '--set', commas: false }, (mistake) => mistakes.push(mistake));
    const config = await addonConfigOf(flags.config);
    const unset = flags.unset ?? [];
    if (!pairs && !config && unset.length === 0) mistakes.push('--set, --unset or --config is required');
    if (mistakes.length > 0) throw usageError(mistakes);
    const set = { ...(config && (JSON.parse(config) as Record<string, unknown>)), ...pairs };
    await this.finish(
      await changeAddons(flags, this.host, (facts, work) => configureSteps(args.name, facts, { set, unset }, work)),
    );
  }
}
