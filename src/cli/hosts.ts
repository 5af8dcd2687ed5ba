import { EdgeadmError, toEdgeadmError } from '../errors/index.ts';
import type { Machine } from '../host/machine.ts';
import type { Target } from '../host/targets.ts';
import type { Output } from '../output/index.ts';
import type { CommandResult, HostResult } from '../output/renderer.ts';

/** What a command did on one host. */
export interface HostOutcome {
  readonly outcome: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * Works on every target, some at a time; one host's failure is its own. The result is shown as each host ends.
 */
export async function onHosts(
  targets: readonly Target[],
  options: { readonly command: string; readonly concurrency: number; readonly output: Output },
  work: (machine: Machine, target: Target) => Promise<HostOutcome>,
): Promise<CommandResult> {
  const results: HostResult[] = new Array(targets.length);
  const queue = targets.entries();
  const worker = async (): Promise<void> => {
    for (const [index, target] of queue) {
      const result = await onHost(target, work);
      results[index] = result;
      options.output.hostDone(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, targets.length) }, worker));
  const error = errorOf(results);
  return { ok: error === undefined, command: options.command, hosts: results, error };
}

async function onHost(
  target: Target,
  work: (machine: Machine, target: Target) => Promise<HostOutcome>,
): Promise<HostResult> {
  const started = performance.now();
  const took = (): number => Math.round(performance.now() - started);
  try {
    const machine = await target.open();
    try {
      const { outcome, data } = await work(machine, target);
      return { host: target.label, ok: true, outcome, data, durationMs: took() };
    } finally {
      await machine.close().catch(() => {});
    }
  } catch (error) {
    return { host: target.label, ok: false, outcome: 'failed', error: toEdgeadmError(error), durationMs: took() };
  }
}

/** One host: its own error. Several: that of all where all failed alike, else SOME_HOSTS_FAILED. */
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
      what: `all ${results.length} hosts failed: ${first.error.what}`,
      why,
      next: first.error.next,
    });
  const interrupted = failed.find((result) => result.error?.code === 'INTERRUPTED');
  if (interrupted) {
    const what = `interrupted; ${failed.length} of ${results.length} hosts are not done`;
    return new EdgeadmError({ code: 'INTERRUPTED', what, why, next: interrupted.error?.next });
  }
  if (failed.length === results.length) {
    const what = `all ${results.length} hosts failed, each for its own reason`;
    return new EdgeadmError({ code: 'ALL_HOSTS_FAILED', what, why });
  }
  return new EdgeadmError({
    code: 'SOME_HOSTS_FAILED',
    what: `${failed.length} of ${results.length} hosts failed`,
    why,
  });
}
