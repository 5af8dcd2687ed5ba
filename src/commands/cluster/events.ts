import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { eventTableOf } from '../../cli/cluster/text.ts';
import { listFlag } from '../../cli/flags.ts';
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
    ...listFlag,
    task: Flags.string({ helpValue: 'ID', description: 'only the events of this task' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterEvents);
    this.openOutput({ looksOnly: true });
    const events = await lookAtCluster(flags, args, (service, { clusterId }) =>
      service.clusterEvents(clusterId, flags.task),
    );
    const none = 'There are no events.\n';
    await this.show({
      data: events,
      text: eventTableOf(events) || none,
      wide: eventTableOf(events, true) || none,
      names: events.flatMap(({ eventId }) => (eventId ? `event/${eventId}` : [])),
    });
  }
}
