import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { logText } from '../../cli/cluster/text.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../cli/service-change.ts';

export default class ClusterLogs extends BaseCommand {
  static override summary = "Show the container service's log of a cluster, the newest line first.";
  static override description = ramActions('DescribeClusterLogs', 'DescribeClusterDetail', 'DescribeClustersForRegion');
  static override examples = ['<%= config.bin %> cluster logs shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterLogs);
    this.openOutput({ looksOnly: true });
    const lines = await lookAtCluster(flags, args, (service, { clusterId }) => service.clusterLogs(clusterId));
    await this.show({
      data: lines,
      text: logText(lines) || 'The log is empty.\n',
      names: lines.flatMap(({ ID }) => (ID ? `log/${ID}` : [])),
    });
  }
}
