import { join, resolve } from 'node:path';
import { execa } from 'execa';

const project = resolve(import.meta.dirname, '../..');

/** The words that start the program: the one-file program of `npm test`, which starts twice as fast, or the checkout. */
export const PROGRAM: readonly string[] = process.env.EDGEADM_TEST_PROGRAM
  ? [process.env.EDGEADM_TEST_PROGRAM]
  : [process.execPath, join(project, 'bin/run.js')];

/** The program is started a thousand times: V8 compiles it once. */
export const COMPILED = { NODE_COMPILE_CACHE: join(project, 'node_modules/.cache/edgeadm') };

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ProgramOptions {
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** Kills it if it has not ended by then. Milliseconds; default: never. */
  readonly killAfterMs?: number;
}

/** Runs the built program as a user would, without a terminal. */
export async function edgeadm(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const result = await startEdgeadm(args, options);
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** The same, for whoever wants to send it a signal. */
export function startEdgeadm(args: readonly string[], options: ProgramOptions = {}) {
  const [file = '', ...words] = PROGRAM;
  return execa(file, [...words, ...args], {
    reject: false,
    input: options.input ?? '',
    timeout: options.killAfterMs,
    killSignal: 'SIGKILL',
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...COMPILED, ...options.env },
  });
}

/** What the program shows on a terminal so many columns wide (Linux). The arguments are words that a shell takes as they are. */
export async function edgeadmOnTerminal(
  args: readonly string[],
  columns: number,
  env: Record<string, string> = {},
): Promise<string> {
  const { exitCode, stdout } = await answerOnTerminal(args, columns, env);
  if (exitCode !== 0) throw new Error(stdout);
  return stdout;
}

/** The same, with keys that are typed as soon as the program asks the question. Both outputs are one. */
export async function answerOnTerminal(
  args: readonly string[],
  columns: number,
  env: Record<string, string> = {},
  keys = '',
  question = '(y/N)',
): Promise<Pick<Ended, 'exitCode' | 'stdout'>> {
  const command = [...PROGRAM, ...args].join(' ');
  const words = ['--quiet', '--return', '--command', `stty cols ${columns}; ${command}`, '/dev/null'];
  const running = execa('script', words, {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TERM: 'xterm-256color', ...COMPILED, ...env },
  });
  let shown = '';
  let asked = false;
  running.stdout.on('data', (chunk) => {
    shown += chunk;
    if (asked || !shown.includes(question)) return;
    asked = true;
    running.stdin.write(keys);
  });
  const { exitCode = -1, stdout } = await running;
  return { exitCode, stdout: stdout.replaceAll('\r\n', '\n') };
}

/** The last line of `-o json`. */
export function resultOf({ stdout }: Ended): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
