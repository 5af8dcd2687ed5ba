import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { EdgeadmError } from '../../errors/index.ts';
import type { FileStat, Machine } from '../machine.ts';
import { PATHS } from '../node-paths.ts';
import { temporaryOf } from '../temporary.ts';
import { CHOICES } from './choices.ts';
import { compact } from './compact.ts';
import { type Damage, type ParsedJournal, parseJournal } from './damage.ts';
import {
  type Before,
  type ConversionNote,
  type Entry,
  isChange,
  type JoinedNote,
  lineOf,
  type Note,
  type NotedChange,
  type UpgradeNote,
} from './entry.ts';
import { JournalRecord, type Mark } from './record.ts';

/** Enough for some thousand lines; a join writes about fifty. */
const RESERVE_BYTES = 512 * 1024;
/** Ends a line that a kill or a full disk tore; the empty line behind it says that this is known. */
const END_OF_TORN_LINE = '\n\n';
/** As long as file names may be, with room for the name under which one is first written. */
const NAME_BYTES = 240;

/** What a journal needs of its machine. */
export type JournalFiles = Pick<
  Machine,
  | 'appendFile'
  | 'copyFile'
  | 'list'
  | 'makeDirectory'
  | 'readFile'
  | 'remove'
  | 'removeTree'
  | 'sha256'
  | 'stat'
  | 'writeFile'
>;

/**
 * The journal of a node: every change, written down and synced before it happens, as lines of JSON. It is read by
 * roll-back and reset, from any machine. Copies of what was there before are in a folder beside it that only root
 * may read.
 *
 * It is the first file written in its folder, and the last one removed: copies or the reserve without a journal mean
 * that it was lost.
 */
export class Journal extends JournalRecord {
  readonly #machine: JournalFiles;
  #damagedLines: readonly string[];
  #damage: Damage | undefined;
  /** Says who is at work; written before the first entry of this process, so that a run without changes leaves none. */
  #run: Note | undefined;
  /** Prefix of the next line: empty, unless a kill tore the one before it. */
  #torn = '';
  #prepared: Promise<void> | undefined;
  #written = false;

  private constructor(machine: JournalFiles, parsed: ParsedJournal, damage?: Damage, run?: Note) {
    super(parsed.entries);
    this.#machine = machine;
    this.#damagedLines = parsed.damagedLines;
    this.#damage = damage;
    this.#run = run;
    if (parsed.torn) this.#torn = END_OF_TORN_LINE;
  }

  /** Reads the journal of a machine; one that was never joined has an empty one. A torn last line is not damage. */
  static async read(machine: JournalFiles, run?: Note): Promise<Journal> {
    const [bytes, sealedText, copies, reserve] = await Promise.all([
      machine.readFile(PATHS.edgeadm.journal),
      machine.readFile(PATHS.edgeadm.sealed),
      machine.list(PATHS.edgeadm.backups),
      machine.stat(PATHS.edgeadm.reserve),
    ]);
    const sealed = Number(sealedText?.toString('utf8') ?? 0) || 0;
    const parsed = parseJournal(bytes ?? Buffer.alloc(0), sealed);
    const size = bytes?.length ?? 0;
    const found = [...parsed.found];
    if (size < sealed) found.push(`its end is missing: it had ${sealed} bytes and has ${size}`);
    const readable = parsed.entries.length > 0;
    const traces = [
      ...copies.map((name) => posix.join(PATHS.edgeadm.backups, name)),
      ...(reserve ? [PATHS.edgeadm.reserve] : []),
    ];
    if (!readable && traces.length > 0) {
      const state = bytes === undefined ? 'is missing' : size === 0 ? 'is empty' : 'has no readable line';
      found.push(`it ${state}, but the node has ${traces.join(', ')}`);
    }
    const damage = found.length > 0 ? { found, readable } : undefined;
    return new Journal(machine, parsed, damage, run);
  }

  /** Stands in for a journal that cannot be read. */
  static empty(machine: JournalFiles): Journal {
    return new Journal(machine, { entries: [], damagedLines: [], found: [], torn: false });
  }

