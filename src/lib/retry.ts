import { backOff } from './back-off.ts';
import type { Clock } from './clock.ts';

/** How often something is tried, and how long the pauses are. */
export interface RetryPolicy {
  /** The first one counts. */
  readonly tries: number;
  /** First and longest pause between two tries, milliseconds. */
  readonly pauseMs: readonly [number, number];
}

export interface RetryOptions extends RetryPolicy {
  /** True if another try may go better. */
  readonly isPassing: (error: unknown) => boolean;
  /** How long the other side asked to be left alone, milliseconds; never longer than the longest pause. */
  readonly retryAfterMs?: (error: unknown) => number;
  /** Asked after each failure: true if the try moved things forward, so that the count begins again. */
  readonly hasProgressed?: () => boolean;
  /** Called before each further try. */
  readonly onRetry?: (error: unknown) => void;
  /** The error to throw instead of the last one. */
  readonly describe?: (error: unknown, tries: number) => unknown;
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Runs an action until it succeeds, fails for good, or is out of tries; the pauses grow (see {@link backOff}).
 *
 * Ours rather than p-retry, which has no Retry-After, never retries a TypeError that it does not know as a network
 * error, and counts tries without regard to progress.
 * @throws what the action threw last, or what `describe` makes of it; the reason of the signal
 */
export async function retry<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries, pauseMs, isPassing, retryAfterMs, hasProgressed, onRetry, describe, signal, clock } = options;
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal?.throwIfAborted();
      if (hasProgressed?.()) failures = 1;
      if (!isPassing(error) || failures >= tries) throw describe ? describe(error, failures) : error;
      onRetry?.(error);
      await backOff(failures, pauseMs, { atLeastMs: retryAfterMs?.(error), signal, clock });
    }
  }
}
