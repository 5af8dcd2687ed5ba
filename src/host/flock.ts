import { EdgeadmError } from '../errors/index.ts';
import type { Lock } from './machine.ts';
import { childEnvironment } from './programs.ts';

/** flock's answer when another process holds the lock. */
export const LOCK_HELD_EXIT_CODE = 75;

/**
 * Words that take a lock file and hold it for as long as the program that follows runs. Only flock itself holds it
 * (--close), so that the lock is free as soon as flock is gone, whatever becomes of the program.
 */
export function flockWords(path: string): string[] {
  return ['flock', '--close', '--nonblock', '--conflict-exit-code', String(LOCK_HELD_EXIT_CODE), path];
}

/**
 * Takes a lock file on this machine. util-linux's flock holds it for a `cat` whose input is ours: however this
 * process ends, the input closes, cat ends and the kernel frees the lock.
 * @returns undefined if another holds the lock.
 */
export async function flock(path: string): Promise<Lock | undefined> {
  const [file = '', ...args] = [...flockWords(path), 'cat'];
  const { execa } = await import('execa');
  const holder = execa(file, args, {
    env: childEnvironment(),
    stdin: 'pipe',
    stdout: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
  });
  const ended = holder.then((result) => ({ exitCode: result.exitCode, why: result.shortMessage ?? '' }));
  const taken = new Promise<'taken'>((resolve) => holder.stdout.once('data', () => resolve('taken')));
  holder.stdin.on('error', () => {});
  holder.stdin.write('held\n');
  const first = await Promise.race([taken, ended]);
  if (first === 'taken') {
    return {
      release: async () => {
        holder.stdin.end();
        await ended;
      },
    };
  }
  if (first.exitCode === LOCK_HELD_EXIT_CODE) return undefined;
  throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot take the lock ${path}`, why: first.why });
}
