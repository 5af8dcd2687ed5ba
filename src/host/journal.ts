import { randomBytes } from 'node:crypto';
import { EdgeadmError } from '../errors/index.ts';
import type { FileStat, Machine } from './machine.ts';
import { PATHS } from './node-paths.ts';
import { temporaryOf } from './temporary.ts';

/** Enough for some thousand lines; a join writes about fifty. */
const RESERVE_BYTES = 512 * 1024;
/** Ends a line that a kill or a full disk tore; the empty line behind it says that this is known. */
const END_OF_TORN_LINE = '\n\n';

/** What a path was before edgeadm changed it. */
export type Before =
  | { readonly type: 'absent' }
  | {
      readonly type: 'file';
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly backup: string;
    }
  | { readonly type: 'symlink'; readonly target: string };

/** What a change is about; each is written down before it happens. */
export type Change =
  | { readonly kind: 'file'; readonly path: string; readonly before: Before; readonly after?: string }
  | { readonly kind: 'directory'; readonly path: string }
  /** `had` lists what was in the folder; undefined where there was no folder. */
  | { readonly kind: 'claim'; readonly path: string; readonly had?: readonly string[] }
  | { readonly kind: 'enable'; readonly unit: string; readonly was: boolean }
  | { readonly kind: 'service'; readonly unit: string; readonly wasActive: boolean }
  | { readonly kind: 'sysctl'; readonly key: string; readonly before: string }
  | { readonly kind: 'image'; readonly name: string };

/** Notes that are no changes: who ran, what was chosen, that a join was completed. */
export type Note =
  | { readonly kind: 'run'; readonly command: string; readonly version: string; readonly time: string }
  /** A unit was started after all changes noted before; a `service` entry alone only says that it was about to be. */
  | { readonly kind: 'started'; readonly unit: string }
  | { readonly kind: 'choice'; readonly key: string; readonly value: string }
  /** The container service was told of the node as it was after all changes noted before. */
  | { readonly kind: 'reported'; readonly time: string }
  | { readonly kind: 'joined'; readonly cluster: string; readonly node: string; readonly time: string }
  | UpgradeNote;

/** An upgrade was begun: what is noted after it takes the node back to the version before, until it is completed. */
export interface UpgradeNote {
  readonly kind: 'upgrade';
  /** Versions of the kubelet, `v1.20.2`. */
  readonly from: string;
  readonly to: string;
  /** True where the upgrade keeps new pods off the node, and lets them in again at its end. */
  readonly cordoned: boolean;
  /** `NAMESPACE/NAME` of the pods that were ready on the node before. */
  readonly pods: readonly string[];
  /** There where the pods move from docker to containerd; `criSocket` is what the Node object said of its runtime. */
  readonly docker?: { readonly criSocket?: string };
  readonly time: string;
}

/** One line of the journal; `phase` says who did it. */
export type Entry = (Change & { readonly phase: string }) | Note;

/**
 * The journal of a node: every change, written down and synced before it happens, as lines of JSON. It is read by
 * roll-back and reset, from any machine. Copies of what was there before lie in a folder beside it that only root
 * may read.
 */
export class Journal {
  readonly #machine: Machine;
  readonly #entries: Entry[];
  /** Says who is at work; written before the first entry of this process, so that a run without changes leaves none. */
  #run: Note | undefined;
  /** What has to stand before the next line: nothing, unless a kill tore the one before it. */
  #torn = '';
  #opened: Promise<void> | undefined;

  private constructor(machine: Machine, entries: Entry[], run?: Note) {
    this.#machine = machine;
    this.#entries = entries;
    this.#run = run;
  }

  /**
   * Reads the journal of a machine; one that was never joined has an empty one.
   * @throws EdgeadmError JOURNAL_UNREADABLE; a torn last line is no error, since its change did not happen.
   */
  static async read(machine: Machine, run?: Note): Promise<Journal> {
    const text = (await machine.readFile(PATHS.edgeadm.journal))?.toString('utf8') ?? '';
    const journal = new Journal(machine, parseJournal(text), run);
    if (text !== '' && !text.endsWith('\n')) journal.#torn = END_OF_TORN_LINE;
    return journal;
  }

