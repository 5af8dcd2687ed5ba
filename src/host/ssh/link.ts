import { connect as dialHost } from 'node:net';
import type { Client, ClientChannel, ClientErrorExtensions } from 'ssh2';
import { EdgeadmError } from '../../errors/index.ts';
import { interruptedError } from '../../errors/interrupted.ts';
import { abortable, finishesWithin } from '../../lib/abortable.ts';
import { formatBytes } from '../../lib/format-bytes.ts';
import type { Address } from '../machine.ts';
import type { Attempt, SshCredentials } from './authentication.ts';
import { ChannelEnded, ConnectionLost, unreachable } from './errors.ts';
import { gatherWrites } from './gather-writes.ts';
import { checkHostKey, type HostKeyPolicy, hostKeyAlgorithms } from './host-key.ts';
import type { SshLimits } from './limits.ts';
import { openSftp, type Sftp } from './sftp-session.ts';
import type { Sudo } from './sudo.ts';

/** sshd allows 10 sessions on a connection (MaxSessions); some stay free for SFTP, the lock and dialled sockets. */
const COMMANDS_AT_ONCE = 5;

/** ssh2 opens a window of 2 MiB. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Where to connect to and how. */
export interface LinkOptions {
  /** `root@10.0.0.5:2222`, for messages. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly credentials: SshCredentials;
  readonly hostKeys: HostKeyPolicy;
  readonly limits: SshLimits;
  /** A question to the server so often; after three without an answer the connection counts as lost. */
  readonly keepAliveMs: number;
}

/** One SSH connection, from its opening until it is lost or closed. */
export class Link {
  readonly client: Client;
  readonly limits: SshLimits;
  /** Fulfilled when the connection has ended, on either side. */
  readonly closed: Promise<void>;
  readonly #end: () => void;
  #dead = false;
  #closing = false;
  readonly #losers = new Set<(error: ConnectionLost) => void>();
  #sftp: Promise<Sftp | undefined> | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(client: Client, limits: SshLimits) {
    this.client = client;
    this.limits = limits;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#end = resolve;
    let reason = 'the connection was closed';
    client.on('error', (error) => {
      reason = error.message;
    });
    // A host that ends its side may keep the socket open; 'close' would be late, or never come.
    client.once('end', () => this.#lose(reason));
    client.once('close', () => this.#lose(reason));
  }

  #lose(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const lose of this.#losers) lose(new ConnectionLost(reason));
    this.#end();
  }

