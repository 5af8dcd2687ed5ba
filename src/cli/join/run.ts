import { usageError } from '../../errors/usage.ts';
import { closest } from '../../lib/closest.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { joinPhases } from '../../phases/join/index.ts';
import { type Phase, phaseNames } from '../../workflow/phase.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import { confirmOnTerminal } from '../prompts.ts';
import type { NodeFlags } from '../target-options.ts';
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
  return runOnNodes({ name, flags, limits: { cleanUpMs: ROLL_BACK_MS } }, host, async (command) => {
    refuseUnknownPhases(parsed, only);
    const requests = await joinRequests(parsed, command.targets);
    const { join } = await import('../../phases/join/join.ts');
    const source = await openSource(requests.form, command.version, command.signal);
    const confirm = confirmOnTerminal(command.output, command.signal);
    return {
      onNode: withSession(async (run) => {
        const asked = await resolveRequest(requests.of(run.target), source, run);
        const result = await join({ ...run, ...asked, only, confirm });
        return { outcome: run.dryRun ? 'planned' : result.changed ? 'joined' : 'unchanged', data: { ...result } };
      }),
      close: async () => source?.close(),
    };
  });
}

/** A phase that is misspelt would be run. */
function refuseUnknownPhases({ flags }: ParsedJoin, only: string | undefined): void {
  const names = phaseNames(joinPhases as readonly Phase<never>[]);
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
