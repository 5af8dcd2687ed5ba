import { BaseCommand } from '../../../cli/base-command.ts';
import { clusterArg, namedCluster } from '../../../cli/cluster/flags.ts';
import { changeLogging, logKindFlags } from '../../../cli/cluster/logging.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';

export default class ClusterLoggingDisable extends BaseCommand {
  static override summary = 'Stop sending logs of a cluster to Log Service; existing logs stay there.';
  static override description =
    `The command is idempotent. ${ramActions('UpdateControlPlaneLog', 'CheckControlPlaneLogEnable', 'UpdateClusterAuditLogConfig', 'GetClusterAuditProject', 'ListAddons', 'ListClusterAddonInstances', 'GetClusterAddonInstance', 'UnInstallClusterAddons', 'DescribeClusterDetail', 'DescribeClustersForRegion', 'DescribeTaskInfo')}`;
  static override examples = ['<%= config.bin %> cluster logging disable shops --region cn-hangzhou --audit'];
  static override args = clusterArg;
  static override flags = { ...serviceChangeFlags, ...logKindFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterLoggingDisable);
    await this.finish(await changeLogging(namedCluster(flags, args), false, this.host));
  }
}
