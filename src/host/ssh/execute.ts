import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_TIMEOUT_MS, MAX_OUTPUT_BYTES } from '../programs.ts';
import { ConnectionLost, type Link } from './link.ts';
import { type Program, type Sudo, startProgram } from './program.ts';

/** Milliseconds between asking a program to end and killing it. */
const GRACE_MS = 5000;

export interface ExecuteOptions {
  readonly sudo?: Sudo;
  readonly input?: string | Buffer | Readable;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** How much the program may write to standard output. */
  readonly maxBytes?: number;
}

/** How a program ended; exit code -1 where it was killed, by whomever. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program on the host to its end, with what it reads and what it prints.
 * @throws EdgeadmError SUDO_FAILED, COMMAND_FAILED where it could not even be started; the error of a stream of input
 */
export async function execute(link: Link, words: readonly string[], options: ExecuteOptions = {}): Promise<Outcome> {
  const over = await link.turn();
  try {
    options.signal?.throwIfAborted();
    const program = await startProgram(link, words, options.sudo);
    return await conclude(link, program, options);
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    return { exitCode: -1, stdout: Buffer.alloc(0), stderr: 'interrupted', timedOut: false };
  } finally {
    over();
  }
}

async function conclude(link: Link, program: Program, options: ExecuteOptions): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let size = 0;
  let stopped: string | undefined;
  const stop = (why: string): void => {
    if (stopped !== undefined) return;
    stopped = why;
    // Where the connection is lost the program cannot be stopped, and need not be reported on either.
    stopProgram(link, program, options.sudo).catch(() => {});
  };
  const maxBytes = options.maxBytes ?? MAX_OUTPUT_BYTES;
  program.channel.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) stop(`printed more than ${maxBytes} bytes`);
    else chunks.push(chunk);
  });
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const tooLong = `did not end within ${timeoutMs / 1000} s`;
  const timer = setTimeout(() => stop(tooLong), timeoutMs);
  const interrupt = (): void => stop('interrupted');
  options.signal?.addEventListener('abort', interrupt, { once: true });
  const fed = feed(program, options.input);
  fed.catch(() => {});
  const { code, signal } = await program.ended;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', interrupt);
  await fed;
  if (code === undefined && signal === undefined && stopped === undefined) {
    throw new ConnectionLost('the server closed the channel of the program');
  }
  return {
    exitCode: stopped === undefined ? (code ?? -1) : -1,
    stdout: Buffer.concat(chunks),
    stderr: [program.stderr(), stopped].filter(Boolean).join('\n'),
    timedOut: stopped === tooLong,
  };
}

/** A program that ends before it has read everything closes its input: that is its right, its exit code tells why. */
async function feed({ channel, ended }: Program, input: ExecuteOptions['input']): Promise<void> {
  if (input === undefined || typeof input === 'string' || Buffer.isBuffer(input)) {
    channel.end(input ?? '');
    return;
  }
  let over = false;
  ended.then(() => {
    over = true;
  });
  try {
    for await (const chunk of input) {
      if (over) return;
      if (!channel.write(chunk as Buffer)) await Promise.race([once(channel, 'drain'), ended]);
    }
  } finally {
    channel.end();
  }
}

async function stopProgram(link: Link, program: Program, sudo: Sudo | undefined): Promise<void> {
  await signalProgram(link, program, 'TERM', sudo);
  const ended = await Promise.race([program.ended.then(() => true), delay(GRACE_MS, false)]);
  if (!ended) await signalProgram(link, program, 'KILL', sudo);
  const gone = await Promise.race([program.ended.then(() => true), delay(GRACE_MS / 5, false)]);
  if (gone) return;
  // Descendants of the program may still hold its output open.
  program.channel.close();
}

/** By process id: sshd passes signals on only since OpenSSH 7.9, and never to a program under sudo. */
async function signalProgram(link: Link, { pid }: Program, name: 'TERM' | 'KILL', sudo?: Sudo): Promise<void> {
  const kill = await startProgram(link, ['sh', '-c', 'kill -s "$1" "$2"', 'sh', name, String(pid)], sudo);
  kill.channel.resume();
  kill.channel.end();
  await kill.ended;
}
