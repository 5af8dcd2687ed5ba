import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { agentArgs, agentsOf } from '../../../cli/hub/cache.ts';
import { commandLine } from '../../../host/quote.ts';
import { cacheAgents, removeAgents } from '../../../phases/hub/cache-agents.ts';
import { findHubConfig } from '../../../phases/hub/hub-config.ts';

export default class HubCacheRemove extends ChangeCommand {
  static override summary = 'Stop caching what programs read from the API server.';
  static override description =
    'What is in the cache of a node stays there. User guide: chapter 8.4, Enable the caching feature of edge-hub.';
  static override examples = ['<%= config.bin %> hub cache remove edge-app'];
  static override strict = false;
  static override args = agentArgs;
  static override flags = objectChangeFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(HubCacheRemove);
    await this.change(flags, async (client, signal) => {
      const hub = await findHubConfig(client, signal);
      const agents = agentsOf(argv, hub);
      const gone = cacheAgents(hub).filter(({ agent, setting }) => agents.includes(agent) && setting !== 'built in');
      const undo = commandLine(['edgeadm', 'hub', 'cache', 'add', ...gone.map(({ agent }) => agent)]);
      return {
        changes: hub.config ? [removeAgents(hub, agents)] : [],
        effect: ['While the network is down, the hub answers these programs only from what it has cached so far.'],
        undo: gone.length > 0 ? [undo] : [],
      };
    });
  }
}
