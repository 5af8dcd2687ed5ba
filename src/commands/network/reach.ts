import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag } from '../../cli/flags.ts';
import { reachTableText } from '../../cli/network/text.ts';
import { reachTable } from '../../phases/network/reach.ts';
import { clusterSites } from '../../phases/network/sites.ts';

export default class NetworkReach extends BaseCommand {
  static override summary = 'Show which pods can reach each other, by the interconnection of their node pools.';
  static override description =
    'The cloud and each edge pool are one site each. Over the public network, pods reach only pods of their own site; over Express Connect and CEN, also those in the cloud. Makes no connections. Documents on edge networks: Network access types.';
  static override examples = ['<%= config.bin %> network reach', '<%= config.bin %> network reach -o json'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(NetworkReach);
    this.openOutput({ looksOnly: true });
    const sites = await withCluster(flags.kubeconfig, clusterSites);
    const reach = reachTable(sites);
    await this.show({
      data: { sites, reach },
      text: reachTableText(sites, reach),
      names: sites.map(({ name }) => `site/${name.replace(/ \((.*)\)$/, '')}`),
    });
  }
}
