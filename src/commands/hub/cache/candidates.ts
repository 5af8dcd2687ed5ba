import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag } from '../../../cli/flags.ts';
import { candidates, candidateTable } from '../../../cli/hub/cache.ts';
import { cacheAgents } from '../../../phases/hub/cache-agents.ts';
import { findHubConfig } from '../../../phases/hub/hub-config.ts';
import { agentsInLog, type EdgeProgram, hubLogOf } from '../../../phases/hub/programs.ts';

export default class HubCacheCandidates extends BaseCommand {
  static override summary = 'Find programs on edge nodes whose answers from the API server could be cached.';
  static override description =
    'Reads the start commands of the pods on edge nodes. For a pod without one, the name is guessed from its image. --node also reads the log of the edge-hub of a node, which names the programs that it has served. User guide: chapter 8.4, Enable the caching feature of edge-hub.';
  static override examples = [
    '<%= config.bin %> hub cache candidates',
    '<%= config.bin %> hub cache candidates --node shop-17 -o wide',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    node: Flags.string({ helpValue: 'NODE', description: 'also read the log of the edge-hub of this node' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HubCacheCandidates);
    this.openOutput({ looksOnly: true });
    const found = await withCluster(flags.kubeconfig, async (client, signal) => {
      const hub = await findHubConfig(client, signal);
      const programs = await candidates(client, hub, signal);
      const log = flags.node === undefined ? undefined : await hubLogOf(client, flags.node, signal);
      const known = cacheAgents(hub).map(({ agent }) => agent);
      const served = agentsInLog(log ?? '').filter((agent) => !programs.some((program) => program.agent === agent));
      const source: EdgeProgram['source'] = 'log of the hub';
      return [
        ...programs,
        ...served.map((agent) => ({ agent, source, workloads: [], pods: 0, cached: known.includes(agent) })),
      ];
    });
    const none = 'No pods run on edge nodes.\n';
    await this.show({
      data: found,
      text: candidateTable(found) || none,
      wide: candidateTable(found, true) || none,
      names: found.map(({ agent }) => `agent/${agent}`),
    });
  }
}
