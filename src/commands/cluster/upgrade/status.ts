import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { follow } from '../../../cli/cluster-upgrade/follow.ts';
import { statusOfService } from '../../../cli/cluster-upgrade/service.ts';
import { upgradeServiceFlags, usesContainerService } from '../../../cli/cluster-upgrade/service-flags.ts';
import { statusText } from '../../../cli/cluster-upgrade/text.ts';
import { listFlag } from '../../../cli/flags.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { currentPlan } from '../../../cluster-upgrade/control/actions.ts';
import { endingError } from '../../../cluster-upgrade/control/run-controller.ts';
import { isPausedOrEnded, nowSeconds } from '../../../cluster-upgrade/plan/plan.ts';
import { statusOf } from '../../../cluster-upgrade/status.ts';

export default class ClusterUpgradeStatus extends BaseCommand {
  static override summary = 'Show the progress of a cluster upgrade: batches, nodes, durations and failures.';
  static override description =
    `With --cluster-id, ${ramActions('DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade status',
    '<%= config.bin %> cluster upgrade status --watch',
    '<%= config.bin %> cluster upgrade status -o json',
    '<%= config.bin %> cluster upgrade status --cluster-id c1 --region cn-hangzhou',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...upgradeServiceFlags,
    ...listFlag,
    watch: Flags.boolean({
      char: 'w',
      allowNo: true,
      description: 'watch until it pauses or finishes (default on a terminal); Ctrl-C stops watching, not the upgrade',
    }),
    all: Flags.boolean({ description: 'list every node, even in large clusters' }),
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradeStatus);
    const output = this.openOutput({ looksOnly: true });
    const forPrograms = flags.output !== 'text' && !this.wide;
    if (usesContainerService(flags, raw)) {
      const ended = await statusOfService({ ...flags, output: forPrograms ? 'json' : 'text' }, output);
      const { data, text } = ended;
      const names = [`cluster/${flags['cluster-id']}`];
      return ended.ok && text !== undefined ? this.show({ data, text, names }) : this.finish(ended);
    }
    await withCluster(flags.kubeconfig, async (client, signal) => {
      const plan = await currentPlan(client);
      const live = flags.watch ?? (process.stdout.isTTY && !forPrograms && !isPausedOrEnded(plan));
      if (live) {
        const ended = await follow(client, signal, output, forPrograms);
        const error = flags.watch ? endingError(ended) : undefined;
        return this.finish({ ok: error === undefined, hosts: [], data: await statusOf(client, ended), error });
      }
      const status = await statusOf(client, plan);
      await this.show({
        data: status,
        text: statusText(status, nowSeconds(), flags.all),
        wide: statusText(status, nowSeconds(), true),
        names: status.nodes.map(({ name }) => `node/${name}`),
      });
    });
  }
}
