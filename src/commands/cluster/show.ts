import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { clusterText, shownCluster } from '../../cli/cluster/text.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../cli/service-change.ts';

export default class ClusterShow extends BaseCommand {
  static override summary = 'Show a cluster: state, version, endpoints, networks.';
  static override description = ramActions('DescribeClusterDetail', 'DescribeClustersForRegion');
  static override examples = ['<%= config.bin %> cluster show shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterShow);
    this.openOutput({ looksOnly: true });
    const cluster = await lookAtCluster(flags, args, async (_, found) => found);
    await this.show({ data: shownCluster(cluster), text: clusterText(cluster), names: [`cluster/${cluster.name}`] });
  }
}
