import { Args } from '@oclif/core';
import { usageError } from '../../errors/usage.ts';
import { commandLine } from '../../host/quote.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { table } from '../../output/table.ts';
import { type CacheAgent, cacheAgents, refuseAgents } from '../../phases/hub/cache-agents.ts';
import type { HubConfig } from '../../phases/hub/hub-config.ts';
import { type EdgeProgram, type PodOwner, podsOnEdgeNodes, programsOf } from '../../phases/hub/programs.ts';
import { isRestartable } from '../../phases/hub/restart.ts';

export const agentArgs = {
  agent: Args.string({ required: true, description: 'programs, by their User-Agent without version' }),
};

/** The programs of a command line. @throws EdgeadmError USAGE */
export function agentsOf(argv: readonly unknown[], hub: HubConfig): string[] {
  const words = argv.flatMap((word) => String(word).split(',')).filter(Boolean);
  const mistakes = refuseAgents(words, hub);
  if (mistakes.length > 0) throw usageError(mistakes);
  return [...new Set(words)];
}

/** One line a program. */
export function agentTable(agents: readonly CacheAgent[]): string {
  return table(agents.map(({ agent, setting }) => ({ agent, setting }))) || 'No programs are cached.\n';
}

/** One line a program, with what runs it. */
export function candidateTable(
  programs: readonly (EdgeProgram & { readonly cached: boolean })[],
  wide = false,
): string {
  return table(
    programs.map(({ agent, source, workloads, pods, cached }) => ({
      agent,
      cached: cached ? 'yes' : '',
      pods,
      found: source,
      ...(wide && { workloads: workloads.map(workloadName).join(', ') }),
    })),
  );
}

/** `default/deployment/edge-app` */
function workloadName({ namespace, kind, name }: PodOwner): string {
  return `${namespace}/${kind.toLowerCase()}/${name}`;
}

/** Programs of the pods on edge nodes; `cached` says whether the hub keeps their answers. */
export async function candidates(
  client: ApiClient,
  hub: HubConfig,
  signal?: AbortSignal,
): Promise<(EdgeProgram & { cached: boolean })[]> {
  const pods = await podsOnEdgeNodes(client, await listNodes(client, { signal }), signal);
  const known = cacheAgents(hub).map(({ agent }) => agent);
  return programsOf(pods).map((each) => ({ ...each, cached: known.includes(each.agent) || known.includes('*') }));
}

/** What runs programs, each once: a workload may run several of them. */
export function workloadsOf(programs: readonly EdgeProgram[]): PodOwner[] {
  const all = programs.flatMap(({ workloads }) => workloads);
  return [...new Map(all.map((each) => [workloadName(each), each])).values()];
}

/** The lines that restart what runs a program, and what has to be restarted by hand. */
export function restartLines(workloads: readonly PodOwner[]): string[] {
  const lines = workloads.filter(isRestartable).map(({ namespace, kind, name }) => {
    return commandLine(['kubectl', '-n', namespace, 'rollout', 'restart', `${kind.toLowerCase()}/${name}`]);
  });
  const alone = workloads.filter((workload) => !isRestartable(workload)).map(workloadName);
  return [...lines, ...(alone.length > 0 ? [`Delete and create again: ${alone.join(', ')}`] : [])];
}
