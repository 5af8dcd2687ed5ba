import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { eventTableOf } from '../../cli/cluster/text.ts';
import { ramActions, serviceFlags } from '../../cli/service-change.ts';

export default class ClusterEvents extends BaseCommand {
  static override summary = 'Show what the container service did with a cluster.';
  static override description = ramActions(
    'DescribeClusterEvents',
    'DescribeClusterDetail',
    'DescribeClustersForRegion',
  );
  static override examples = ['<%= config.bin %> cluster events shops --region cn-hangzhou --task T-1'];
  static override args = clusterArg;
  static override flags = {
    ...serviceFlags,
    task: Flags.string({ helpValue: 'ID', description: 'only the events of this task' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterEvents);
    this.openOutput({ looksOnly: true });
    const events = await lookAtCluster(flags, args, (service, { clusterId }) =>
      service.clusterEvents(clusterId, flags.task),
    );
    await this.show({ data: events, text: eventTableOf(events) || 'There are no events.\n' });
  }
}