  /**
   * ssh2 throws, instead of calling back, if it cannot send any more: a moment before it reports the lost connection.
   */
  #unsent({ message }: Error): ConnectionLost {
    this.#lose(message);
    return new ConnectionLost(message, false);
  }

  /**
   * @throws EdgeadmError HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, SSH_AUTH_FAILED; INTERRUPTED if the
   *   user breaks off a question for a password, or by the signal
   */
  static async open(options: LinkOptions, signal?: AbortSignal): Promise<Link> {
    const { default: ssh2 } = await import('ssh2');
    const client = new ssh2.Client();
    const link = new Link(client, options.limits);
    try {
      await abortable(connect(client, options, signal), signal);
    } catch (error) {
      client.destroy();
      throw signal?.aborted ? interruptedError(signal, `interrupted while connecting to ${options.name}`) : error;
    }
    client.setNoDelay(true);
    return link;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Dead, and not because we closed it. */
  get broken(): boolean {
    return this.#dead && !this.#closing;
  }

  /** Waits for work on this connection, but no longer than it lives. @throws ConnectionLost */
  whileAlive<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#losers.add(reject);
      work.then(resolve, reject).finally(() => this.#losers.delete(reject));
    });
  }

  /** The SFTP session, see {@link openSftp}; the same until it ends. */
  sftp(sudo: Sudo | undefined): Promise<Sftp | undefined> {
    this.#sftp ??= openSftp(this, sudo).then((sftp) => {
      sftp?.ended.then(() => {
        // One that hangs would hang again.
        this.#sftp = sftp.silent ? Promise.resolve(undefined) : undefined;
      });
      return sftp;
    });
    return this.#sftp;
  }

  /**
   * Starts a command line.
   * @param take gets the channel at once: a short program may have ended before who awaits the answer has a turn
   * @throws ConnectionLost, ChannelEnded; ssh2's error with the server's reason if it opens no session
   */
  exec<T>(line: string, take: (channel: ClientChannel) => T): Promise<T> {
    return this.#open((done) => this.client.exec(line, done), take);
  }

  /** Dials from the host. @throws ConnectionLost; ssh2's error with the server's reason */
  forward<T>(address: Address, take: (channel: ClientChannel) => T): Promise<T> {
    return this.#open((done) => {
      if ('socket' in address) this.client.openssh_forwardOutStreamLocal(address.socket, done as never);
      else this.client.forwardOut('127.0.0.1', 0, address.host, address.port, done);
    }, take);
  }

  #open<T>(
    request: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
    take: (channel: ClientChannel) => T,
  ): Promise<T> {
    const opening = new Promise<T>((resolve, reject) => {
      const done = (error: (Error & { reason?: unknown }) | undefined, channel: ClientChannel): void => {
        if (!error) resolve(take(this.#limitUnread(channel)));
        else reject(error.reason === undefined || error.reason === '' ? new ChannelEnded(error.message) : error);
      };
      try {
        request(done);
      } catch (error) {
        reject(this.#unsent(error as Error));
      }
    });
    return this.whileAlive(opening);
  }

  /** ssh2 buffers whatever comes, even from a server that sends more than the window of the channel allows. */
  #limitUnread(channel: ClientChannel): ClientChannel {
    for (const stream of [channel, channel.stderr]) {
      const push = stream.push.bind(stream);
      stream.push = (chunk, encoding) => {
        if (stream.readableLength <= MAX_UNREAD_BYTES) return push(chunk, encoding);
        this.#lose(`it sent more than ${formatBytes(MAX_UNREAD_BYTES)} that had not been read`);
        this.client.destroy();
        return false;
      };
    }
    return channel;
  }

  /**
   * Asks the server for something it will refuse (to end a forwarding that is not there): any answer will do.
   * @throws ConnectionLost also if it does not answer in time
   */
  async answer(): Promise<void> {
    const asking = new Promise<void>((resolve, reject) => {
      try {
        this.client.unforwardIn('127.0.0.1', 1, () => resolve());
      } catch (error) {
        reject(this.#unsent(error as Error));
      }
    });
    const answered = this.whileAlive(asking);
    if (await finishesWithin(this.limits.answer, answered)) return answered;
    this.client.destroy();
    throw new ConnectionLost(`no answer within ${this.limits.answer / 1000} s`, false);
  }

  /** Waits for its turn: only so many programs run at a time. The answer ends the turn. */
  async turn(signal?: AbortSignal): Promise<() => void> {
    if (this.#running >= COMMANDS_AT_ONCE) await this.#inLine(signal);
    else this.#running += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    };
  }

  #inLine(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return abortable(promise, signal).catch((reason: unknown) => {
      const index = this.#waiting.indexOf(resolve);
      if (index >= 0) this.#waiting.splice(index, 1);
      throw reason;
    });
  }

  /** Says goodbye; a host that does not take note of it is left. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#dead) return;
    this.client.end();
    if (await finishesWithin(this.limits.close, this.closed)) return;
    this.client.destroy();
    await finishesWithin(this.limits.close, this.closed);
  }
}

async function connect(client: Client, options: LinkOptions, signal: AbortSignal | undefined): Promise<void> {
  const { address, port, user, hostKeys, limits } = options;
  const limit = new Countdown(limits.connect);
  const failed = Promise.withResolvers<never>();
  limit.over.then(() => failed.reject(unreachable(options.name, `no answer within ${limits.connect / 1000} s`)));
  const attempt = options.credentials.attempt({ fail: failed.reject, limit, signal });
  let refused: EdgeadmError | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', (error) => {
      // An agent that does not answer is only one of several ways in.
      if (error.level !== 'agent') reject(refused ?? connectError(options, error, attempt));
    });
    client.once('close', () => reject(refused ?? unreachable(options.name, 'the host closed the connection')));
  });
  client.connect({
    sock: gatherWrites(dialHost(port, address).setMaxListeners(0)),
    username: user,
    // Ours stops while the user types a password.
    readyTimeout: 0,
    keepaliveInterval: options.keepAliveMs,
    keepaliveCountMax: 3,
    authHandler: attempt.handler,
    algorithms: { serverHostKey: hostKeyAlgorithms(hostKeys.known.keysOf(address, port)) },
    hostVerifier: (key: Buffer) => {
      refused = checkHostKey(key, address, port, hostKeys);
      return refused === undefined;
    },
  });
  await Promise.race([ready, failed.promise]).finally(() => limit.cancel());
}

/** A time limit that can be suspended. */
class Countdown {
  readonly over: Promise<void>;
  readonly #ms: number;
  readonly #end: () => void;
  #timer: NodeJS.Timeout | undefined;
  #cancelled = false;

  constructor(ms: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#end = resolve;
    this.#ms = ms;
    this.start();
  }

  /** From the beginning. */
  start(): void {
    this.stop();
    if (!this.#cancelled) this.#timer = setTimeout(this.#end, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** It is never over then. */
  cancel(): void {
    this.#cancelled = true;
    this.stop();
  }
}

function connectError({ name }: LinkOptions, error: Error & ClientErrorExtensions, { tried }: Attempt): EdgeadmError {
  if (error.level !== 'client-authentication') return unreachable(name, error.message || String(error));
  return new EdgeadmError({
    code: 'SSH_AUTH_FAILED',
    what: `SSH authentication failed for ${name}`,
    why: tried.length > 0 ? `tried: ${tried.join('; ')}` : 'there is no key, agent or password to try',
  });
}
