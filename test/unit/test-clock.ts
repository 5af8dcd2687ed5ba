import { type Clock, realClock } from '../../src/lib/clock.ts';

/** A clock on which every sleep is over at once: its time goes forward by just that much. */
export interface SkippingClock extends Clock {
  /** How long each sleep was to be, milliseconds. */
  readonly sleeps: number[];
}

export function skippingClock(): SkippingClock {
  let time = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => time,
    sleep: async (ms, signal) => {
      if (signal?.aborted) return;
      sleeps.push(ms);
      time += ms;
    },
  };
}

/** Time that flows as usual, since real sockets need some, and that a test moves forward where a minute has to pass. */
export interface FlowingClock extends Clock {
  /** Moves time forward and ends the sleeps that are over by then. */
  skip(ms: number): void;
  /** How many sleep now. */
  readonly asleep: number;
  /** Ends when so many sleeps have begun from now on. @param ms counts only those of this length */
  sleptAgain(times: number, ms?: number): Promise<void>;
}

export function flowingClock(): FlowingClock {
  let ahead = 0;
  const now = (): number => realClock.now() + ahead;
  const sleepers = new Map<AbortController, number>();
  const watchers = new Set<(ms: number) => void>();
  return {
    now,
    get asleep() {
      return sleepers.size;
    },
    skip: (ms) => {
      ahead += ms;
      for (const [sleeper, due] of sleepers) if (due <= now()) sleeper.abort();
    },
    sleep: async (ms, signal) => {
      const sleeper = new AbortController();
      sleepers.set(sleeper, now() + ms);
      for (const watcher of watchers) watcher(ms);
      const woken = signal ? AbortSignal.any([sleeper.signal, signal]) : sleeper.signal;
      await realClock.sleep(ms, woken);
      sleepers.delete(sleeper);
    },
    sleptAgain: (times, ms) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let left = times;
      const watcher = (begun: number): void => {
        if ((ms !== undefined && begun !== ms) || --left > 0) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      return promise;
    },
  };
}
