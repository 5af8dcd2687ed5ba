import { Flags } from '@oclif/core';
import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { agentArgs, agentsOf, candidates, restartLines, workloadsOf } from '../../../cli/hub/cache.ts';
import { commandLine } from '../../../host/quote.ts';
import { addAgents, cacheAgents } from '../../../phases/hub/cache-agents.ts';
import { findHubConfig } from '../../../phases/hub/hub-config.ts';
import { isRestartable, restartChange } from '../../../phases/hub/restart.ts';

export default class HubCacheAdd extends ChangeCommand {
  static override summary = 'Cache what programs read from the API server, for when the network is down.';
  static override description =
    'A program is named by its User-Agent, which begins with the name of its executable: `edgeadm hub cache candidates` finds the programs on edge nodes. Their pods have to be restarted before the cache is filled. Do not cache programs that list and watch a lot: the cache is on the disk of the node. User guide: chapter 8.4, Enable the caching feature of edge-hub.';
  static override examples = [
    '<%= config.bin %> hub cache add edge-app',
    '<%= config.bin %> hub cache add edge-app --restart --yes',
  ];
  static override strict = false;
  static override args = agentArgs;
  static override flags = {
    ...objectChangeFlags,
    restart: Flags.boolean({
      description: 'also restart the pods of these programs on edge nodes, one after the other',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(HubCacheAdd);
    await this.change(flags, async (client, signal) => {
      const hub = await findHubConfig(client, signal);
      const agents = agentsOf(argv, hub);
      const known = cacheAgents(hub).map(({ agent }) => agent);
      const fresh = agents.filter((agent) => !known.includes(agent));
      const programs = (await candidates(client, hub, signal)).filter(({ agent }) => agents.includes(agent));
      const workloads = workloadsOf(programs);
      const now = new Date().toISOString();
      const due = flags.restart ? workloads.filter(isRestartable) : [];
      const restarts = await Promise.all(due.map((workload) => restartChange(client, workload, now)));
      const left = flags.restart ? workloads.filter((workload) => !isRestartable(workload)) : workloads;
      const unseen = agents.filter((agent) => agent !== '*' && !programs.some((program) => program.agent === agent));
      return {
        changes: [addAgents(hub, agents), ...restarts.filter((change) => change !== undefined)],
        effect: [
          'The hub of each edge node caches the answers to these programs, once their pods have been restarted.',
          ...restartLines(left),
          ...(unseen.length > 0
            ? [`Warning: no pod on an edge node starts ${unseen.join(', ')} by its command or image: check the name.`]
            : []),
        ],
        undo: fresh.length > 0 ? [commandLine(['edgeadm', 'hub', 'cache', 'remove', ...fresh])] : [],
        question: due.length > 0 ? `Restart the pods of ${due.map(({ name }) => name).join(', ')}?` : undefined,
      };
    });
  }
}
