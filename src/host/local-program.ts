import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { CommandOptions, ProgramResult } from './machine.ts';
import { OutputTail } from './output-buffer.ts';
import { childEnvironment, STDERR_KEPT_BYTES } from './programs.ts';
import { type Ending, type RunningProgram, supervise } from './supervise.ts';

/** Leaders of the process groups that run now. */
const running = new Set<number>();

/**
 * Runs a program on this machine to its end. Each has a process group of its own, so that one signal reaches its
 * descendants, too (execa kills the program alone).
 */
export async function runLocally(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<ProgramResult> {
  const child = spawn(file, args, {
    detached: true,
    // The folder edgeadm was started in may be one that the program may not enter.
    cwd: '/',
    env: { ...process.env, ...childEnvironment() },
  });
  const failed = await started(child);
  if (failed) return notStarted(file, failed);
  const { input, timeoutMs, signal, maxOutputBytes } = options;
  const program = programOf(child);
  const outcome = await supervise(program, { input, timeoutMs, signal, maxOutputBytes });
  const { exitCode, timedOut, ending } = outcome;
  const killed = ending.signal && !outcome.stopped ? `killed by ${ending.signal}` : '';
  return { exitCode, timedOut, stdout: outcome.stdout.toString('utf8'), stderr: outcome.stderr || killed };
}

/** @returns why it could not be started */
function started(child: ChildProcessWithoutNullStreams): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.on('error', resolve);
  });
}

/** Exit codes as shells have them. */
function notStarted(file: string, { code, message }: NodeJS.ErrnoException): ProgramResult {
  if (code === 'ENOENT') return { exitCode: 127, stdout: '', stderr: `${file}: not found` };
  return { exitCode: -1, stdout: '', stderr: message };
}

function programOf(child: ChildProcessWithoutNullStreams): RunningProgram {
  const { stdin, stdout, stderr, pid = 0 } = child;
  const tail = new OutputTail(STDERR_KEPT_BYTES);
  stderr.on('data', (chunk: Buffer) => tail.add(chunk));
  // A program need not read its input.
  stdin.on('error', () => {});
  running.add(pid);
  const ended = (event: 'exit' | 'close'): Promise<Ending> =>
    new Promise((resolve) => {
      child.once(event, (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    });
  const closed = ended('close');
  closed.then(() => running.delete(pid));
  return {
    stdin,
    stdout,
    stderr,
    stderrText: () => tail.text(),
    exited: ended('exit'),
    closed,
    kill: async (signal) => killGroup(pid, `SIG${signal}`),
    abandon: () => {
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
      child.unref();
      running.delete(pid);
    },
  };
}

function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // All of it has ended meanwhile.
  }
}

/** A group of its own does not get the terminal's Ctrl-C: nothing may outlive an edgeadm that exits. */
process.once('exit', () => {
  for (const leader of running) killGroup(leader, 'SIGTERM');
});
