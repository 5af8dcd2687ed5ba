import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import { abortable, finishesWithin } from '../../lib/abortable.ts';
import { flockWords, LOCK_HELD_EXIT_CODE } from '../flock.ts';
import type { Lock } from '../machine.ts';
import { ConnectionLost } from './errors.ts';
import type { Link } from './link.ts';
import { type Program, type StartOptions, startProgram } from './program.ts';
import type { Session } from './session.ts';

/** Milliseconds between two signs of life. */
const BEAT_MS = 15_000;
/** Seconds without one after which the node frees the lock: a workstation that lost its power cannot release it. */
const SILENCE_S = 60;

/**
 * Held as long as this program lives: until its input ends (release, kill, lost connection) or falls silent. It says
 * so once it holds the lock.
 */
const HOLD = 'echo held; while [ "$(timeout "$1" head -c 1)" = . ]; do :; done';

/**
 * Takes a lock file on the host, held by a program in a channel of this connection. On a new connection it is taken
 * again before anything else happens there.
 * @returns undefined if another holds it
 */
export async function lockOverSsh(
  session: Session,
  path: string,
  { sudo, signal }: StartOptions,
): Promise<Lock | undefined> {
  const step = { what: `taking the lock ${path}`, repeatable: true, signal };
  let holder = await session.use(step, (link) => hold(link, path, { sudo, signal }));
  if (!holder) return undefined;
  const forget = session.onRenewal(async (link, closing) => {
    holder = await retake(() => hold(link, path, { sudo, signal: closing }), path, closing);
  });
  return {
    release: async () => {
      forget();
      await holder?.release();
    },
  };
}

/** A server that has not noticed the end of the old connection still holds the lock for us, but not for long. */
export async function retake(
  hold: () => Promise<Lock | undefined>,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Lock> {
  const until = performance.now() + (SILENCE_S + 10) * 1000;
  for (;;) {
    const holder = await hold();
    if (holder) return holder;
    if (performance.now() > until) throw takenOver(path);
    await abortable(delay(1000), signal);
  }
}

async function hold(link: Link, path: string, { sudo, signal }: StartOptions): Promise<Lock | undefined> {
  const words = [...flockWords(path), 'sh', '-c', HOLD, 'sh', String(SILENCE_S)];
  const program = await startProgram(link, words, { sudo, signal });
  const held = new Promise<true>((resolve) => program.channel.once('data', () => resolve(true)));
  const beat = setInterval(() => program.channel.write('.'), BEAT_MS).unref();
  program.exited.then(() => clearInterval(beat));
  program.channel.write('.');
  const limit = AbortSignal.timeout(link.limits.answer);
  try {
    const answer = link.whileAlive(Promise.race([held, program.exited]));
    const first = await abortable(answer, signal ? AbortSignal.any([limit, signal]) : limit);
    if (first === true) return lockOf(link, program);
    if (first.code === LOCK_HELD_EXIT_CODE) return undefined;
    throw new Error(program.stderrText().trim());
  } catch (error) {
    program.abandon();
    clearInterval(beat);
    if (error instanceof ConnectionLost || signal?.aborted) throw error;
    const why = error === limit.reason ? `no answer within ${link.limits.answer / 1000} s` : (error as Error).message;
    throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot take the lock ${path}`, why });
  }
}

function lockOf(link: Link, program: Program): Lock {
  let released = false;
  // Silent for too long (a laptop that slept), or killed on the node: a new connection takes the lock again or fails.
  program.exited.then(() => {
    if (!released) link.client.destroy();
  });
  return {
    release: async () => {
      released = true;
      program.channel.end();
      // A node that does not confirm it frees the lock with the end of the connection.
      await finishesWithin(link.limits.close, program.exited);
    },
  };
}

function takenOver(path: string): EdgeadmError {
  return new EdgeadmError({
    code: 'LOCKED',
    what: `the lock ${path} was lost with the SSH connection, and another process holds it now`,
  });
}
