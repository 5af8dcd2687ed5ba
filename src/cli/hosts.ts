import { EdgeadmError, ERROR_CODES, toEdgeadmError } from '../errors/index.ts';
import { interruptedError } from '../errors/interrupted.ts';
import type { Machine } from '../host/machine.ts';
import { quote } from '../host/quote.ts';
import { adviceForRoot } from '../host/scratch-agent.ts';
import type { Target } from '../host/targets.ts';
import { inLinuxWords, inWindowsWords } from '../host/windows/words.ts';
import { formatDuration } from '../lib/duration.ts';
import { forEachLimited } from '../lib/for-each.ts';
import { Stopwatch } from '../lib/stopwatch.ts';
import type { Output } from '../output/index.ts';
import type { CommandResult, HostResult } from '../output/renderer.ts';
import { type CommandSignal, until } from './signals.ts';

/** What a command did on one host. */
export interface HostOutcome {
  readonly outcome: string;
  /** For people, one line, made of the time that it took: `edge1 joined 10.0.0.1:6443 in 9.3s`. */
  readonly verdict?: (took: string) => string;
  /** The command that a person runs next. */
  readonly next?: string;
  /** For people, in a table of hosts: what was found. */
  readonly cause?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface HostsOptions extends Pick<CommandSignal, 'signal' | 'over'> {
  readonly command: string;
  /** Hosts at a time. */
  readonly concurrency: number;
  /** Called as each host ends. */
  readonly output: Pick<Output, 'hostDone'>;
}

type Work = (machine: Machine, target: Target) => Promise<HostOutcome>;

/**
 * Works on every target, some at a time; one host's failure is its own. Once `signal` is aborted no other host is
 * begun, and once `over` is, none is waited for.
 */
export async function onHosts(targets: readonly Target[], options: HostsOptions, work: Work): Promise<CommandResult> {
  const results: HostResult[] = new Array(targets.length);
  const watch = new Stopwatch();
  await watch.measure(() =>
    forEachLimited(targets.entries(), options.concurrency, async ([index, target]) => {
      const result = await onHost(target, options, work);
      results[index] = result;
      options.output.hostDone(result);
    }),
  );
  const error = errorOf(results);
  return { ok: error === undefined, command: options.command, hosts: results, durationMs: watch.ms, error };
}

async function onHost(target: Target, { command, signal, over }: HostsOptions, work: Work): Promise<HostResult> {
  const watch = new Stopwatch();
  const host = target.label;
  try {
    if (signal.aborted) throw interruptedError(signal, 'interrupted before this host was started');
    const working = watch.measure(() => onMachine(target, signal, work));
    const { outcome, data, verdict, next, cause } = await until(over, working, `the work on ${host}`);
    const durationMs = watch.ms;
    const shown = { verdict: verdict?.(formatDuration(durationMs)), next: next && onTarget(next, target), cause };
    return { host, ok: true, outcome, data, durationMs, ...shown };
  } catch (thrown) {
    const error = toEdgeadmError(thrown);
    const next = error.next === ERROR_CODES.USAGE.remedy ? `edgeadm ${command} --help` : onTarget(error.next, target);
    const aimed = new EdgeadmError({ ...error.toJSON(), next, cause: error.cause });
    return { host, ok: false, outcome: 'failed', error: aimed, durationMs: watch.ms };
  }
}

/** Commands that work on this machine unless a flag names another. */
const ON_NODES = /\bedgeadm (?:join|reset|upgrade|convert|revert|preflight|diagnose|node drill)\b/g;

/**
 * The advice of a phase, which does not know the flags: pasted as printed, its command would work on the
 * administrator's machine.
 */
function onTarget(next: string, { flag }: Target): string {
  if (!flag) return next;
  const [name, value] = flag;
  const advice = name === '--root' ? adviceForRoot(next, value) : next;
  return advice.replace(ON_NODES, `$& ${name} ${quote(value)}`);
}

async function onMachine(target: Target, signal: AbortSignal, work: Work): Promise<HostOutcome> {
  const machine = await target.open(signal);
  try {
    return await inItsWords(machine, () => work(machine, target));
  } finally {
    await machine.close().catch(() => {});
  }
}

/** Only Windows spells paths its own way, and its programs are others than those of Linux, which phases advise. */
async function inItsWords({ nativePath }: Machine, work: () => Promise<HostOutcome>): Promise<HostOutcome> {
  const spoken = (text: string): string => (nativePath ? inWindowsWords(text, nativePath) : inLinuxWords(text));
  const words = <T extends string | undefined>(text: T) => (text === undefined ? text : spoken(text));
  try {
    const { next, cause, ...rest } = await work();
    return { ...rest, next: words(next), cause: words(cause) };
  } catch (thrown) {
    const { code, what, why, next, cause } = toEdgeadmError(thrown);
    throw new EdgeadmError({ code, what: spoken(what), why: words(why), next: words(next), cause });
  }
}

/** One host: its own error. Several: that of all if all failed alike, else SOME_HOSTS_FAILED. */
function errorOf(results: readonly HostResult[]): EdgeadmError | undefined {
  const failed = results.filter((result) => !result.ok);
  const [first] = failed;
  if (!first?.error) return undefined;
  if (results.length === 1) return first.error;
  const alike = failed.length === results.length && failed.every((result) => result.error?.code === first.error?.code);
  const why = failed.map((result) => `${result.host}: ${result.error?.code}: ${result.error?.what}`).join('\n');
  if (alike)
    return new EdgeadmError({
      code: first.error.code,
      what: `all ${results.length} hosts failed`,
      why,
      next: [...new Set(failed.flatMap(({ error }) => error?.next ?? []))].join('\n'),
    });
  const interrupted = failed.find((result) => result.error?.code === 'INTERRUPTED');
  if (interrupted) {
    const what = `interrupted; ${failed.length} of ${results.length} hosts are not finished`;
    return new EdgeadmError({ code: 'INTERRUPTED', what, why, next: interrupted.error?.next });
  }
  if (failed.length === results.length) {
    const what = `all ${results.length} hosts failed, for different reasons`;
    return new EdgeadmError({ code: 'ALL_HOSTS_FAILED', what, why });
  }
  return new EdgeadmError({
    code: 'SOME_HOSTS_FAILED',
    what: `${failed.length} of ${results.length} hosts failed`,
    why,
  });
}
