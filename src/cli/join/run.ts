import { usageError } from '../../errors/usage.ts';
import { closest } from '../../lib/closest.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { joinPhaseNames } from '../../phases/join/index.ts';
import type { JoinResult } from '../../phases/join/join.ts';
import type { HostOutcome } from '../hosts.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import { confirmOnTerminal } from '../prompts.ts';
import type { NodeFlags } from '../target-options.ts';
import { continuationOf } from './continuation.ts';
import type { ParsedJoin } from './flags.ts';
import { joinRequests } from './request.ts';
import { openSource, resolveRequest } from './source.ts';

/** Milliseconds for the roll-back of a join that its time limit ends. */
const ROLL_BACK_MS = 120_000;

/**
 * Joins every target; all specifications are checked before the first node is touched.
 * @param only the phase of `join phase NAME`
 */
export async function runJoin(
  parsed: ParsedJoin,
  host: CommandHost,
  only?: string,
): Promise<Omit<CommandResult, 'command'>> {
  const flags = parsed.flags as unknown as NodeFlags;
  const name = only === undefined ? 'join' : `join phase ${only}`;
  return runOnNodes(
    { name, flags, worksOnWindows: true, limits: { cleanUpMs: ROLL_BACK_MS } },
    host,
    async (command) => {
      const { targets } = command;
      refuseUnknownPhases(parsed, only);
      const requests = await joinRequests(parsed, command.targets);
      const continuation = await continuationOf(parsed, requests.form, host.argv);
      const { join } = await import('../../phases/join/join.ts');
      const source = await openSource(requests.form, command.version, command.signal);
      const confirm = confirmOnTerminal(command.output, command.signal);
      return {
        onNode: withSession(async (run) => {
          const asked = await resolveRequest(requests.of(run.target), source, run);
          const result = await join({ ...run, ...asked, only, confirm, continuation });
          const outcome = run.dryRun ? 'planned' : result.changed ? 'joined' : 'unchanged';
          // Whether it is Ready yet is a matter of moments: programs ask the cluster.
          const { ready: _ready, ...data } = result;
          if (run.dryRun) return { outcome, data };
          return { outcome, data, ...endOf(result, only, targets.length) };
        }),
        close: async () => source?.close(),
      };
    },
  );
}

/** What a person reads last: node, cluster, how long it took, and the command to look at the node. */
function endOf(
  { nodeName, apiServer, ready, changed }: JoinResult,
  only: string | undefined,
  hosts: number,
): Pick<HostOutcome, 'verdict' | 'next'> {
  if (only !== undefined) return { verdict: (took) => `Phase ${only} completed on ${nodeName} in ${took}` };
  const notReady = ready === false ? ' (not Ready yet)' : '';
  return {
    verdict: (took) =>
      changed
        ? `${nodeName} joined ${apiServer} in ${took}${notReady}`
        : `${nodeName} is already joined to ${apiServer}${notReady}; nothing changed (${took})`,
    next: hosts > 1 ? 'kubectl get nodes' : `kubectl get node ${nodeName}`,
  };
}

/** A phase that is misspelt would be run. */
function refuseUnknownPhases({ flags }: ParsedJoin, only: string | undefined): void {
  const names = joinPhaseNames;
  const asked = [
    ...(only === undefined ? [] : [{ name: only, prefix: '' }]),
    ...((flags['skip-phases'] ?? []) as string[]).map((name) => ({ name, prefix: '--skip-phases: ' })),
  ];
  const unknown = asked.filter(({ name }) => !names.includes(name));
  if (unknown.length === 0) return;
  throw usageError(
    unknown.map(({ name, prefix }) => {
      const meant = closest(name, names);
      return `${prefix}unknown phase ${name}; ${meant ? `did you mean ${meant}?` : 'see `edgeadm join phases`'}`;
    }),
  );
}
