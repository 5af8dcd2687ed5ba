import { setTimeout as delay } from 'node:timers/promises';

/** Time as the program reads and spends it. Tests bring their own, so that none of them waits for a minute to pass. */
export interface Clock {
  /** Milliseconds since some fixed moment; never decreases. */
  now(): number;
  /** Waits for some milliseconds, or until the signal aborts: the caller asks the signal which it was. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};
