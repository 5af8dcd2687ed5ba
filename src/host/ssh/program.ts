import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { EdgeadmError } from '../../errors/index.ts';
import { ENVIRONMENT } from '../programs.ts';
import { commandLine } from '../quote.ts';
import type { Link } from './link.ts';

/** How a login user who is not root becomes root. */
export interface Sudo {
  /** Undefined where sudo does not ask for one. */
  readonly password?: string;
}

/** How a program ended; both undefined where the channel broke before it did. */
interface Ending {
  readonly code?: number;
  readonly signal?: string;
}

/** A program that runs on the host. */
export interface Program {
  /** Its standard input and output. */
  readonly channel: ClientChannel;
  /** Its process id on the host. */
  readonly pid: number;
  /** Whether sudo asked for the password. */
  readonly asked: boolean;
  /** What it wrote to standard error so far, at most the last megabyte. */
  stderr(): string;
  /** How it ended, as far as that is known yet. */
  ending(): Ending;
  /** Fulfilled when it has ended; descendants that still hold its output do not count. */
  readonly exited: Promise<Ending>;
  /** Fulfilled when it has ended and its output has been read. */
  readonly ended: Promise<Ending>;
}

/** Milliseconds for login shell and sudo to start the program. */
const START_TIMEOUT_MS = 60_000;
/** Before the last try to open a session. */
const LONGEST_PAUSE_MS = 6400;
const STDERR_KEPT = 1024 * 1024;

/** Says who it is on standard error, so that it can be stopped and sudo's own words be told from the program's. */
const INTRODUCE = 'echo "$0:$$" >&2; exec "$@"';

/**
 * Starts a program, as root where `sudo` is given. Its input is the caller's to write and to end; sudo reads its
 * password from the same input, but only after it asked for it.
 * @throws EdgeadmError SUDO_FAILED, or COMMAND_FAILED where the user's login shell starts nothing
 */
export async function startProgram(link: Link, words: readonly string[], sudo?: Sudo): Promise<Program> {
  const mark = `edgeadm-${randomBytes(6).toString('hex')}`;
  const prompt = `${mark}-password`;
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const line = commandLine([
    ...(sudo ? ['sudo', '-S', '-p', prompt, '--'] : []),
    ...['sh', '-c', INTRODUCE, mark, 'env', ...environment, ...words],
  ]);
  const opened = await openChannelSoon(link, `exec ${line}`);
  const { channel } = opened;
  const stderr = new Introduction(mark, prompt);
  try {
    const { pid, asked } = await introduced(channel, stderr, sudo);
    return { ...opened, pid, asked, stderr: () => stderr.text };
  } catch (error) {
    channel.resume();
    channel.close();
    throw error;
  }
}

type Opened = Pick<Program, 'channel' | 'ending' | 'exited' | 'ended'>;

/**
 * A busy server closes sessions later than they end, and refuses one more for a moment. Nothing was started then, so
 * it may be asked again.
 */
async function openChannelSoon(link: Link, line: string): Promise<Opened> {
  for (let pause = 100; ; pause *= 2) {
    try {
      return await openChannel(link, line);
    } catch (error) {
      if (!(error instanceof EdgeadmError) || pause > LONGEST_PAUSE_MS) throw error;
      await delay(pause);
    }
  }
}

/** A short program may have ended before anybody who waits for the channel has a turn: its end is noted at once. */
function openChannel(link: Link, line: string): Promise<Opened> {
  return new Promise((resolve, reject) => {
    link.client.exec(line, (error, channel) => {
      if (error) return reject(channelError(error));
      let ending: Ending = {};
      channel.on('exit', (code: number | null, signal?: string) => {
        ending = code === null ? { signal } : { code };
      });
      const on = (event: 'exit' | 'close') => new Promise<Ending>((end) => channel.once(event, () => end(ending)));
      const ended = on('close');
      resolve({ channel, ending: () => ending, exited: Promise.race([on('exit'), ended]), ended });
    });
  });
}

/** Waits for the program's process id, and answers sudo on the way there. */
function introduced(
  channel: ClientChannel,
  stderr: Introduction,
  sudo: Sudo | undefined,
): Promise<{ pid: number; asked: boolean }> {
  let timer: NodeJS.Timeout | undefined;
  const introduction = new Promise<{ pid: number; asked: boolean }>((resolve, reject) => {
    const fail = (why: string): void => reject(startError(sudo, why));
    timer = setTimeout(() => fail(`${stderr.preamble}\nnothing happened for a minute`.trim()), START_TIMEOUT_MS);
    let asked = 0;
    channel.stderr.on('data', (chunk: Buffer) => {
      stderr.add(chunk);
      if (stderr.pid !== undefined) return resolve({ pid: stderr.pid, asked: asked > 0 });
      if (stderr.questions === asked) return;
      asked = stderr.questions;
      if (asked === 1 && sudo?.password !== undefined) channel.write(`${sudo.password}\n`);
      else fail(asked === 1 ? 'sudo asks for a password, and none was given' : stderr.preamble);
    });
    channel.stderr.once('end', () => {
      if (stderr.pid !== undefined) return;
      const said = channel.read() as Buffer | null;
      fail(stderr.preamble || said?.toString().trim() || 'the login shell ended without a word');
    });
  });
  return introduction.finally(() => clearTimeout(timer));
}

/** Standard error of a program: first the login shell and sudo speak, then the program. */
class Introduction {
  readonly #decoder = new StringDecoder('utf8');
  readonly #mark: RegExp;
  readonly #prompt: string;
  #text = '';
  pid: number | undefined;

  constructor(mark: string, prompt: string) {
    this.#mark = new RegExp(`${mark}:(\\d+)\\n`);
    this.#prompt = prompt;
  }

  add(chunk: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(chunk)).slice(-STDERR_KEPT);
    if (this.pid !== undefined) return;
    const match = this.#mark.exec(this.#text);
    if (!match) return;
    this.pid = Number(match[1]);
    this.#text = this.#text.slice(match.index + match[0].length);
  }

  get text(): string {
    return this.#text;
  }

  /** How often sudo asked for the password. */
  get questions(): number {
    return this.#text.split(this.#prompt).length - 1;
  }

  get preamble(): string {
    return this.#text.replaceAll(this.#prompt, '').trim();
  }
}

function channelError(error: Error & { reason?: unknown }): Error {
  if (error.reason === undefined || error.reason === '') return error;
  return new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: 'the SSH server opens no session for a program',
    why: error.message,
    next: 'Check MaxSessions in sshd_config: edgeadm needs the default of 10.',
    cause: error,
  });
}

function startError(sudo: Sudo | undefined, why: string): EdgeadmError {
  if (!sudo) return new EdgeadmError({ code: 'COMMAND_FAILED', what: 'the SSH user cannot run programs', why });
  return new EdgeadmError({ code: 'SUDO_FAILED', what: 'sudo does not let the SSH user become root', why });
}
