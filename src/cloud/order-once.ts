import type { EdgeadmError } from '../errors/index.ts';
import { retry } from '../lib/retry.ts';
import { waitFor } from '../lib/wait-for.ts';
import { isAmbiguous, isThrottled } from './errors.ts';

/** How long an order that was not answered may take to show, milliseconds. */
const SETTLE_MS = 15_000;

export interface Order<T> {
  /** Completes the sentence "timed out waiting for … after the request got no answer". */
  readonly what: string;
  readonly send: () => Promise<T>;
  /** True if it shows that the order took effect. What it throws counts as not seen. */
  readonly shows: () => Promise<boolean>;
  readonly listDelayMs?: number;
  /** First and longest pause between two looks, milliseconds. */
  readonly paceMs?: readonly [number, number];
  readonly signal?: AbortSignal;
}

/**
 * Sends an order once, since none has a client token. One that the service throttles had no effect, and is sent again; if an
 * answer is lost, the effect is looked for.
 * @returns undefined if it took effect without an answer
 * @throws EdgeadmError CLOUD_NO_ANSWER if it does not show; else what the order threw
 */
export async function orderOnce<T>({
  what,
  send,
  shows,
  listDelayMs,
  paceMs,
  signal,
}: Order<T>): Promise<T | undefined> {
  let lost: EdgeadmError;
  try {
    return await retry(send, { tries: 5, pauseMs: paceMs ?? [500, 5000], isPassing: isThrottled, signal });
  } catch (error) {
    if (!isAmbiguous(error)) throw error;
    lost = error as EdgeadmError;
  }
  await waitFor<void>({
    what: `${what} after the request got no answer`,
    timeoutMs: listDelayMs ?? SETTLE_MS,
    intervalMs: paceMs ?? [100, 2000],
    signal,
    probe: async () => ((await shows()) ? { done: undefined } : { seen: lost.message }),
    code: 'CLOUD_NO_ANSWER',
    next: 'run the same command again: it checks first what was done',
  });
  return undefined;
}
