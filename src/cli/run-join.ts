import { BundleStore } from '../artifacts/bundle-store.ts';
import { DEFAULT_TIMEOUT_MS, usageError } from '../config/join-spec.ts';
import { withNode } from '../host/node-session.ts';
import { type Target, targetsOf } from '../host/targets.ts';
import { closest } from '../lib/closest.ts';
import type { Output } from '../output/index.ts';
import type { CommandResult } from '../output/renderer.ts';
import { joinPhases } from '../phases/join/index.ts';
import { type Phase, phaseNames } from '../workflow/phase.ts';
import { durationOf } from './flags.ts';
import { onHosts } from './hosts.ts';
import { joinSpecOf, type ParsedJoin } from './join-flags.ts';
import { confirmOnTerminal } from './prompts.ts';
import { commandSignal } from './signals.ts';
import { type NodeFlags, targetOptions } from './target-options.ts';

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
  refuseSharedName(parsed, targets);
  refuseUnknownPhases(parsed);
  const specs = new Map<Target, Awaited<ReturnType<typeof joinSpecOf>>>();
  for (const target of targets) specs.set(target, await joinSpecOf(parsed, target.overrides));
  const output = shown.open({
    verbose: flags.verbose,
    hosts: targets.map(({ label }) => label),
    logFile: flags['log-file'],
    dryRun: flags['dry-run'],
  });
  const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? DEFAULT_TIMEOUT_MS);
  const { join } = await import('../phases/join/join.ts');
  const bundles = new BundleStore();
  const command = only === undefined ? 'join' : `join phase ${only}`;
  try {
    return await onHosts(targets, { command, concurrency: flags.concurrency, output }, (machine, target) => {
      const spec = specs.get(target);
      if (!spec) throw new Error(`no specification for ${target.label}`);
      return withNode(machine, { command, version: shown.version, changes: !flags['dry-run'] }, async (session) => {
        const result = await join({
          spec,
          session,
          label: target.label,
          emit: output.emit,
          signal,
          dryRun: flags['dry-run'],
          only,
          bundles,
          confirm: confirmOnTerminal(output),
        });
        return { outcome: flags['dry-run'] ? 'planned' : result.changed ? 'joined' : 'unchanged', data: { ...result } };
      });
    });
  } finally {
    await bundles.close();
    done();
  }
}

/** A phase that is misspelt would be run. */
function refuseUnknownPhases(parsed: ParsedJoin): void {
  const names = phaseNames(joinPhases as readonly Phase<never>[]);
  const unknown = ((parsed.flags['skip-phases'] ?? []) as string[]).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw usageError(
    unknown.map(
      (name) =>
        `--skip-phases: there is no phase ${name}; did you mean ${closest(name, names) ?? 'one of `edgeadm join phases`'}?`,
    ),
  );
}

/** One name cannot be given to several machines. */
function refuseSharedName(parsed: ParsedJoin, targets: readonly Target[]): void {
  const name = parsed.flags['node-name'];
  if (targets.length > 1 && typeof name === 'string' && name !== '' && !name.startsWith('*')) {
    throw usageError([
      `--node-name: ${name} cannot be the name of ${targets.length} hosts; name them in the inventory, or use "*.SUFFIX"`,
    ]);
  }
}
