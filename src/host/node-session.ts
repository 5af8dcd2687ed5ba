import { EdgeadmError } from '../errors/index.ts';
import { factsOf, requireSystemd } from './facts.ts';
import { Journal, makeStateDirectory, type Note } from './journal.ts';
import type { Lock, Machine } from './machine.ts';
import { NodeHost } from './node-host.ts';
import { PATHS } from './node-paths.ts';

/** A machine in the hands of one command: locked, with its journal and the door that writes it. */
export interface NodeSession {
  readonly machine: Machine;
  readonly journal: Journal;
  readonly host: NodeHost;
  /** The same machine without a journal, for taking changes back. */
  readonly plain: NodeHost;
}

export interface SessionOptions {
  readonly command: string;
  readonly version: string;
  /** False for commands that only look, and for dry runs: no lock is taken and nothing is written. */
  readonly changes: boolean;
  /** Ends the work on the machine, but not what rolls it back, writes its journal and lets it go. */
  readonly signal?: AbortSignal;
}

/**
 * Takes a machine in hand for one command, and lets it go again.
 * @throws EdgeadmError LOCKED with the holder, NOT_PRIVILEGED, PLATFORM_UNSUPPORTED, JOURNAL_UNREADABLE
 */
export async function withNode<T>(
  machine: Machine,
  options: SessionOptions,
  action: (session: NodeSession) => Promise<T>,
): Promise<T> {
  const working = options.signal ? machine.withSignal(options.signal) : machine;
  if (!options.changes) return action(sessionOf(working, working, await readWhereAllowed(working)));
  const facts = await factsOf(working);
  if (machine.runsPrograms) requireSystemd(facts);
  if (machine.runsPrograms && facts.uid !== 0) throw notPrivileged(facts.uid);
  const lock = await takeLock(working);
  try {
    await nameHolder(working, options);
    const run: Note = {
      kind: 'run',
      command: options.command,
      version: options.version,
      time: new Date().toISOString(),
    };
    return await action(sessionOf(working, machine, await Journal.read(machine, run)));
  } finally {
    await letGo(machine, lock);
  }
}

/** Only root may read the journal; who looks around without it sees a node that was never joined. */
async function readWhereAllowed(machine: Machine): Promise<Journal> {
  const { uid } = await factsOf(machine);
  return uid === 0 ? Journal.read(machine) : Journal.empty(machine);
}

function sessionOf(working: Machine, machine: Machine, journal: Journal): NodeSession {
  const plain = new NodeHost(machine, undefined, journal);
  return { machine: working, journal, host: new NodeHost(working, journal), plain };
}

async function takeLock(machine: Machine): Promise<Lock> {
  for (let tries = 0; tries < 3; tries++) {
    await makeStateDirectory(machine);
    const lock = await machine.lock(PATHS.edgeadm.lock);
    if (!lock) throw await locked(machine);
    // Whoever held it before may have removed the file while we opened it: then our lock is worth nothing.
    if (!(await machine.stat(PATHS.edgeadm.lock))) {
      await lock.release();
      continue;
    }
    return lock;
  }
  throw await locked(machine);
}

/** For the error that another command gets. */
function nameHolder(machine: Machine, { command }: SessionOptions): Promise<void> {
  const holder = { command, pid: process.pid, from: process.env.HOSTNAME, since: new Date().toISOString() };
  return machine.writeFile(PATHS.edgeadm.holder, Buffer.from(JSON.stringify(holder)), { mode: 0o600 });
}

/**
 * Removes what the lock needed, and the whole folder where there is no journal: a node that was left as it was has no
 * trace. What a killed run had begun to put there is worth nothing without one.
 */
async function letGo(machine: Machine, lock: Lock): Promise<void> {
  try {
    await machine.remove(PATHS.edgeadm.holder);
    if (!(await machine.stat(PATHS.edgeadm.journal))) await machine.removeTree(PATHS.edgeadm.state);
  } catch {
    // A connection that is gone, a full disk: why the command failed is what has to be told, and the next run tidies up.
  } finally {
    await lock.release().catch(() => {});
  }
}

async function locked(machine: Machine): Promise<EdgeadmError> {
  const holder = (await machine.readFile(PATHS.edgeadm.holder))?.toString('utf8') ?? '{}';
  return new EdgeadmError({
    code: 'LOCKED',
    what: `another edgeadm is at work on ${machine.name}`,
    why: describeHolder(holder),
  });
}

function describeHolder(text: string): string {
  try {
    const { command, pid, since } = JSON.parse(text) as { command?: string; pid?: number; since?: string };
    if (command) return `edgeadm ${command}, process ${pid}, since ${since}`;
  } catch {
    // A holder that is just being written is no holder we can name.
  }
  return `who holds ${PATHS.edgeadm.lock} has not said its name; \`fuser ${PATHS.edgeadm.lock}\` tells`;
}

function notPrivileged(uid: number): EdgeadmError {
  return new EdgeadmError({
    code: 'NOT_PRIVILEGED',
    what: 'root is needed to change the node',
    why: `the user id is ${uid}`,
    next: 'run it with sudo, or try it on a scratch root: --root DIR',
  });
}