  /** What of it could not be read. All commands but a reset refuse to continue then, see {@link journalUnreadable}. */
  get damage(): Damage | undefined {
    return this.#damage;
  }

  /** True if nothing is noted and nothing was lost: the machine is as if edgeadm had never been there. */
  get isBlank(): boolean {
    return this.entries.length === 0 && !this.damage;
  }

  /** Writes entries down, durably; several cost no more than one. */
  async append(...entries: readonly Entry[]): Promise<void> {
    await this.#begin();
    await this.#write(...entries);
  }

  /** The join is completed. Said again only if something was noted since. */
  async noteJoined(membership: Omit<JoinedNote, 'kind' | 'time'>): Promise<void> {
    const last = this.entries.at(-1);
    const { cluster, node } = membership;
    if (last?.kind === 'joined' && last.cluster === cluster && last.node === node) return;
    await this.append({ kind: 'joined', cluster, node, time: new Date().toISOString() });
  }

  /** Notes that the container service got a report of the node's current state. */
  async noteReported(): Promise<void> {
    await this.append({ kind: 'reported', time: new Date().toISOString() });
  }

  async beginUpgrade(upgrade: Omit<UpgradeNote, 'kind' | 'time'>): Promise<void> {
    await this.append({ kind: 'upgrade', ...upgrade, time: new Date().toISOString() });
  }

  /** The upgrade is there to stay: a reset leads to the machine before its join. */
  async completeUpgrade(): Promise<void> {
    const { joined, upgrade } = this;
    if (!joined || !upgrade) return;
    const entries = compact(this.entries, this.positionOf('upgrade') - 1).filter(({ kind }) => kind !== 'upgrade');
    await this.#replace([...entries, { ...joined, time: new Date().toISOString() }]);
  }

  /** The upgrade was rolled back. */
  async forgetUpgrade(): Promise<void> {
    if (this.upgrade) await this.#replace(this.entries.slice(0, this.positionOf('upgrade') - 1));
  }

  async beginConversion(conversion: Omit<ConversionNote, 'kind' | 'time'>): Promise<void> {
    await this.append({ kind: 'conversion', ...conversion, time: new Date().toISOString() });
  }

  async completeConversion(): Promise<void> {
    if (!this.isConverted) await this.append({ kind: 'converted', time: new Date().toISOString() });
  }

  /** The node is as another tool had joined it: without changes of edgeadm there is nothing to remember. */
  async forgetConversion(): Promise<void> {
    await this.#replace(this.entries.slice(0, this.positionOf('conversion') - 1));
    if (!this.hasChanges) await this.erase();
  }

  /** Forgets the changes since a mark, which were restored, but for those to keep. What is on the disk stays there. */
  async forgetChanges(since: Mark, keep: (change: NotedChange) => boolean): Promise<void> {
    const start = this.positionOf(since);
    const kept = this.entries.slice(start).filter((entry) => (isChange(entry) ? keep(entry) : entry.kind === 'synced'));
    await this.#replace([...this.entries.slice(0, start), ...kept]);
  }

  /** Frees the space that is reserved, for what is restored on a full disk. */
  async freeReserve(): Promise<void> {
    await this.#machine.remove(PATHS.edgeadm.reserve);
  }

  /** Forgets everything but the node's random name: the next try asks for the same Node. */
  async forgetAllBut(value: string): Promise<void> {
    await this.#replace([{ kind: 'choice', key: CHOICES.nodeName, value }]);
  }

  /** Copies what is at the path and says how to put it back. */
  async keep(path: string, stat: FileStat | undefined): Promise<Before> {
    if (!stat) return { type: 'absent' };
    if (stat.type === 'symlink') return { type: 'symlink', target: stat.target ?? '' };
    if (stat.type !== 'file') {
      throw new EdgeadmError({
        code: 'WRITE_FAILED',
        what: `cannot replace ${path}`,
        why: stat.type === 'directory' ? 'it is a directory' : 'it is not a file',
      });
    }
    await this.#begin();
    const backup = backupOf(path);
    // A program that runs cannot be written into, only replaced.
    const mayLink = (stat.mode & 0o111) !== 0;
    await this.#machine.copyFile(path, backup, { mode: 0o600, mayLink });
    return { type: 'file', mode: stat.mode, uid: stat.uid, gid: stat.gid, backup };
  }

