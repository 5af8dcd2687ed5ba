import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { EdgeadmError } from '../../errors/index.ts';
import { abortable } from '../../lib/abortable.ts';
import { OutputTail } from '../output-buffer.ts';
import { ENVIRONMENT, STDERR_KEPT_BYTES } from '../programs.ts';
import { commandLine } from '../quote.ts';
import type { Ending, RunningProgram } from '../supervise.ts';
import { Introduction } from './introduction.ts';
import type { Link } from './link.ts';
import { startFailure } from './start-failure.ts';
import type { Sudo } from './sudo.ts';

/** What a command line started on the host. */
export interface LineProgram extends RunningProgram {
  /** Its standard input and output. */
  readonly channel: ClientChannel;
  /** How it ended, as far as that is known yet. */
  ending(): Ending;
}

/** A program that runs on the host. */
export interface Program extends LineProgram {
  /** Whether sudo has prompted for the password. */
  readonly asked: boolean;
}

export interface StartOptions {
  readonly sudo?: Sudo;
  /** Gives up the start; a program that runs already is not stopped. */
  readonly signal?: AbortSignal;
}

/** Milliseconds before the last try to open a session. */
const LONGEST_PAUSE_MS = 6400;

/** Prints its pid on standard error, so that it can be stopped and sudo's messages are not taken for the program's. */
const INTRODUCE = 'echo "$0:$$" >&2; exec "$@"';
/**
 * $1 signal, $2 process id. Reaches the whole process group: sshd gives each session one of its own, whose leader is
 * the login shell or what it became (sudo, the program).
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's.
const KILL = 'group=$(ps -o pgid= -p "$2" | tr -d " "); kill -s "$1" -- "-${group:-$2}" || kill -s "$1" "$2"';

/**
 * Starts a program, as root if `sudo` is given. Its input is the caller's to write and to end; sudo reads its
 * password from the same input, but only after its prompt.
 * @throws EdgeadmError SUDO_FAILED, or COMMAND_FAILED if the user's login shell starts nothing; the reason of the
 *   signal
 */
export async function startProgram(link: Link, words: readonly string[], options: StartOptions = {}): Promise<Program> {
  const { sudo, signal } = options;
  const mark = `edgeadm-${randomBytes(6).toString('hex')}`;
  const prompt = `${mark}-password`;
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const line = commandLine([
    // What sudo says is read: not in the language of the user.
    ...(sudo ? ['env', 'LC_ALL=C', 'sudo', '-S', '-p', prompt, '--'] : []),
    ...['sh', '-c', INTRODUCE, mark, 'env', ...environment, ...words],
  ]);
  const opened = await openChannelSoon(link, `exec ${line}`, signal);
  const { channel } = opened;
  const limit = AbortSignal.timeout(link.limits.start);
  const introduction = new Introduction(mark, prompt);
  try {
    const both = signal ? AbortSignal.any([limit, signal]) : limit;
    const started = await abortable(introduced(channel, introduction, sudo), both);
    return assemble(link, opened, started, sudo);
  } catch (error) {
    // Whatever still comes is read and dropped.
    channel.resume().close();
    channel.stderr.resume();
    if (error !== limit.reason) throw error;
    throw startFailure(sudo !== undefined, [
      spokenOn(channel, introduction),
      `no answer within ${link.limits.start / 1000} s`,
    ]);
  }
}

/** Starts a program and leaves it to itself. */
async function startAndForget(link: Link, words: readonly string[], sudo: Sudo | undefined): Promise<void> {
  const { channel, stderr } = await startProgram(link, words, { sudo });
  channel.resume().end();
  stderr.resume();
}

/** A command line that was handed to the server. */
interface Opened {
  readonly channel: ClientChannel;
  readonly ending: () => Ending;
  readonly exited: Promise<Ending>;
  readonly closed: Promise<Ending>;
}

interface Started {
  readonly pid: number;
  readonly asked: boolean;
  readonly tail: OutputTail;
}

