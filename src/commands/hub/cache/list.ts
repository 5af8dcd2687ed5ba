import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag } from '../../../cli/flags.ts';
import { agentTable } from '../../../cli/hub/cache.ts';
import { cacheAgents } from '../../../phases/hub/cache-agents.ts';
import { findHubConfig } from '../../../phases/hub/hub-config.ts';

export default class HubCacheList extends BaseCommand {
  static override summary = 'List the programs for which the edge-hub caches what they read from the API server.';
  static override description =
    'The vendor does not publish which programs its edge-hub always caches, so they are not listed. User guide: chapter 8.4, Enable the caching feature of edge-hub.';
  static override examples = ['<%= config.bin %> hub cache list'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(HubCacheList);
    this.openOutput({ looksOnly: true });
    const hub = await withCluster(flags.kubeconfig, findHubConfig);
    const data = cacheAgents(hub);
    const source = `\nThe list is in kube-system/${hub.names.hubConfig}${hub.config ? '' : ', which does not exist yet'}.\n`;
    await this.show({ data, text: agentTable(data) + source, names: data.map(({ agent }) => `agent/${agent}`) });
  }
}
