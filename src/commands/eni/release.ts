import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { drainPolicyOf } from '../../cli/drain-flags.ts';
import { changeFlags, changeInstance } from '../../cli/eni/change.ts';
import { nonEmptyName, repeatable } from '../../cli/flags.ts';
import { ramActions } from '../../cli/service-change.ts';
import { formatDuration } from '../../lib/duration.ts';

export default class EniRelease extends BaseCommand {
  static override summary = 'Detach and delete the elastic network interfaces that edgeadm bought for an ENS instance.';
  static override description =
    `Leaves other interfaces alone. The instance is stopped only if one of them is attached, and started again. ${ramActions('ens:DescribeInstances', 'ens:DescribeNetworkInterfaces', 'ens:DetachNetworkInterface', 'ens:DeleteNetworkInterfaces', 'ens:StopInstance', 'ens:StartInstance')}`;
  static override examples = [
    '<%= config.bin %> eni release --instance i-5q9xk',
    '<%= config.bin %> eni release --instance i-5q9xk --eni eni-58z57 --yes',
  ];
  static override flags = {
    eni: Flags.string({
      ...repeatable,
      parse: nonEmptyName('--eni'),
      helpValue: 'ID',
      description: 'only this one (repeatable); default: all',
    }),
    ...changeFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EniRelease);
    const { instance: instanceId, region } = flags;
    const output = this.openOutput({
      verbose: flags.verbose,
      hosts: [instanceId],
      logFile: flags['log-file'],
      dryRun: flags['dry-run'],
    });
    const result = await changeInstance(flags, output, async (options) => {
      const { release } = await import('../../phases/eni/run.ts');
      const spec = {
        instanceId,
        region,
        interfaceIds: flags.eni ?? [],
        forceStop: flags['force-stop'],
        drainPolicy: drainPolicyOf(flags),
      };
      const { changed, ...data } = await release({ ...options, spec });
      const down = data.downtimeMs === undefined ? '' : `; it was down for ${formatDuration(data.downtimeMs)}`;
      const text = `${instanceId}: ${changed ? 'ENIs deleted' : 'nothing to delete'}${down}\n`;
      return { outcome: changed ? 'released' : 'unchanged', data, text };
    });
    await this.finish(result);
  }
}