  /** The journal of a machine whose own cannot be read. */
  static empty(machine: Machine): Journal {
    return new Journal(machine, []);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The node's membership, as the last completed join left it. */
  get joined(): Extract<Note, { kind: 'joined' }> | undefined {
    return this.#entries.findLast((entry) => entry.kind === 'joined');
  }

  /** The upgrade that is under way; undefined where none is. */
  get upgrade(): UpgradeNote | undefined {
    return this.#entries.findLast((entry) => entry.kind === 'upgrade');
  }

  /** A value chosen earlier, undefined where none was. */
  choice(key: string): string | undefined {
    for (const entry of this.#entries.toReversed()) {
      if (entry.kind === 'choice' && entry.key === key) return entry.value;
    }
    return undefined;
  }

  /** True where a file was changed since the unit was last started by us. */
  isStale(unit: string, files: readonly string[]): boolean {
    const lastChange = this.#entries.findLastIndex((entry) => entry.kind === 'file' && files.includes(entry.path));
    return lastChange > this.#entries.findLastIndex((entry) => entry.kind === 'started' && entry.unit === unit);
  }

  /** Makes the folder and reserves the journal's space, so that a full disk shows before the first change. */
  open(): Promise<void> {
    this.#opened ??= this.#reserve();
    return this.#opened;
  }

  async #reserve(): Promise<void> {
    await makeStateDirectory(this.#machine);
    await this.#machine.makeDirectory(PATHS.edgeadm.backups, 0o700);
    if (!(await this.#machine.stat(PATHS.edgeadm.reserve))) {
      await this.#machine.writeFile(PATHS.edgeadm.reserve, Buffer.alloc(RESERVE_BYTES), { mode: 0o600 });
    }
  }

  /** Writes one entry down, durably. */
  async append(entry: Entry): Promise<void> {
    await this.open();
    const run = this.#run;
    this.#run = undefined;
    const line = [run, entry].flatMap((each) => (each ? `${JSON.stringify(each)}\n` : [])).join('');
    const before = this.#torn;
    this.#torn = '';
    try {
      await this.#machine.appendFile(PATHS.edgeadm.journal, `${before}${line}`);
    } catch (error) {
      if (!(error instanceof EdgeadmError) || error.code !== 'NO_SPACE') throw error;
      await this.#machine.remove(PATHS.edgeadm.reserve);
      await this.#machine.appendFile(PATHS.edgeadm.journal, `${END_OF_TORN_LINE}${line}`);
    }
    if (run) this.#entries.push(run);
    this.#entries.push(entry);
  }

  /** Copies what is at the path and says how to put it back. */
  async keep(path: string, stat: FileStat | undefined): Promise<Before> {
    if (!stat) return { type: 'absent' };
    if (stat.type === 'symlink') return { type: 'symlink', target: stat.target ?? '' };
    if (stat.type !== 'file') {
      throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot replace ${path}`, why: `it is a ${stat.type}` });
    }
    await this.open();
    const backup = `${PATHS.edgeadm.backups}/${randomBytes(8).toString('hex')}`;
    await this.#machine.copyFile(path, backup, { mode: 0o600 });
    return { type: 'file', mode: stat.mode, uid: stat.uid, gid: stat.gid, backup };
  }

  /** Forgets the entries that were undone: the journal is replaced by what remains of it. */
  async rewrite(entries: readonly Entry[]): Promise<void> {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    await this.#machine.writeFile(PATHS.edgeadm.journal, Buffer.from(text), { mode: 0o600 });
    this.#entries.splice(0, Infinity, ...entries);
    // Only now are the copies of what was put back worth nothing: until here a revert may be repeated.
    await this.prune();
  }

  /** Removes the copies that no entry names: a run that was killed may have left them. */
  async prune(): Promise<void> {
    const text = JSON.stringify(this.#entries);
    for (const name of await this.#machine.list(PATHS.edgeadm.backups)) {
      if (!text.includes(name)) await this.#machine.remove(`${PATHS.edgeadm.backups}/${name}`);
    }
  }

  /** Removes the journal and its copies: the last step of a reset. */
  async erase(): Promise<void> {
    await this.#machine.removeTree(PATHS.edgeadm.backups);
    for (const path of [PATHS.edgeadm.reserve, PATHS.edgeadm.journal]) {
      await this.#machine.remove(temporaryOf(path));
      await this.#machine.remove(path);
    }
    this.#entries.length = 0;
    this.#opened = undefined;
  }
}

/** Makes /var/lib/edgeadm, readable by root alone, and what is missing above it. */
export async function makeStateDirectory(machine: Machine): Promise<void> {
  for (const [path, mode] of [
    ['/var', 0o755],
    ['/var/lib', 0o755],
    [PATHS.edgeadm.state, 0o700],
  ] as const) {
    await machine.makeDirectory(path, mode);
  }
}

function parseJournal(text: string): Entry[] {
  const lines = text.split('\n');
  const entries: Entry[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    try {
      entries.push(JSON.parse(line) as Entry);
    } catch (error) {
      // A line is torn by a kill (then it is the last) or by a full disk (then an empty line follows).
      if (index === lines.length - 1 || lines[index + 1] === '') continue;
      throw new EdgeadmError({
        code: 'JOURNAL_UNREADABLE',
        what: `line ${index + 1} of ${PATHS.edgeadm.journal} is damaged`,
        why: (error as Error).message,
      });
    }
  }
  return entries;
}
