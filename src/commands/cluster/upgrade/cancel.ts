import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { currentUser } from '../../../cli/cluster-upgrade/follow.ts';
import { cancelOfService } from '../../../cli/cluster-upgrade/service.ts';
import { upgradeServiceFlags, usesContainerService } from '../../../cli/cluster-upgrade/service-flags.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { cancelUpgrade } from '../../../cluster-upgrade/control/actions.ts';
import { nodesIn } from '../../../cluster-upgrade/plan/plan.ts';

export default class ClusterUpgradeCancel extends BaseCommand {
  static override summary = 'Cancel a paused upgrade: upgraded nodes stay at the new version.';
  static override description =
    `With --cluster-id, ${ramActions('CancelTask', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade cancel --kubeconfig admin.conf',
    '<%= config.bin %> cluster upgrade cancel --cluster-id c1 --region cn-hangzhou',
  ];
  static override flags = { ...kubeconfigFlag, ...upgradeServiceFlags };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradeCancel);
    this.openOutput({ looksOnly: true });
    if (usesContainerService(flags, raw)) return this.finish(await cancelOfService(flags));
    const plan = await withCluster(flags.kubeconfig, (client) => cancelUpgrade(client, currentUser()));
    const done = nodesIn(plan, 'upgraded').length;
    const text = `The upgrade is cancelled; ${done} of ${plan.nodes.length} nodes are at ${plan.spec.targetVersion}.\n`;
    await this.finish({ ok: true, hosts: [], data: plan.progress, text });
  }
}
