import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { taskTable } from '../../cli/cluster/text.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../cli/service-change.ts';

export default class ClusterTasks extends BaseCommand {
  static override summary = 'List the tasks of a cluster, the newest first.';
  static override description = ramActions(
    'DescribeClusterTasks',
    'DescribeClusterDetail',
    'DescribeClustersForRegion',
  );
  static override examples = ['<%= config.bin %> cluster tasks shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterTasks);
    this.openOutput({ looksOnly: true });
    const tasks = await lookAtCluster(flags, args, (service, { clusterId }) => service.tasks(clusterId));
    const newest = [...tasks].sort((a, b) => Date.parse(b.created ?? '') - Date.parse(a.created ?? ''));
    const text = taskTable(newest) || 'There are no tasks.\n';
    await this.show({ data: newest, text, names: newest.map(({ taskId }) => `task/${taskId}`) });
  }
}
