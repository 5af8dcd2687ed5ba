import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import type { Machine, ProgramResult } from './machine.ts';
import { OutputTail } from './output-buffer.ts';
import { childEnvironment, STDERR_KEPT_BYTES } from './programs.ts';
import { type Ending, type RunningProgram, supervise } from './supervise.ts';

/** Leaders of the process groups that run now. */
const running = new Set<number>();

/** How an operating system starts a program, and ends it with its descendants. */
interface Launcher {
  readonly options: SpawnOptionsWithoutStdio;
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

/** Runs programs on this machine to their end. */
export function programRunner({ options: launch, kill }: Launcher): Machine['exec'] {
  return async (file, args, options = {}) => {
    const child = spawn(file, args, launch);
    const failed = await started(child);
    if (failed) return notStarted(file, failed);
    const { input, timeoutMs, signal, maxOutputBytes } = options;
    const outcome = await supervise(programOf(child, kill), { input, timeoutMs, signal, maxOutputBytes });
    const { exitCode, timedOut, ending } = outcome;
    const killed = ending.signal && !outcome.stopped ? `killed by ${ending.signal}` : '';
    return { exitCode, timedOut, stdout: outcome.stdout.toString('utf8'), stderr: outcome.stderr || killed };
  };
}

/**
 * Runs a program on this machine to its end. Each has a process group of its own, so that one signal reaches its
 * descendants, too (execa kills the program alone).
 */
export const runLocally: Machine['exec'] = (file, args, options) =>
  programRunner({
    options: {
      detached: true,
      // The folder edgeadm was started in may be one that the program may not enter.
      cwd: '/',
      env: { ...process.env, ...childEnvironment() },
    },
    kill: killGroup,
  })(file, args, options);

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

function programOf(child: ChildProcessWithoutNullStreams, kill: Launcher['kill']): RunningProgram {
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
    kill: async (signal) => kill(pid, `SIG${signal}`),
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
