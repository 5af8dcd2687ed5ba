import type { Client, SFTPWrapper } from 'ssh2';
import { abortable } from '../../lib/abortable.ts';
import { commandLine } from '../quote.ts';
import { ChannelEnded } from './errors.ts';
import type { SshLimits } from './limits.ts';
import type { Sudo } from './sudo.ts';

/** Where distributions keep OpenSSH's SFTP server: Debian and Ubuntu; the Red Hat family. */
const SERVERS = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server'];
const START = 'for server do if [ -x "$server" ]; then exec "$server"; fi; done; exit 127';

type Callback<T> = (error: Error | null | undefined, value: T) => void;
type Request<T> = (sftp: SFTPWrapper, done: Callback<T>) => void;

/**
 * An SFTP session whose every request ends: with its answer, when the signal is aborted, or when the server has said
 * nothing for too long. After that the session is closed, since later answers could not be matched to their requests.
 */
export class Sftp {
  /** Fulfilled when the session has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #sftp: SFTPWrapper;
  readonly #answerMs: number;
  readonly #end: () => void;
  #silent = false;

  constructor(sftp: SFTPWrapper, answerMs: number) {
    this.#sftp = sftp;
    this.#answerMs = answerMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    sftp.once('close', resolve);
    // What ssh2 makes of a packet that is not SFTP; the session ends with it.
    sftp.on('error', () => {});
  }

  /** Whether it was closed because the server did not answer. */
  get silent(): boolean {
    return this.#silent;
  }

  /**
   * @throws ssh2's error with the numeric `code` of the server's answer; ChannelEnded if there was no answer; the
   *   reason of the signal
   */
  call<T = void>(request: Request<T>, signal?: AbortSignal): Promise<T> {
    // By hand: a signal made of two takes longer than all else of a request, and a join makes nine hundred.
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = (): void => fail(signal?.reason);
      const timer = setTimeout(() => {
        this.#silent = true;
        this.#sftp.end();
        this.#end();
        fail(new ChannelEnded(`the SFTP server did not answer within ${this.#answerMs / 1000} s`));
      }, this.#answerMs).unref();
      const over = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: unknown): void => {
        over();
        reject(error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      try {
        request(this.#sftp, (error, value) => {
          over();
          if (error) reject(typed(error));
          else resolve(value);
        });
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Sends a request whose answer does not matter. */
  send(request: (sftp: SFTPWrapper, done: () => void) => void): void {
    request(this.#sftp, () => {});
  }
}

/** Only the server's own answers have a number. */
function typed(error: Error & { code?: unknown }): Error {
  return typeof error.code === 'number' ? error : new ChannelEnded(error.message);
}

/** The connection that the session is opened on. */
interface Connection {
  readonly client: Client;
  readonly limits: SshLimits;
  whileAlive<T>(work: Promise<T>): Promise<T>;
}

/**
 * An SFTP session; one with the rights of root if `sudo` is given.
 * @returns undefined if there is none, or none that can sync and rename as files need it
 */
export async function openSftp(link: Connection, sudo: Sudo | undefined): Promise<Sftp | undefined> {
  const { client, limits } = link;
  if (sudo && !startThroughSudo(client, sudo)) return undefined;
  const limit = AbortSignal.timeout(limits.sftpAnswer);
  const opening = new Promise<SFTPWrapper>((resolve, reject) => {
    client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp)));
  });
  try {
    const sftp = await abortable(link.whileAlive(opening), limit);
    if (isDurable(sftp)) return new Sftp(sftp, limits.sftpAnswer);
    sftp.end();
  } catch {
    opening.then((late) => late.end()).catch(() => {});
  }
  return undefined;
}

interface Protocol {
  subsystem?(channel: number, name: string, wantReply: boolean): void;
  exec?(channel: number, line: string, wantReply: boolean): void;
  channelData?(channel: number, data: Buffer): void;
}

/**
 * ssh2 asks the server for its subsystem, which runs as the login user. On this connection it shall start a program
 * instead; that a program can speak SFTP as well, ssh2 has no public way to say. sudo asks for a password each time
 * (-k) or not at all, so that it is known whether the first line is for sudo.
 * @returns false if this ssh2 has other insides: files go through programs then. A test fails, too.
 */
function startThroughSudo(client: Client, { password }: Sudo): boolean {
  const { _protocol: protocol } = client as unknown as { _protocol?: Protocol };
  const { exec, channelData } = protocol ?? {};
  if (!protocol?.subsystem || !exec || !channelData) return false;
  const how = password === undefined ? ['-n'] : ['-k', '-S', '-p', ''];
  const line = commandLine(['sudo', ...how, '--', 'sh', '-c', START, 'sh', ...SERVERS]);
  protocol.subsystem = (channel, _name, wantReply) => {
    exec.call(protocol, channel, `exec ${line}`, wantReply);
    if (password !== undefined) channelData.call(protocol, channel, Buffer.from(`${password}\n`));
  };
  return true;
}

/**
 * What the server said it can do is not in the types of ssh2; without it files go through programs. A test fails, too.
 */
function isDurable(sftp: SFTPWrapper): boolean {
  const { _extensions: extensions = {} } = sftp as unknown as { _extensions?: Record<string, string> };
  return extensions['posix-rename@openssh.com'] === '1' && extensions['fsync@openssh.com'] === '1';
}
