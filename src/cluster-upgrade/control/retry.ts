import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import type { PhaseLog } from '../../workflow/events.ts';

export interface RetryOptions {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Is told of each try that failed. */
  readonly log?: PhaseLog;
  /** Milliseconds between two tries. */
  readonly retryIntervalMs?: number;
}

export const RETRY_INTERVAL_MS = 2_000;

/**
 * Does an action again for as long as the API server is away. What it does must bear being done twice: an answer that is
 * lost says nothing about what was done.
 * @throws what else the action throws, the reason of the signal
 */
export async function retryWhileUnavailable<T>(
  action: () => Promise<T>,
  { signal, log, retryIntervalMs = RETRY_INTERVAL_MS }: RetryOptions,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      log?.warning(`${(error as Error).message}; trying again.`);
      await delay(retryIntervalMs, undefined, { signal }).catch(() => {});
    }
  }
}

/** Answers of a load balancer without a server behind it, of a server that has too much to do, and of its storage. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof EdgeadmError)) return false;
  if (error.code === 'API_UNREACHABLE') return true;
  if (error.code !== 'API_ERROR') return false;
  return /answered (429|50[234]) /.test(error.what) || (error.why ?? '').includes('etcdserver:');
}
