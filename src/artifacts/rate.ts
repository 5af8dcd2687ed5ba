import { formatDuration } from '../lib/duration.ts';
import { formatBytes } from '../lib/format-bytes.ts';

/** Watches that bytes come no slower, on average, than they have to. */
export class Rate {
  readonly #lowest: number;
  readonly #afterMs: number;
  readonly #failure: (found: string) => Error;
  readonly #began = performance.now();
  #bytes = 0;

  /**
   * @param lowest bytes a second
   * @param afterMs how long it may be slower at first
   * @param failure the error for a rate that is too low, of the rate that was found and the one that was expected
   */
  constructor(lowest: number, afterMs: number, failure: (found: string) => Error) {
    this.#lowest = lowest;
    this.#afterMs = afterMs;
    this.#failure = failure;
  }

  /** @throws the failure if all bytes so far came too slowly */
  check(bytes: number): void {
    this.#bytes += bytes;
    const ms = performance.now() - this.#began;
    const rate = (this.#bytes * 1000) / ms;
    if (ms < this.#afterMs || rate >= this.#lowest) return;
    const found = `${formatBytes(this.#bytes)} in ${formatDuration(Math.round(ms))}`;
    throw this.#failure(`${found}; at least ${formatBytes(this.#lowest)} per second are required`);
  }
}
