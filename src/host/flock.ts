import { execa } from 'execa';
import { EdgeadmError } from '../errors/index.ts';
import type { Lock } from './machine.ts';

/** flock's answer when another process holds the lock. */
export const TAKEN = 75;

/**
 * Takes a lock file on this machine. util-linux's flock holds it for a `cat` whose input is ours: however this
 * process ends, the input closes, cat ends and the kernel frees the lock.
 * @returns undefined where another holds the lock.
 */
export async function flock(path: string): Promise<Lock | undefined> {
  const holder = execa('flock', ['--nonblock', '--conflict-exit-code', String(TAKEN), path, 'cat'], {
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
  if (first.exitCode === TAKEN) return undefined;
  throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot take the lock ${path}`, why: first.why });
}
