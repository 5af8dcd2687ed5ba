import { EdgeadmError } from '../../errors/index.ts';
import { apiErrorOf } from '../../kubernetes/api/client.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import type { PhaseLog } from '../../workflow/events.ts';

export interface UnavailableOptions {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Gets a line for each failed try. */
  readonly log?: PhaseLog;
  /** Milliseconds between two tries. */
  readonly retryIntervalMs?: number;
  /** For tests. */
  readonly clock?: Clock;
}

export const RETRY_INTERVAL_MS = 2_000;

/**
 * Does an action again for as long as the API server is away. What it does must bear being done twice: an answer that
 * is lost says nothing about what was done.
 * @throws what else the action throws, the reason of the signal
 */
export async function retryWhileUnavailable<T>(
  action: () => Promise<T>,
  { signal, log, retryIntervalMs = RETRY_INTERVAL_MS, clock = realClock }: UnavailableOptions,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      log?.warning(`${(error as Error).message}; trying again.`);
      await clock.sleep(retryIntervalMs, signal);
    }
  }
}

/** True if nothing answered, or what answered cannot just now. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof EdgeadmError && error.code === 'API_UNREACHABLE') return true;
  return apiErrorOf(error)?.isPassing === true;
}
