import { type Clock, realClock } from '../lib/clock.ts';

/** The longest gap between two calls, milliseconds. */
const LONGEST_GAP_MS = 2_000;
/** A shorter one is none. */
const SHORTEST_GAP_MS = 20;

/** When a call may be sent. */
export interface CallPace {
  turn(signal?: AbortSignal): Promise<void>;
  throttled(): void;
  answered(): void;
}

/**
 * Spaces calls once the service throttles them, so that most are not refused: further apart after each refusal, closer
 * after each answer.
 * @param gapMs the first gap
 */
export function callPace(gapMs: number, clock: Clock = realClock): CallPace {
  let gap = 0;
  let next = 0;
  return {
    turn: async (signal) => {
      const now = clock.now();
      const at = Math.max(now, next);
      next = at + gap;
      if (at > now) await clock.sleep(at - now, signal);
    },
    throttled: () => {
      gap = Math.min(LONGEST_GAP_MS, Math.max(gapMs, gap * 1.2));
    },
    answered: () => {
      gap = gap < SHORTEST_GAP_MS ? 0 : gap * 0.93;
    },
  };
}
