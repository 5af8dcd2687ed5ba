import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { currentUser } from '../../../cli/cluster-upgrade/follow.ts';
import { pauseOfService } from '../../../cli/cluster-upgrade/service.ts';
import { upgradeServiceFlags, usesContainerService } from '../../../cli/cluster-upgrade/service-flags.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { pauseUpgrade } from '../../../cluster-upgrade/control/actions.ts';

export default class ClusterUpgradePause extends BaseCommand {
  static override summary = 'Pause the upgrade of a cluster: nodes in progress finish, no others start.';
  static override description =
    `Resume it with \`continue\`, or end it with \`cancel\`. An upgrade paused for more than 15 days is cancelled. With --cluster-id, ${ramActions('PauseTask', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade pause --kubeconfig admin.conf',
    '<%= config.bin %> cluster upgrade pause --cluster-id c1 --region cn-hangzhou',
  ];
  static override flags = { ...kubeconfigFlag, ...upgradeServiceFlags };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradePause);
    this.openOutput({ looksOnly: true });
    if (usesContainerService(flags, raw)) return this.finish(await pauseOfService(flags));
    const { progress } = await withCluster(flags.kubeconfig, (client) => pauseUpgrade(client, currentUser()));
    const text =
      progress.phase === 'Paused'
        ? 'The upgrade is paused.\n'
        : 'The upgrade pauses when the nodes in progress are done: edgeadm cluster upgrade status --watch\n';
    await this.finish({ ok: true, hosts: [], data: progress, text });
  }
}