function assemble(link: Link, opened: Opened, { pid, asked, tail }: Started, sudo?: Sudo): Program {
  const { channel } = opened;
  return {
    ...opened,
    asked,
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    stderrText: () => tail.text(),
    // By process id: sshd passes signals on only since OpenSSH 7.9, and never to a program under sudo.
    kill: (name) => startAndForget(link, ['sh', '-c', KILL, 'sh', name, String(pid)], sudo),
    abandon: () => channel.close(),
  };
}

/** Starts a command line as it is; no process id is known, so that only the end of its channel ends it. */
export async function startLine(link: Link, line: string, signal?: AbortSignal): Promise<LineProgram> {
  const { channel, ending, exited, closed } = await openChannelSoon(link, line, signal);
  const tail = new OutputTail(STDERR_KEPT_BYTES);
  channel.stderr.on('data', (chunk: Buffer) => tail.add(chunk));
  return {
    channel,
    ending,
    exited,
    closed,
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    stderrText: () => tail.text(),
    kill: async (name) => channel.signal(name),
    abandon: () => channel.close(),
  };
}

/**
 * A busy server closes sessions later than they end, and refuses one more for a moment. Nothing was started then, so
 * it may be asked again.
 */
async function openChannelSoon(link: Link, line: string, signal: AbortSignal | undefined): Promise<Opened> {
  for (let pause = 100; ; pause *= 2) {
    try {
      return await openChannel(link, line, signal);
    } catch (error) {
      if (!(error instanceof EdgeadmError) || pause > LONGEST_PAUSE_MS) throw error;
      await abortable(delay(pause), signal);
    }
  }
}

async function openChannel(link: Link, line: string, signal: AbortSignal | undefined): Promise<Opened> {
  const opening = link.exec(line, watched).catch((error: Error & { reason?: unknown }) => {
    throw error.reason === undefined ? error : channelError(error);
  });
  try {
    return await abortable(opening, signal);
  } catch (error) {
    opening.then(({ channel }) => channel.resume().close()).catch(() => {});
    throw error;
  }
}

function watched(channel: ClientChannel): Opened {
  let ending: Ending = {};
  channel.on('exit', (code: number | null, signal?: string) => {
    ending = code === null ? { signal } : { code };
  });
  const on = (event: 'exit' | 'close') => new Promise<Ending>((end) => channel.once(event, () => end(ending)));
  const closed = on('close');
  return { channel, ending: () => ending, exited: Promise.race([on('exit'), closed]), closed };
}

/** Waits for the program's process id, and answers sudo on the way there. */
function introduced(channel: ClientChannel, introduction: Introduction, sudo: Sudo | undefined): Promise<Started> {
  const tail = new OutputTail(STDERR_KEPT_BYTES);
  let running = false;
  let answered = false;
  return new Promise<Started>((resolve, reject) => {
    const fail = (...why: (string | undefined)[]): void => reject(startFailure(sudo !== undefined, why));
    channel.stderr.on('data', (chunk: Buffer) => {
      if (running) return tail.add(chunk);
      const progress = introduction.add(chunk);
      if (progress.state === 'too much') return fail(introduction.preamble.slice(0, 500), 'it does not stop printing');
      if (progress.state === 'running') {
        running = true;
        tail.add(progress.rest);
        return resolve({ pid: progress.pid, asked: answered, tail });
      }
      if (progress.state !== 'asked') return;
      if (sudo?.password === undefined) return fail('sudo asks for a password, but none was given');
      if (progress.times > 1) return fail(introduction.preamble);
      if (!answered) channel.write(`${sudo.password}\n`);
      answered = true;
    });
    channel.stderr.once('end', () => {
      if (!running) fail(spokenOn(channel, introduction) ?? 'the login shell exited without output');
    });
  });
}

/** What was said instead of starting the program; a shell or sudo may speak on standard output. */
function spokenOn(channel: ClientChannel, introduction: Introduction): string | undefined {
  const said = introduction.preamble || (channel.read() as Buffer | null)?.toString('utf8').trim();
  return said?.slice(0, 2000) || undefined;
}

function channelError(error: Error): EdgeadmError {
  return new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: 'the SSH server did not open a session',
    why: error.message,
    next: 'Check MaxSessions in sshd_config: edgeadm needs the default of 10.',
    cause: error,
  });
}
