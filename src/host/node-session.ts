import { hostname } from 'node:os';
import { EdgeadmError } from '../errors/index.ts';
import { factsOf, requireSupported } from './facts.ts';
import type { HostFacts } from './host-facts.ts';
import { journalUnreadable } from './journal/damage.ts';
import { Journal, makeStateDirectory } from './journal/journal.ts';
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
  /** For a reset, which copes with a damaged journal; see {@link Journal.damage}. */
  readonly acceptsDamage?: boolean;
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
  if (!options.changes) return action(sessionOf(working, working, usable(await readWhereAllowed(working), options)));
  const facts = await factsOf(working);
  if (machine.runsPrograms) requireSupported(facts);
  if (machine.runsPrograms && facts.uid !== 0) throw notPrivileged(facts);
  const lock = await takeLock(working, options);
  let journal: Journal | undefined;
  try {
    const { command, version } = options;
    journal = await Journal.read(machine, { kind: 'run', command, version, time: new Date().toISOString() });
    return await action(sessionOf(working, machine, usable(journal, options)));
  } finally {
    await letGo(machine, lock, journal);
  }
}

function usable(journal: Journal, { acceptsDamage }: SessionOptions): Journal {
  if (journal.damage && !acceptsDamage) throw journalUnreadable(journal.damage);
  return journal;
}

/** Only root may read the journal; who looks around without it sees a node that was never joined. */
async function readWhereAllowed(machine: Machine): Promise<Journal> {
  const { uid } = await factsOf(machine);
  return uid === 0 ? Journal.read(machine) : Journal.empty(machine);
}

function sessionOf(working: Machine, machine: Machine, journal: Journal): NodeSession {
  const plain = new NodeHost(machine, undefined, journal);
  const host = new NodeHost(working, journal);
  host.unbound = plain;
  return { machine: working, journal, host, plain };
}

async function takeLock(machine: Machine, options: SessionOptions): Promise<Lock> {
  for (let tries = 0; tries < 3; tries++) {
    await makeStateDirectory(machine);
    // Made here, since flock would make it readable by whom the umask lets.
    await machine.appendFile(PATHS.edgeadm.lock, '');
    const lock = await machine.lock(PATHS.edgeadm.lock);
    if (!lock) throw await locked(machine);
    try {
      // The last holder may have removed the file while we opened it: then our lock protects nothing.
      if (await machine.stat(PATHS.edgeadm.lock)) {
        await writeHolder(machine, options);
        return lock;
      }
    } catch (error) {
      await release(lock);
      throw error;
    }
    await release(lock);
  }
  throw await locked(machine);
}

/** On a full disk it is left out: a reset has to work there, and for others it is not the holder that fails. */
async function writeHolder(machine: Machine, { command }: SessionOptions): Promise<void> {
  const holder = { command, pid: process.pid, from: hostname(), since: new Date().toISOString() };
  const content = Buffer.from(JSON.stringify(holder));
  await machine.writeFile(PATHS.edgeadm.holder, content, { mode: 0o600 }).catch((error: unknown) => {
    if (!(error instanceof EdgeadmError) || error.code !== 'NO_SPACE') throw error;
  });
}

/**
 * Removes what the lock needed, and the whole folder if nothing is noted: a node that was left unchanged has no
 * trace.
 */
async function letGo(machine: Machine, lock: Lock, journal: Journal | undefined): Promise<void> {
  try {
    await machine.remove(PATHS.edgeadm.holder);
    if (!journal?.isBlank) await journal?.seal();
    else if (await machine.stat(PATHS.edgeadm.kept)) await machine.remove(PATHS.edgeadm.lock);
    else await machine.removeTree(PATHS.edgeadm.state);
  } catch {
    // A connection that is gone, a full disk: the error of the command is the one to report, and the next run tidies
    // up.
  } finally {
    await release(lock);
  }
}

async function release(lock: Lock): Promise<void> {
  await lock.release().catch(() => {});
}

async function locked(machine: Machine): Promise<EdgeadmError> {
  const holder = (await machine.readFile(PATHS.edgeadm.holder))?.toString('utf8') ?? '{}';
  return new EdgeadmError({
    code: 'LOCKED',
    what: `another edgeadm is running on ${machine.name}`,
    why: describeHolder(holder, machine),
  });
}

function describeHolder(text: string, { nativePath }: Machine): string {
  try {
    const { command, pid, from, since } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (command) return `edgeadm ${command}, process ${pid} on ${from}, since ${since}`;
  } catch {
    // A holder that is just being written is not a holder we can name.
  }
  // Only Windows spells paths its own way.
  const look = nativePath ? 'Get-Process edgeadm' : `fuser ${PATHS.edgeadm.lock}`;
  return `the lock holder is unknown; run \`${look}\``;
}

/** The error of a user who may not change the node, by platform. */
const PRIVILEGES = {
  windows: {
    what: 'changing the node requires an elevated administrator',
    next: 'open PowerShell with "Run as administrator" and run it there; over SSH, connect as an administrator',
  },
  linux: { what: 'changing the node requires root', next: 'run it with sudo, or try it on a scratch root: --root DIR' },
} as const;

function notPrivileged({ platform, uid }: HostFacts): EdgeadmError {
  const isWindows = platform === 'windows';
  return new EdgeadmError({
    code: 'NOT_PRIVILEGED',
    why: isWindows ? 'the settings of the service accounts (HKU\\S-1-5-19) cannot be read' : `the user id is ${uid}`,
    ...PRIVILEGES[isWindows ? 'windows' : 'linux'],
  });
}
