import { EdgeadmError, type ErrorCode } from '../errors/index.ts';
import { type Clock, realClock } from './clock.ts';
import { formatDuration } from './duration.ts';

/** The answer of one look: `done` ends the wait, `seen` is what the error shows if time runs out. */
export type ProbeResult<T> = { done: T } | { seen: string };

/** What to wait for. Times are milliseconds. */
export interface WaitOptions<T> {
  /** Completes the sentence "timed out waiting for …". */
  readonly what: string;
  readonly probe: (signal: AbortSignal) => Promise<ProbeResult<T>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** First and longest pause between two looks. Default 50 and 1000. */
  readonly intervalMs?: readonly [number, number];
  /** Code of the error when time runs out. Default TIMEOUT. */
  readonly code?: ErrorCode;
  /** Gathers more evidence (log lines) once time has run out. */
  readonly evidence?: () => Promise<string>;
  /** Asked before every look; what it throws ends the wait at once, since nothing will come of it. */
  readonly guard?: () => Promise<void>;
  readonly next?: string;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Looks until the probe says `done`: often at first, then less and less often.
 * A probe that throws counts as a look that saw the error.
 * @throws EdgeadmError with what was waited for and what was last seen; the reason of the signal if it aborts.
 */
export async function waitFor<T>(wait: WaitOptions<T>): Promise<T> {
  const [first, longest] = wait.intervalMs ?? [50, 1000];
  const { clock = realClock } = wait;
  const started = clock.now();
  // For a look that hangs, which does so in real time.
  const limit = AbortSignal.timeout(Math.max(1, wait.timeoutMs));
  const signal = wait.signal ? AbortSignal.any([wait.signal, limit]) : limit;
  let pause = first;
  let seen = 'nothing yet';
  for (;;) {
    if (wait.signal?.aborted) throw await abandoned(wait, wait.signal.reason, seen);
    await wait.guard?.();
    const look = await lookOnce(wait.probe, signal);
    if ('done' in look) return look.done;
    if (!signal.aborted) seen = look.seen;
    // The last look comes just before time runs out, however long the pauses have become.
    const left = wait.timeoutMs - (clock.now() - started) - first;
    if (left <= 0) break;
    await clock.sleep(Math.min(pause, left), wait.signal);
    pause = Math.min(pause * 1.5, longest);
  }
  throw await timedOut(wait, `timed out after ${formatDuration(wait.timeoutMs)} waiting for ${wait.what}`, seen);
}

async function timedOut<T>(wait: WaitOptions<T>, what: string, seen: string, cause?: unknown): Promise<EdgeadmError> {
  const evidence = await wait.evidence?.().catch(() => '');
  const why = [`last seen: ${seen}`, evidence].filter(Boolean).join('\n');
  return new EdgeadmError({ code: wait.code ?? 'TIMEOUT', what, why, next: wait.next, cause });
}

/** Where the time of the whole command runs out during a wait, what was waited for is why. */
async function abandoned<T>(wait: WaitOptions<T>, reason: unknown, seen: string): Promise<unknown> {
  if (!(reason instanceof EdgeadmError) || reason.code !== 'TIMEOUT') return reason;
  return timedOut(wait, `${reason.what}: it was waiting for ${wait.what}`, seen, reason);
}

/** A probe that does not heed its signal cannot outlast it. */
async function lookOnce<T>(probe: WaitOptions<T>['probe'], signal: AbortSignal): Promise<ProbeResult<T>> {
  const aborted = Promise.withResolvers<ProbeResult<T>>();
  const giveUp = (): void => aborted.resolve({ seen: 'no answer' });
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([probe(signal), aborted.promise]);
  } catch (error) {
    return { seen: error instanceof Error ? error.message : String(error) };
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
