import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import { interruptedError } from '../../errors/interrupted.ts';
import { abortable, finishesWithin } from '../../lib/abortable.ts';
import { ChannelEnded, ConnectionLost, unreachable } from './errors.ts';
import { Link, type LinkOptions } from './link.ts';

/** Milliseconds before each try to connect again. */
const BACK_OFF = [250, 500, 1000, 2000, 4000, 8000];
/** How often one step is repeated on a new connection. */
const REPEATS = 3;
/** Milliseconds that ssh2 may take to report a lost connection after the first failure that it caused. */
const NOTICE_MS = 1000;
/** Milliseconds after its interruption in which a step has to end by itself. */
const INTERRUPTED_MS = 1800;

/** What is to be done, in words that complete "while …", and whether it may be done twice. */
export interface Step {
  readonly what: string;
  readonly repeatable: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Something that lives on the connection and has to be set up again on a new one: a lock. */
export type Renew = (link: Link, signal: AbortSignal) => Promise<void>;

/** A way to one host: a connection that is made again when it is lost. */
export class Session {
  readonly #options: LinkOptions;
  readonly #renewals = new Set<Renew>();
  readonly #closing = new AbortController();
  #link: Promise<Link>;
  /** The last one that was made: most steps need not wait for it. */
  #made: Link;

  private constructor(options: LinkOptions, link: Link) {
    this.#options = options;
    this.#link = Promise.resolve(link);
    this.#made = link;
  }

  static async open(options: LinkOptions, signal?: AbortSignal): Promise<Session> {
    return new Session(options, await Link.open(options, signal));
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Does one step on the connection. If that is lost meanwhile, a repeatable step is done again on a new one, with
   * `again` set, since an earlier attempt may have had some effect. Any other step is begun only on a connection that
   * has just answered, and not done again.
   * @throws EdgeadmError HOST_UNREACHABLE with what was in progress; the reason of the step's signal, or INTERRUPTED
   */
  async use<T>(step: Step, work: (link: Link, again: boolean) => Promise<T>): Promise<T> {
    if (step.signal?.aborted) throw this.#interrupted(step);
    try {
      return await untilInterrupted(this.#repeat(step, work), step.signal);
    } catch (error) {
      throw step.signal?.aborted ? this.#interrupted(step) : error;
    }
  }

  async #repeat<T>(step: Step, work: (link: Link, again: boolean) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const link = this.#made.dead ? await abortable(this.#alive(), step.signal) : this.#made;
      let begun = false;
      try {
        if (!step.repeatable) await abortable(link.answer(), step.signal);
        begun = true;
        return await link.whileAlive(work(link, attempt > 0));
      } catch (error) {
        if (!(await isLost(link, error)) || step.signal?.aborted) throw error;
        const harmless = step.repeatable || !begun || (error instanceof ConnectionLost && !error.sent);
        if (this.#closing.signal.aborted || !harmless || attempt === REPEATS)
          throw this.#broken(step, error as Error, harmless);
      }
    }
  }

  /** Calls `renew` on every new connection, until the answer is called. */
  onRenewal(renew: Renew): () => void {
    this.#renewals.add(renew);
    return () => this.#renewals.delete(renew);
  }

  async close(): Promise<void> {
    this.#closing.abort(unreachable(this.name, 'the connection was closed'));
    const link = await this.#link.catch(() => undefined);
    await link?.close();
  }

  async #alive(): Promise<Link> {
    const current = this.#link;
    const link = await current.catch(() => undefined);
    if (link && !link.dead) return link;
    this.#closing.signal.throwIfAborted();
    // Of several that find it dead, the first makes the new one.
    if (this.#link === current) this.#link = this.#again();
    return this.#link;
  }

  async #again(): Promise<Link> {
    const { signal } = this.#closing;
    for (const [index, pause] of BACK_OFF.entries()) {
      await abortable(delay(pause), signal);
      try {
        const link = await Link.open(this.#options, signal);
        for (const renew of this.#renewals) await link.whileAlive(renew(link, signal));
        this.#made = link;
        return link;
      } catch (error) {
        const last = index === BACK_OFF.length - 1;
        const passing = error instanceof ConnectionLost || (error as EdgeadmError).code === 'HOST_UNREACHABLE';
        if (last || !passing || signal.aborted) throw error;
      }
    }
    throw unreachable(this.name, 'all attempts to reconnect failed');
  }

  #broken({ what }: Step, cause: Error, harmless: boolean): EdgeadmError {
    return new EdgeadmError({
      code: 'HOST_UNREACHABLE',
      what: `the connection to ${this.name} was lost while ${what}`,
      why: harmless ? cause.message : `${cause.message}; it is not known whether this took effect`,
      next: 'Check the network, then run the same command again. A change continues where it stopped.',
      cause,
    });
  }

  #interrupted({ what, signal }: Step): EdgeadmError {
    return interruptedError(signal as AbortSignal, `interrupted while ${what} on ${this.name}`);
  }
}

async function isLost(link: Link, error: unknown): Promise<boolean> {
  if (error instanceof ConnectionLost || link.dead) return true;
  return error instanceof ChannelEnded && finishesWithin(NOTICE_MS, link.closed);
}

/** Waits for work that ends itself when it is interrupted, but not forever. */
async function untilInterrupted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const late = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    timer = setTimeout(() => late.reject(signal.reason), INTERRUPTED_MS);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
