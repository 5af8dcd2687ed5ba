import { AsyncLocalStorage } from 'node:async_hooks';

const running = new AsyncLocalStorage<Stopwatch | undefined>();

/** Measures work; stands still while the work waits for a person. */
export class Stopwatch {
  readonly #started = performance.now();
  readonly #around = running.getStore();
  #waited = 0;

  /** Whole milliseconds since it was made, without the time at questions. */
  get ms(): number {
    return Math.round(performance.now() - this.#started - this.#waited);
  }

  /** Does the work that is measured: questions asked in it, on whatever way, stop this watch and those around it. */
  measure<T>(work: () => T): T {
    return running.run(this, work);
  }

  /** Leaves out a wait of so many milliseconds. */
  leaveOut(ms: number): void {
    this.#waited += ms;
    this.#around?.leaveOut(ms);
  }
}

/** Asks a person: the time until the answer is not the work's. */
export async function atQuestion<T>(ask: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    // A question that is asked in turn by this one counts once.
    return await running.run(undefined, ask);
  } finally {
    running.getStore()?.leaveOut(performance.now() - started);
  }
}