  /** Removes copies that are not needed: a run that was killed may have left them. */
  async prune(): Promise<void> {
    if (this.damage) return;
    const unneeded = this.#unneeded();
    for (const copy of await this.#copies()) {
      if (unneeded.has(copy) || (!this.#isNamed(copy) && (await this.#isPointless(copy))))
        await this.#machine.remove(copy);
    }
  }

  /**
   * Copies of files that are neither restored nor known to the journal: its lines were lost. Those of a run that was
   * killed before it changed the file are none.
   */
  async lostCopies(): Promise<readonly string[]> {
    const unneeded = this.#unneeded();
    const lost: string[] = [];
    for (const copy of await this.#copies()) {
      if (!unneeded.has(copy) && !(await this.#isPointless(copy))) lost.push(copy);
    }
    return lost;
  }

  /** Moves copies to the folder of those that edgeadm has no more use for and does not remove. */
  async moveToKept(copies: readonly string[]): Promise<void> {
    if (copies.length === 0) return;
    await this.#machine.makeDirectory(PATHS.edgeadm.kept, 0o700);
    for (const copy of copies) {
      await this.#machine.copyFile(copy, posix.join(PATHS.edgeadm.kept, posix.basename(copy)), { mode: 0o600 });
      await this.#machine.remove(copy);
    }
  }

  /** Notes how long the journal is, so that a shorter one is known to have lost its end. */
  async seal(): Promise<void> {
    if (!this.#written || this.entries.length === 0) return;
    const size = (await this.#machine.stat(PATHS.edgeadm.journal))?.size ?? 0;
    await this.#machine.writeFile(PATHS.edgeadm.sealed, Buffer.from(`${size}\n`), { mode: 0o600 });
  }

  /** Removes the journal and its copies: the last step of a reset. */
  async erase(): Promise<void> {
    const { journal, sealed, reserve, backups } = PATHS.edgeadm;
    await this.#remove(sealed);
    await this.#machine.removeTree(backups);
    await this.#remove(reserve);
    await this.#remove(journal);
    this.replaceAll([]);
    this.#damage = undefined;
    this.#damagedLines = [];
    this.#prepared = undefined;
    this.#torn = '';
  }

  async #remove(path: string): Promise<void> {
    await this.#machine.remove(temporaryOf(path));
    await this.#machine.remove(path);
  }

  /** Before the first change of this process: who is at work, and space, so that a full disk shows at once. */
  #begin(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  async #prepare(): Promise<void> {
    const isNew = this.entries.length === 0;
    await makeStateDirectory(this.#machine);
    try {
      if (this.#run) await this.#write(this.#run);
      this.#run = undefined;
      await this.#machine.makeDirectory(PATHS.edgeadm.backups, 0o700);
      if (!(await this.#machine.stat(PATHS.edgeadm.reserve)))
        await this.#machine.writeFile(PATHS.edgeadm.reserve, Buffer.alloc(RESERVE_BYTES), { mode: 0o600 });
      await this.prune();
    } catch (error) {
      this.#prepared = undefined;
      if (isNew && !this.damage) await this.erase().catch(() => {});
      throw error;
    }
  }

  async #write(...entries: readonly Entry[]): Promise<void> {
    const { journal, reserve } = PATHS.edgeadm;
    const lines = entries.map(lineOf).join('');
    const before = this.#torn;
    this.#torn = '';
    this.#written = true;
    try {
      await this.#machine.appendFile(journal, `${before}${lines}`);
    } catch (error) {
      if (!isNoSpace(error) || !(await this.#machine.stat(reserve))) throw error;
      await this.#machine.remove(reserve);
      const isTorn = !((await this.#machine.readFile(journal))?.toString('utf8') ?? '\n').endsWith('\n');
      await this.#machine.appendFile(journal, `${isTorn ? END_OF_TORN_LINE : ''}${lines}`);
    }
    for (const entry of entries) this.add(entry);
  }

  /** The journal becomes these entries; what could not be read stays in it. */
  async #replace(entries: readonly Entry[]): Promise<void> {
    const { journal, sealed, reserve } = PATHS.edgeadm;
    const named = new Set(entries.flatMap(backupsOf));
    const unneeded = [...new Set([...this.entries.flatMap(backupsOf), ...this.#unneeded()])].filter(
      (copy) => !named.has(copy),
    );
    const kept = [...entries.filter(({ kind }) => kind !== 'replaced'), { kind: 'replaced', unneeded } as const];
    const damaged = this.#damagedLines.map((line) => Buffer.from(`${line}\n`, 'latin1'));
    const content = Buffer.concat([...damaged, Buffer.from(kept.map(lineOf).join(''))]);
    this.#written = true;
    await this.#machine.remove(sealed);
    const write = () => this.#machine.writeFile(journal, content, { mode: 0o600 });
    await write().catch(async (error: unknown) => {
      if (!isNoSpace(error) || !(await this.#machine.stat(reserve))) throw error;
      await this.#machine.remove(reserve);
      await write();
    });
    this.replaceAll(kept);
    this.#torn = '';
    // Only now are the copies of restored files useless: until here a roll-back may be repeated.
    for (const copy of await this.#copies()) if (unneeded.includes(copy)) await this.#machine.remove(copy);
    await this.prune();
  }

  async #copies(): Promise<string[]> {
    return (await this.#machine.list(PATHS.edgeadm.backups)).map((name) => posix.join(PATHS.edgeadm.backups, name));
  }

  #unneeded(): Set<string> {
    return new Set(this.entries.flatMap((entry) => (entry.kind === 'replaced' ? entry.unneeded : [])));
  }

  #isNamed(copy: string): boolean {
    return this.entries.some((entry) => backupsOf(entry).includes(copy));
  }

  /** True for a copy of what is still, or again, at its path; and for half a copy. */
  async #isPointless(copy: string): Promise<boolean> {
    const original = originalOf(copy);
    if (original === undefined) return posix.basename(copy).startsWith('.') || !this.damage;
    const [kept, there] = await Promise.all([this.#machine.sha256(copy), this.#machine.sha256(original)]);
    return kept === there;
  }
}

/** Makes /var/lib/edgeadm, readable by root alone, and what is missing above it. */
export async function makeStateDirectory(machine: JournalFiles): Promise<void> {
  const state = PATHS.edgeadm.state;
  // Where there is no /var, as on Windows, none is made for a folder that is elsewhere.
  const made = await machine.makeDirectory(state, 0o700).then(
    () => true,
    () => false,
  );
  if (made) return;
  for (const above of [posix.dirname(posix.dirname(state)), posix.dirname(state)])
    await machine.makeDirectory(above, 0o755);
  await machine.makeDirectory(state, 0o700);
}

function isNoSpace(error: unknown): boolean {
  return error instanceof EdgeadmError && error.code === 'NO_SPACE';
}

function backupsOf(entry: Entry): string[] {
  return entry.kind === 'file' && entry.before.type === 'file' ? [entry.before.backup] : [];
}

/** The name of a copy says what it is a copy of: people need that if the journal is lost. */
function backupOf(path: string): string {
  const name = `${randomBytes(8).toString('hex')}-${encodeURIComponent(path)}`;
  return posix.join(PATHS.edgeadm.backups, name.length <= NAME_BYTES ? name : name.slice(0, 16));
}

function originalOf(copy: string): string | undefined {
  const encoded = /^[0-9a-f]{16}-(%2F.*)$/.exec(posix.basename(copy))?.[1];
  try {
    return encoded && decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
