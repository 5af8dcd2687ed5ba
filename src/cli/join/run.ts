import { BundleStore } from '../../artifacts/bundle-store.ts';
import { DEFAULT_TIMEOUT_MS } from '../../config/join-spec.ts';
import { usageError } from '../../errors/usage.ts';
import { withNode } from '../../host/node-session.ts';
import { targetsOf } from '../../host/targets.ts';
import { closest } from '../../lib/closest.ts';
import type { Output } from '../../output/index.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { joinPhases } from '../../phases/join/index.ts';
import { type Phase, phaseNames } from '../../workflow/phase.ts';
import { durationOf } from '../flags.ts';
import { onHosts } from '../hosts.ts';
import { confirmOnTerminal } from '../prompts.ts';
import { commandSignal } from '../signals.ts';
import { type NodeFlags, targetOptions } from '../target-options.ts';
import type { ParsedJoin } from './flags.ts';
import { joinRequests } from './request.ts';
import { openSource, resolveRequest } from './source.ts';

export interface Shown {
  readonly open: (options: object) => Output;
  readonly version: string;
}

/** Joins every target; all specifications are checked before the first node is touched. */
export async function runJoin(
  parsed: ParsedJoin,
  shown: Shown,
  only?: string,
): Promise<Omit<CommandResult, 'command'>> {
  const flags = parsed.flags as unknown as NodeFlags;
  const targets = await targetsOf(targetOptions(flags));
  refuseUnknownPhases(parsed);
  const requests = await joinRequests(parsed, targets);
  const output = shown.open({
    verbose: flags.verbose,
    hosts: targets.map(({ label }) => label),
    logFile: flags['log-file'],
    dryRun: flags['dry-run'],
  });
  const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? DEFAULT_TIMEOUT_MS);
  const { join } = await import('../../phases/join/join.ts');
  const bundles = new BundleStore();
  const source = await openSource(requests.form, shown.version);
  const command = only === undefined ? 'join' : `join phase ${only}`;
  try {
    return await onHosts(targets, { command, concurrency: flags.concurrency, output }, (machine, target) => {
      const request = requests.of(target);
      return withNode(machine, { command, version: shown.version, changes: !flags['dry-run'] }, async (session) => {
        const run = { session, label: target.label, emit: output.emit, signal, dryRun: flags['dry-run'] };
        const asked = await resolveRequest(request, source, run);
        const result = await join({ ...run, ...asked, only, bundles, confirm: confirmOnTerminal(output, signal) });
        return { outcome: flags['dry-run'] ? 'planned' : result.changed ? 'joined' : 'unchanged', data: { ...result } };
      });
    });
  } finally {
    await source?.close();
    await bundles.close();
    done();
  }
}

/** A phase that is misspelt would be run. */
function refuseUnknownPhases(parsed: ParsedJoin): void {
  const names = phaseNames(joinPhases as readonly Phase<never>[]);
  const unknown = ((parsed.flags['skip-phases'] ?? []) as string[]).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw usageError(unknown.map((name) => `--skip-phases: ${noPhase(name, names)}`));
}

/** What to say of a phase that there is not. */
export function noPhase(name: string, names: readonly string[]): string {
  return `there is no phase ${name}; did you mean ${closest(name, names) ?? 'one of `edgeadm join phases`'}?`;
}
