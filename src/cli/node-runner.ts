import { BundleStore } from '../artifacts/bundle-store.ts';
import { COMMAND_TIMEOUT_MS } from '../config/join-spec.ts';
import { requireLinux } from '../host/facts.ts';
import type { Machine } from '../host/machine.ts';
import { type NodeSession, type SessionOptions, withNode } from '../host/node-session.ts';
import { type Target, targetsOf } from '../host/targets.ts';
import type { Output, OutputOptions } from '../output/index.ts';
import type { CommandResult } from '../output/renderer.ts';
import type { EventSink } from '../workflow/events.ts';
import { durationOf } from './flags.ts';
import { type HostOutcome, onHosts } from './hosts.ts';
import { secretOnTerminal } from './prompts.ts';
import { commandSignal, type EndingLimits, until } from './signals.ts';
import { type NodeFlags, targetOptions } from './target-options.ts';

/** What a command that works on nodes is. */
export interface NodeCommand {
  /** As it is typed: `join`, `join phase preflight`. */
  readonly name: string;
  readonly flags: NodeFlags;
  /** True for a command that only looks, whatever its flags say: no lock is taken, no log is written by default. */
  readonly looksOnly?: boolean;
  /** True for a command that has phases of its own for Windows; any other refuses a machine that runs it. */
  readonly worksOnWindows?: boolean;
  /** See OutputOptions. */
  readonly failuresInResult?: boolean;
  readonly limits?: EndingLimits;
}

/** What a command class gives to its runner. */
export interface CommandHost {
  readonly openOutput: (options: Partial<OutputOptions>) => Output;
  /** Of edgeadm. */
  readonly version: string;
  /** The words of the command, behind `edgeadm`: for the line to run next. */
  readonly argv: readonly string[];
}

/** What the work on all nodes shares. */
export interface CommandRun {
  readonly command: string;
  readonly version: string;
  readonly targets: readonly Target[];
  readonly output: Output;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly bundles: BundleStore;
  /** True for a command that only looks, and for a dry run. */
  readonly dryRun: boolean;
}

/** What the work on one node is given. */
interface NodeRun extends CommandRun {
  readonly target: Target;
  readonly machine: Machine;
  /** What users call the host. */
  readonly label: string;
}

export interface NodeWork {
  /** Called for each node, some at a time. */
  readonly onNode: (run: NodeRun) => Promise<HostOutcome>;
  /** Called once at the end, whatever has happened. */
  readonly close?: () => Promise<void>;
}

type Result = Omit<CommandResult, 'command'>;

/**
 * The one way of working on nodes: finds the targets, has the command check its request, works on the nodes,
 * and ends in time. What it has opened is closed in every case.
 * @param prepare called before the first node is touched; throws all mistakes at once
 */
export async function runOnNodes(
  command: NodeCommand,
  host: CommandHost,
  prepare: (run: CommandRun) => Promise<NodeWork>,
): Promise<Result> {
  const { name, flags, looksOnly = false, worksOnWindows = false, failuresInResult } = command;
  const limit = timeLimitOf(flags);
  const { signal, over, done } = commandSignal(limit.ms, command.limits);
  const bundles = new BundleStore();
  let work: NodeWork | undefined;
  let output: Output | undefined;
  try {
    const ask = (question: string) => secretOnTerminal(question, { output, signal });
    const targets = await targetsOf({ ...targetOptions(flags), ask });
    const hosts = targets.map(({ label }) => label);
    const { verbose, 'log-file': logFile, 'dry-run': dryRun, concurrency } = flags;
    output = host.openOutput({
      verbose,
      hosts,
      logFile,
      failuresInResult,
      ...(looksOnly ? { looksOnly } : { dryRun }),
    });
    const run: CommandRun = {
      command: name,
      version: host.version,
      targets,
      output,
      emit: output.emit,
      signal,
      bundles,
      dryRun: dryRun || looksOnly,
    };
    // The command tells this mistake together with its others, if it has any.
    work = await until(over, prepare(run), 'the preparation');
    if (limit.mistake) throw limit.mistake;
    const { onNode } = work;
    return await onHosts(targets, { ...run, concurrency, over }, async (machine, target) => {
      if (!worksOnWindows) await requireLinux(machine, name);
      return onNode({ ...run, target, machine, label: target.label });
    });
  } finally {
    await closeAll([work?.close, () => bundles.close()], over);
    done();
  }
}

/** A limit that cannot be read is reported with the other mistakes of the call; until then the usual one holds. */
function timeLimitOf({ timeout }: NodeFlags): { readonly ms: number; readonly mistake?: unknown } {
  try {
    return { ms: durationOf(timeout, '--timeout') ?? COMMAND_TIMEOUT_MS };
  } catch (mistake) {
    return { ms: COMMAND_TIMEOUT_MS, mistake };
  }
}

/** Closes everything; that one thing cannot be closed is not why the command fails. */
async function closeAll(closers: readonly ((() => Promise<void>) | undefined)[], over: AbortSignal): Promise<void> {
  const closing = Promise.allSettled(closers.map((close) => close?.()));
  await until(over, closing, 'closing').catch(() => {});
}

/** What the work on one node is given once the node is in its hands. */
export interface SessionRun extends NodeRun {
  readonly session: NodeSession;
}

/** Takes the node in hand for the work: with its lock if it is changed, and with its journal. */
export function withSession(
  work: (run: SessionRun) => Promise<HostOutcome>,
  options: Pick<SessionOptions, 'acceptsDamage'> = {},
): NodeWork['onNode'] {
  return (run) => {
    const { machine, command, version, dryRun, signal } = run;
    const session = { ...options, command, version, changes: !dryRun, signal };
    return withNode(machine, session, (node) => work({ ...run, session: node }));
  };
}
