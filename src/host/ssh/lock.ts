import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import { flockWords, TAKEN } from '../flock.ts';
import type { Lock } from '../machine.ts';
import type { Link } from './link.ts';
import { type Program, type Sudo, startProgram } from './program.ts';
import type { Session } from './session.ts';

/** Milliseconds between two signs of life. */
const BEAT_MS = 15_000;
/** Seconds without one after which the node frees the lock: a workstation that lost its power cannot say so. */
const PATIENCE_S = 60;

/**
 * Held as long as this program lives: until its input ends (release, kill, lost connection) or falls silent. It says
 * so once it holds the lock.
 */
const HOLD = 'echo held; while [ "$(timeout "$1" head -c 1)" = . ]; do :; done';

/**
 * Takes a lock file on the host, held by a program in a channel of this connection. On a new connection it is taken
 * again before anything else happens there.
 * @returns undefined where another holds it
 */
export async function lockOverSsh(session: Session, path: string, sudo?: Sudo): Promise<Lock | undefined> {
  const step = { what: `taking the lock ${path}`, repeatable: true };
  let holder = await session.use(step, (link) => hold(link, path, sudo));
  if (!holder) return undefined;
  const forget = session.onRenewal(async (link) => {
    holder = await retake(link, path, sudo);
  });
  return {
    release: async () => {
      forget();
      await holder?.release();
    },
  };
}

/** A server that has not noticed the end of the old connection still holds the lock for us, but not for long. */
async function retake(link: Link, path: string, sudo?: Sudo): Promise<Lock> {
  const until = performance.now() + (PATIENCE_S + 10) * 1000;
  for (;;) {
    const holder = await hold(link, path, sudo);
    if (holder) return holder;
    if (performance.now() > until) throw takenOver(path);
    await delay(1000);
  }
}

async function hold(link: Link, path: string, sudo?: Sudo): Promise<Lock | undefined> {
  const program = await startProgram(link, [...flockWords(path), 'sh', '-c', HOLD, 'sh', String(PATIENCE_S)], sudo);
  const held = new Promise<true>((resolve) => program.channel.once('data', () => resolve(true)));
  const beat = setInterval(() => program.channel.write('.'), BEAT_MS).unref();
  program.exited.then(() => clearInterval(beat));
  program.channel.write('.');
  const first = await link.whileAlive(Promise.race([held, program.exited]));
  if (first === true) return lockOf(link, program);
  if (first.code === TAKEN) return undefined;
  throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot take the lock ${path}`, why: program.stderr().trim() });
}

function lockOf(link: Link, program: Program): Lock {
  let released = false;
  // Silent for too long (a laptop that slept), or killed on the node: a new connection takes the lock anew or fails.
  program.exited.then(() => {
    if (!released) link.client.destroy();
  });
  return {
    release: async () => {
      released = true;
      program.channel.end();
      await program.exited;
    },
  };
}

function takenOver(path: string): EdgeadmError {
  return new EdgeadmError({
    code: 'LOCKED',
    what: `the lock ${path} was lost together with the connection, and somebody else holds it now`,
  });
}
