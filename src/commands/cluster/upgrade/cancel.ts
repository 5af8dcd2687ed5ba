import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { whoAmI } from '../../../cli/cluster-upgrade.ts';
import { cancelUpgrade } from '../../../phases/cluster-upgrade/go-on.ts';
import { nodesIn } from '../../../phases/cluster-upgrade/plan.ts';

export default class ClusterUpgradeCancel extends BaseCommand {
  static override summary = 'End a paused upgrade: nodes that are done stay at the new version.';
  static override examples = ['<%= config.bin %> cluster upgrade cancel --kubeconfig admin.conf'];
  static override flags = kubeconfigFlag;

  async run(): Promise<void> {
    const { flags } = await this.parse(ClusterUpgradeCancel);
    this.openOutput({ looksOnly: true });
    const plan = await withCluster(flags.kubeconfig, (client) => cancelUpgrade(client, whoAmI()));
    const done = nodesIn(plan, 'upgraded').length;
    const text = `The upgrade is cancelled; ${done} of ${plan.nodes.length} nodes are at ${plan.spec.targetVersion}.\n`;
    await this.finish({ ok: true, hosts: [], data: plan.progress, text });
  }
}
