import { toEdgeadmError } from '../../errors/index.ts';
import { isDenied } from '../../host/failures.ts';
import { formatDuration } from '../../lib/duration.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { cleanFile } from './clean-file.ts';
import type { CollectContext, Collected, Collection, Collector } from './collector.ts';

/** Milliseconds for one collector. */
export const COLLECTOR_LIMIT_MS = 10_000;
/** As many as sshd lets run on one connection, with room for what else edgeadm needs. */
const AT_A_TIME = 8;

export interface CollectOptions {
  readonly signal: AbortSignal;
  readonly limitMs?: number;
  /** When all has to be collected; milliseconds as `performance.now()` counts them. */
  readonly until?: number;
}

/**
 * Runs collectors side by side, each with its own time limit: one that fails or hangs leaves a file that says so, and
 * the others continue.
 * @throws only if `signal` is aborted
 */
export async function collect(
  host: CollectContext['host'],
  collectors: readonly Collector[],
  { signal, limitMs = COLLECTOR_LIMIT_MS, until = Number.POSITIVE_INFINITY }: CollectOptions,
): Promise<Collection[]> {
  const results: Collection[] = [];
  await forEachLimited(collectors.entries(), AT_A_TIME, async ([index, collector]) => {
    const ownMs = Math.max(0, Math.min(limitMs, until - performance.now()));
    results[index] = await collectOne(host, collector, signal, ownMs);
  });
  return results;
}

async function collectOne(
  host: CollectContext['host'],
  collector: Collector,
  signal: AbortSignal,
  limitMs: number,
): Promise<Collection> {
  signal.throwIfAborted();
  const started = performance.now();
  const end = (outcome: Collection['outcome'], collected: Collected, reason?: string): Collection => ({
    name: collector.name,
    outcome,
    durationMs: Math.round(performance.now() - started),
    ...(reason && { reason }),
    ...collected,
    files: collected.files.map(({ path, text }) => ({ path, text: cleanFile(text) })),
  });
  if (limitMs === 0) return end(...instead('not begun', collector, 'the time of the command was over'));
  const limit = new AbortController();
  const endLimit = timeLimit(limitMs, () => limit.abort(new Error('its time is over')));
  try {
    const own = AbortSignal.any([signal, limit.signal]);
    const collected = await Promise.race([collector.run({ host, signal: own }), rejectOn(own)]);
    return end('ok', collected);
  } catch (thrown) {
    signal.throwIfAborted();
    if (limit.signal.aborted) return end(...instead('slow', collector, `not ended within ${formatDuration(limitMs)}`));
    const { message } = toEdgeadmError(thrown);
    return end(...instead(isDenied(thrown) ? 'not allowed' : 'failed', collector, message));
  } finally {
    endLimit();
  }
}

/** Work that ignores the signal is left behind. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function instead(
  outcome: Collection['outcome'],
  { name }: Collector,
  reason: string,
): [Collection['outcome'], Collected, string] {
  return [outcome, { files: [{ path: `${name}.failed.txt`, text: `${name}: ${outcome}: ${reason}\n` }] }, reason];
}
