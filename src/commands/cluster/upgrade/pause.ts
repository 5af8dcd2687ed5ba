import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { currentUser, follow } from '../../../cli/cluster-upgrade/follow.ts';
import { resultOf } from '../../../cli/cluster-upgrade/run.ts';
import { upgradeServiceFlags, usesContainerService } from '../../../cli/cluster-upgrade/service-flags.ts';
import { changeOfService } from '../../../cli/cluster-upgrade/service-verbs.ts';
import { askBefore, upgradeChangeFlags } from '../../../cli/cluster-upgrade/verbs.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { pauseUpgrade } from '../../../cluster-upgrade/control/actions.ts';
import { isPausedOrEnded, nowSeconds, type Plan } from '../../../cluster-upgrade/plan/plan.ts';
import { pausePlan } from '../../../cluster-upgrade/plan/transitions.ts';
import type { CommandResult } from '../../../output/renderer.ts';

export default class ClusterUpgradePause extends BaseCommand {
  static override summary = 'Pause the upgrade of a cluster: nodes in progress finish, no others start.';
  static override description =
    `Resume it with \`continue\`, or end it with \`cancel\`. An upgrade paused for more than 15 days is cancelled. With --cluster-id, ${ramActions('PauseTask', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade pause --kubeconfig admin.conf',
    '<%= config.bin %> cluster upgrade pause --cluster-id c1 --region cn-hangzhou --yes --no-wait',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...upgradeServiceFlags,
    ...upgradeChangeFlags,
    wait: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'watch until it is paused; --no-wait returns when the request is accepted',
      helpGroup: 'COMMON',
    }),
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradePause);
    const output = this.openOutput({ looksOnly: true });
    const { argv } = this.host;
    if (usesContainerService(flags, raw)) return this.finish(await changeOfService('pause', { flags, output, argv }));
    const by = currentUser();
    const ended = await withCluster(flags.kubeconfig, async (client, signal) => {
      const intended = (plan: Plan) => pausePlan(plan, by, nowSeconds());
      const shown = await askBefore('pause', client, { flags, output, signal, argv, intended });
      if (shown) return shown;
      const plan = await pauseUpgrade(client, by);
      const isFollowed = flags.wait && !isPausedOrEnded(plan);
      return endOf(isFollowed ? await follow(client, signal, output, flags.output !== 'text') : plan);
    });
    await this.finish(ended);
  }
}

/** An upgrade that was complete before it could pause is a success. */
function endOf(plan: Plan): Omit<CommandResult, 'command'> {
  const { phase } = plan.progress;
  if (phase !== 'Paused' && phase !== 'Pausing') return resultOf(plan);
  const text =
    phase === 'Paused'
      ? 'The upgrade is paused.\n'
      : 'The upgrade pauses when the nodes in progress are done: edgeadm cluster upgrade status --watch\n';
  return { ok: true, hosts: [], data: plan.progress, text };
}
