interface Running<T> {
  readonly work: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  done: boolean;
}

/**
 * Work that several callers wait for: it is done once, each caller stops waiting by its own signal, and the work itself
 * ends when the last of them has stopped. A failure is not kept: the next caller starts the work again.
 */
export class Shared<T> {
  readonly #start: (signal: AbortSignal) => Promise<T>;
  #running: Running<T> | undefined;

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#start = start;
  }

  /** @throws what the work throws; the reason of the caller's own signal */
  async get(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    this.#running ??= this.#begin();
    const running = this.#running;
    const aborted = Promise.withResolvers<never>();
    const leave = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    running.waiting++;
    try {
      return await Promise.race([running.work, aborted.promise]);
    } finally {
      running.waiting--;
      signal?.removeEventListener('abort', leave);
      if (signal?.aborted && running.waiting === 0 && !running.done) this.#abandon(running, signal.reason);
    }
  }

  /** The result of the work once it has ended; undefined if it was never started or has failed. */
  async settled(): Promise<T | undefined> {
    return this.#running?.work.catch(() => undefined);
  }

  #begin(): Running<T> {
    const controller = new AbortController();
    const running: Running<T> = { work: this.#start(controller.signal), controller, waiting: 0, done: false };
    running.work.then(
      () => {
        running.done = true;
      },
      () => this.#forget(running),
    );
    return running;
  }

  #abandon(running: Running<T>, reason: unknown): void {
    this.#forget(running);
    running.controller.abort(reason);
  }

  #forget(running: Running<T>): void {
    if (this.#running === running) this.#running = undefined;
  }
}
