import { BaseCommand } from '../../cli/base-command.ts';
import { regionFlags, requireRegion } from '../../cli/cluster/flags.ts';
import { clusterTable } from '../../cli/cluster/text.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions, withService } from '../../cli/service-change.ts';

export default class ClusterList extends BaseCommand {
  static override summary = 'List the edge clusters of a region.';
  static override description = ramActions('DescribeClustersForRegion');
  static override examples = ['<%= config.bin %> cluster list --region cn-hangzhou'];
  static override flags = { ...regionFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(ClusterList);
    const region = requireRegion(flags);
    this.openOutput({ looksOnly: true });
    const clusters = await withService(flags, (service) => service.clusters(region));
    const none = `The account has no edge cluster in ${region}.\n`;
    await this.show({
      data: clusters,
      text: clusterTable(clusters) || none,
      wide: clusterTable(clusters, true) || none,
      names: clusters.map(({ name }) => `cluster/${name}`),
    });
  }
}
