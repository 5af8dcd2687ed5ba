import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { whoAmI } from '../../../cli/cluster-upgrade/follow.ts';
import { pauseOfService } from '../../../cli/cluster-upgrade/service.ts';
import { isOfService, serviceFlags } from '../../../cli/cluster-upgrade/service-flags.ts';
import { pauseUpgrade } from '../../../cluster-upgrade/control/actions.ts';

export default class ClusterUpgradePause extends BaseCommand {
  static override summary = 'Pause the upgrade of a cluster: nodes that have begun finish, no others begin.';
  static override description =
    'Go on with `continue`, or end it with `cancel`. A pause of more than 15 days cancels the upgrade.';
  static override examples = [
    '<%= config.bin %> cluster upgrade pause --kubeconfig admin.conf',
    '<%= config.bin %> cluster upgrade pause --cluster-id c1 --region cn-hangzhou',
  ];
  static override flags = { ...kubeconfigFlag, ...serviceFlags };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradePause);
    this.openOutput({ looksOnly: true });
    if (isOfService(flags, raw)) return this.finish(await pauseOfService(flags));
    const { progress } = await withCluster(flags.kubeconfig, (client) => pauseUpgrade(client, whoAmI()));
    const text =
      progress.phase === 'Paused'
        ? 'The upgrade is paused.\n'
        : 'The upgrade pauses as soon as the nodes that have begun are done: edgeadm cluster upgrade status --watch\n';
    await this.finish({ ok: true, hosts: [], data: progress, text });
  }
}
