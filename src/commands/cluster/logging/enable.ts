import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { clusterArg, namedCluster } from '../../../cli/cluster/flags.ts';
import { changeLogging, logKindFlags } from '../../../cli/cluster/logging.ts';
import { repeatable } from '../../../cli/flags.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';
import { LOGGED_COMPONENTS } from '../../../config/cloud-cluster.ts';

export default class ClusterLoggingEnable extends BaseCommand {
  static override summary =
    'Send logs of a cluster to Log Service: of containers, the control plane, or the audit log.';
  static override description =
    `The command is idempotent. Which component collects the logs of containers depends on the version of the cluster. ${ramActions('UpdateControlPlaneLog', 'CheckControlPlaneLogEnable', 'UpdateClusterAuditLogConfig', 'GetClusterAuditProject', 'ListAddons', 'ListClusterAddonInstances', 'GetClusterAddonInstance', 'InstallClusterAddons', 'DescribeClusterDetail', 'DescribeClustersForRegion', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster logging enable shops --region cn-hangzhou --containers --audit --project k8s-log-shops',
    '<%= config.bin %> cluster logging enable shops --region cn-hangzhou --control-plane --component apiserver --days 90',
  ];
  static override args = clusterArg;
  static override flags = {
    ...serviceChangeFlags,
    ...logKindFlags,
    component: Flags.string({
      ...repeatable,
      options: [...LOGGED_COMPONENTS],
      helpValue: 'NAME',
      description: 'component of the control plane (repeatable; default: all)',
    }),
    project: Flags.string({ helpValue: 'NAME', description: 'project of Log Service; default: k8s-log-CLUSTER' }),
    days: Flags.integer({
      min: 1,
      max: 3000,
      helpValue: 'N',
      description: 'how long logs of the control plane are kept',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterLoggingEnable);
    await this.finish(await changeLogging(namedCluster(flags, args), true, this.host));
  }
}
