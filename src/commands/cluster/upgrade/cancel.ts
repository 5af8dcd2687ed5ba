import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { currentUser } from '../../../cli/cluster-upgrade/follow.ts';
import { upgradeServiceFlags, usesContainerService } from '../../../cli/cluster-upgrade/service-flags.ts';
import { changeOfService } from '../../../cli/cluster-upgrade/service-verbs.ts';
import { askBefore, upgradeChangeFlags } from '../../../cli/cluster-upgrade/verbs.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';
import { cancelUpgrade } from '../../../cluster-upgrade/control/actions.ts';
import { nodesIn, nowSeconds, type Plan } from '../../../cluster-upgrade/plan/plan.ts';
import { cancelPlan } from '../../../cluster-upgrade/plan/transitions.ts';

export default class ClusterUpgradeCancel extends BaseCommand {
  static override summary = 'Cancel a paused upgrade: upgraded nodes stay at the new version.';
  static override description =
    `With --cluster-id, ${ramActions('CancelTask', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade cancel --kubeconfig admin.conf',
    '<%= config.bin %> cluster upgrade cancel --cluster-id c1 --region cn-hangzhou --dry-run',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...upgradeServiceFlags,
    ...upgradeChangeFlags,
    wait: serviceChangeFlags.wait,
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradeCancel);
    const output = this.openOutput({ looksOnly: true });
    const { argv } = this.host;
    if (usesContainerService(flags, raw)) return this.finish(await changeOfService('cancel', { flags, output, argv }));
    const by = currentUser();
    const ended = await withCluster(flags.kubeconfig, async (client, signal) => {
      const intended = (plan: Plan) => cancelPlan(plan, by, nowSeconds());
      const shown = await askBefore('cancel', client, { flags, output, signal, argv, intended });
      if (shown) return shown;
      const plan = await cancelUpgrade(client, by);
      const done = nodesIn(plan, 'upgraded').length;
      const text = `The upgrade is cancelled; ${done} of ${plan.nodes.length} nodes are at ${plan.spec.targetVersion}.\n`;
      return { ok: true, hosts: [], data: plan.progress, text };
    });
    await this.finish(ended);
  }
}
