import type { Client, ClientErrorExtensions, SFTPWrapper } from 'ssh2';
import { EdgeadmError } from '../../errors/index.ts';
import type { Credentials } from './authentication.ts';
import { checkHostKey, type HostKeyPolicy, hostKeyAlgorithms } from './host-key.ts';
import type { Sudo } from './program.ts';
import { openSftp } from './sftp-session.ts';

/** sshd allows 10 sessions on a connection (MaxSessions); some stay free for SFTP, the lock and dialled sockets. */
const COMMANDS_AT_ONCE = 5;

/** Where to connect to and how. */
export interface LinkOptions {
  /** `root@10.0.0.5:2222`, for messages. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly credentials: Credentials;
  readonly hostKeys: HostKeyPolicy;
  readonly connectTimeoutMs: number;
  /** A question to the server so often; after three without an answer the connection counts as lost. */
  readonly keepAliveMs: number;
}

/** The connection is gone; whoever used it decides whether to do it again on a new one. */
export class ConnectionLost extends Error {}

/** One SSH connection, from its opening until it is lost or closed. */
export class Link {
  readonly client: Client;
  /** Fulfilled when the connection has ended, by whomever. */
  readonly closed: Promise<void>;
  #dead = false;
  #closing = false;
  readonly #losers = new Set<(error: ConnectionLost) => void>();
  #sftp: Promise<SFTPWrapper | undefined> | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(client: Client) {
    this.client = client;
    let reason = 'the connection was closed';
    client.on('error', (error) => {
      reason = error.message;
    });
    this.closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#dead = true;
        for (const lose of this.#losers) lose(new ConnectionLost(reason));
        resolve();
      });
    });
  }

  /** @throws EdgeadmError HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, SSH_AUTH_FAILED */
  static async open(options: LinkOptions): Promise<Link> {
    const { default: ssh2 } = await import('ssh2');
    const client = new ssh2.Client();
    const link = new Link(client);
    const { handler, tried } = options.credentials.attempt();
    let refused: EdgeadmError | undefined;
    const ready = new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.on('error', (error) => {
        // An agent that does not answer is only one of several ways in.
        if (error.level !== 'agent') reject(refused ?? connectError(options, error, tried));
      });
      client.once('close', () => reject(refused ?? unreachable(options.name, 'the host closed the connection')));
    });
    client.connect({
      host: options.address,
      port: options.port,
      username: options.user,
      readyTimeout: options.connectTimeoutMs,
      keepaliveInterval: options.keepAliveMs,
      keepaliveCountMax: 3,
      authHandler: handler,
      algorithms: {
        serverHostKey: hostKeyAlgorithms(options.hostKeys.known.keysOf(options.address, options.port)),
      },
      hostVerifier: (key: Buffer) => {
        refused = checkHostKey(key, options.address, options.port, options.hostKeys);
        return refused === undefined;
      },
    });
    try {
      await ready;
    } catch (error) {
      client.destroy();
      throw error;
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

  /** The SFTP session, see {@link openSftp}. */
  sftp(sudo: Sudo | undefined): Promise<SFTPWrapper | undefined> {
    this.#sftp ??= openSftp(this.client, sudo).then((sftp) => {
      sftp?.once('close', () => {
        this.#sftp = undefined;
      });
      return sftp;
    });
    return this.#sftp;
  }

  /** Asks the server for something it will refuse (to end a forwarding that is not there): any answer will do. */
  answer(): Promise<void> {
    return new Promise((resolve) => {
      this.client.unforwardIn('127.0.0.1', 1, () => resolve());
    });
  }

  /** Waits for its turn: only so many programs run at a time. The answer ends the turn. */
  async turn(): Promise<() => void> {
    if (this.#running >= COMMANDS_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
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

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#dead) return;
    this.client.end();
    await this.closed;
  }
}

export function unreachable(name: string, why: string, next?: string): EdgeadmError {
  return new EdgeadmError({ code: 'HOST_UNREACHABLE', what: `cannot reach ${name} over SSH`, why, next });
}

function connectError(
  options: LinkOptions,
  error: Error & ClientErrorExtensions,
  tried: readonly string[],
): EdgeadmError {
  const { name, user } = options;
  if (error.level !== 'client-authentication') return unreachable(name, error.message || String(error));
  return new EdgeadmError({
    code: 'SSH_AUTH_FAILED',
    what: `${name} lets ${user} in with none of the methods tried`,
    why: tried.length > 0 ? `tried: ${tried.join('; ')}` : 'there is no key, no agent and no password to try',
  });
}
