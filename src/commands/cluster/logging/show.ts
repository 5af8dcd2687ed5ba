import { BaseCommand } from '../../../cli/base-command.ts';
import { clusterArg } from '../../../cli/cluster/flags.ts';
import { loggingData, loggingText } from '../../../cli/cluster/logging.ts';
import { lookAtCluster } from '../../../cli/cluster/look.ts';
import { listFlag } from '../../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../../cli/service-change.ts';
import { loggingOf } from '../../../phases/cluster/logging.ts';

export default class ClusterLoggingShow extends BaseCommand {
  static override summary = 'Show which logs of a cluster are sent to Log Service.';
  static override description = ramActions(
    'CheckControlPlaneLogEnable',
    'GetClusterAuditProject',
    'ListClusterAddonInstances',
    'DescribeClusterDetail',
    'DescribeClustersForRegion',
  );
  static override examples = ['<%= config.bin %> cluster logging show shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterLoggingShow);
    this.openOutput({ looksOnly: true });
    const { name, logging } = await lookAtCluster(flags, args, async (service, cluster) => ({
      name: cluster.name,
      logging: await loggingOf(service, cluster.clusterId),
    }));
    await this.show({ data: loggingData(logging), text: loggingText(logging), names: [`cluster/${name}`] });
  }
}
