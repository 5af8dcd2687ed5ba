import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import { ConnectionLost, Link, type LinkOptions, unreachable } from './link.ts';

/** Milliseconds before each try to connect again. */
const BACK_OFF = [250, 500, 1000, 2000, 4000, 8000];
/** How often one step is begun anew on a new connection. */
const REPEATS = 3;
/** ssh2's refusal to send anything on a connection that it knows to be gone. */
const NOT_SENT = 'Not connected';

/** What is to be done, in words that complete "while …", and whether it may be done twice. */
export interface Step {
  readonly what: string;
  readonly repeatable: boolean;
}

/** Something that lives on the connection and has to be set up again on a new one: a lock. */
export type Renew = (link: Link) => Promise<void>;

/** A way to one host: a connection that is made again when it is lost. */
export class Session {
  readonly #options: LinkOptions;
  readonly #renewals = new Set<Renew>();
  #link: Promise<Link>;
  #closed = false;

  private constructor(options: LinkOptions, link: Link) {
    this.#options = options;
    this.#link = Promise.resolve(link);
  }

  static async open(options: LinkOptions): Promise<Session> {
    return new Session(options, await Link.open(options));
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Does one step on the connection. Where that is lost meanwhile, a repeatable step is done again on a new one; it
   * is told that an earlier attempt may have had some effect. Any other step is begun only on a connection that has
   * just answered, and not done again.
   * @throws EdgeadmError HOST_UNREACHABLE with what was under way
   */
  async use<T>(step: Step, work: (link: Link, again: boolean) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const link = await this.#alive();
      let begun = false;
      try {
        if (!step.repeatable) await link.whileAlive(link.answer());
        begun = true;
        return await link.whileAlive(work(link, attempt > 0));
      } catch (error) {
        if (!(await isLost(link, error))) throw error;
        const harmless = step.repeatable || !begun || (error as Error).message === NOT_SENT;
        if (this.#closed || !harmless || attempt === REPEATS) throw this.#broken(step, error as Error);
      }
    }
  }

  /** Calls `renew` on every new connection, until the answer is called. */
  onRenewal(renew: Renew): () => void {
    this.#renewals.add(renew);
    return () => this.#renewals.delete(renew);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const link = await this.#link.catch(() => undefined);
    await link?.close();
  }

  async #alive(): Promise<Link> {
    const current = this.#link;
    const link = await current.catch(() => undefined);
    if (link && !link.dead) return link;
    if (this.#closed) throw unreachable(this.name, 'the connection was closed');
    // Of several that find it dead, the first makes the new one.
    if (this.#link === current) this.#link = this.#again();
    return this.#link;
  }

  async #again(): Promise<Link> {
    for (const [index, pause] of BACK_OFF.entries()) {
      await delay(pause);
      try {
        const link = await Link.open(this.#options);
        for (const renew of this.#renewals) await link.whileAlive(renew(link));
        return link;
      } catch (error) {
        const last = index === BACK_OFF.length - 1;
        const passing = error instanceof ConnectionLost || (error as EdgeadmError).code === 'HOST_UNREACHABLE';
        if (last || !passing || this.#closed) throw error;
      }
    }
    throw unreachable(this.name, 'no try to connect again succeeded');
  }

  #broken({ what, repeatable }: Step, cause: Error): EdgeadmError {
    return new EdgeadmError({
      code: 'HOST_UNREACHABLE',
      what: `the connection to ${this.name} was lost while ${what}`,
      why: repeatable ? cause.message : `${cause.message}; it is not known whether this took effect`,
      next: 'Check the network, then run the same command again: it goes on where it stopped.',
      cause,
    });
  }
}

/** ssh2 may report a failed request a moment before it reports the lost connection that was its cause. */
async function isLost(link: Link, error: unknown): Promise<boolean> {
  if (error instanceof ConnectionLost || link.dead) return true;
  const { message } = error as Error;
  const passing = message === NOT_SENT || /^No response from server$|server closed channel unexpectedly/.test(message);
  if (!passing) return false;
  await Promise.race([link.closed, delay(1000)]);
  return link.dead;
}
