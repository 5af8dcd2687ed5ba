import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { EdgeadmError } from '../errors/index.ts';
import { allSettled } from '../lib/all-settled.ts';
import { CHUNK_BYTES } from '../lib/chunks.ts';
import { runningPhase } from '../lib/running-phase.ts';
import { sha256Of } from '../lib/sha256.ts';
import { factsOf } from './facts.ts';
import type { Host } from './host.ts';
import type { HostFacts } from './host-facts.ts';
import type { ChoiceKey } from './journal/choices.ts';
import type { Before, Change } from './journal/entry.ts';
import type { Journal } from './journal/journal.ts';
import type {
  CommandOptions,
  FileAttributes,
  FileStat,
  Machine,
  Network,
  ObjectKind,
  ProgramResult,
  UnitState,
  UploadAttributes,
} from './machine.ts';
import { PATHS } from './node-paths.ts';

/** ctr's words for what the kubelet sees, and for its images. */
export const IN_KUBERNETES = ['--namespace', 'k8s.io'] as const;
const IMAGES = [...IN_KUBERNETES, 'images'];

/** The kernel's name for the time since it was started. */
const BOOT = 'kernel.random.boot_id';
/** A slow card takes long for what others have written. */
const SYNC_LIMIT_MS = 60_000;

/** What ctr imports an archive with. */
export function importArguments(archive: string): string[] {
  return [...IMAGES, 'import', archive];
}

/**
 * The real door: changes the machine, and writes every change into its journal first. Resets and roll-backs, which
 * take changes back, use one without a journal.
 */
export class NodeHost implements Host {
  readonly wet = true;
  readonly #machine: Machine;
  readonly #journal: Journal | undefined;
  readonly #choices: Journal | undefined;
  /** The phase that is running; the pipeline sets it. */
  phase = '';
  unbound: Host | undefined;
  #network: Promise<Network> | undefined;
  /** Folders that are there; each question is a round trip to the node, and most files go into the same few. */
  readonly #folders = new Set<string>();
  /** Units were enabled, and the service manager was not told yet. */
  #enabled = false;
  /** The last reading of unit files, which is not always waited for. */
  #reloading: Promise<void> = Promise.resolve();

  /** @param choices where earlier choices are read from; a host without a journal may still know them */
  constructor(machine: Machine, journal?: Journal, choices = journal) {
    this.#machine = machine;
    this.#journal = journal;
    this.#choices = choices;
  }

  get name(): string {
    return this.#machine.name;
  }

  get runsPrograms(): boolean {
    return this.#machine.runsPrograms;
  }

  get runsUnits(): boolean {
    return this.#machine.runsUnits;
  }

  facts(): Promise<HostFacts> {
    return factsOf(this.#machine);
  }

  network(): Promise<Network> {
    this.#network ??= this.#machine.network();
    return this.#network;
  }

  clock() {
    return this.#machine.clock();
  }

  query(file: string, args: readonly string[], options?: CommandOptions): Promise<ProgramResult> {
    return this.#machine.exec(file, args, { ...options, repeatable: true });
  }

  async read(path: string): Promise<string | undefined> {
    return (await this.#machine.readFile(path))?.toString('utf8');
  }

  readBytes(path: string) {
    return this.#machine.readFile(path);
  }

  stat(path: string, options?: { readonly permissions?: boolean }) {
    return this.#machine.stat(path, options);
  }

  list(path: string) {
    return this.#machine.list(path);
  }

  sha256(path: string) {
    return this.#machine.sha256(path);
  }

  nativePath(path: string): string {
    return this.#machine.nativePath?.(path) ?? path;
  }

  async object(kind: ObjectKind, name: string): Promise<string | undefined> {
    return this.#machine.objects?.read(kind, name);
  }

  sysctl(key: string) {
    return this.#machine.sysctl(key);
  }

  unit(unit: string) {
    return this.#machine.services.state(unit);
  }

  unitLog(unit: string, lines: number, since?: number) {
    return this.#machine.services.log(unit, lines, since);
  }

  connect(address: Parameters<Machine['connect']>[0], options?: Parameters<Machine['connect']>[1]) {
    return this.#machine.connect(address, options);
  }

  async run(file: string, args: readonly string[], options?: CommandOptions): Promise<ProgramResult> {
    this.#folders.clear();
    const result = await this.#machine.exec(file, args, options);
    if (result.exitCode === 0 || options?.accepted?.includes(result.exitCode)) return result;
    throw commandError(file, args, result);
  }

  async write(path: string, content: string | Buffer, attributes: FileAttributes): Promise<boolean> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const wanted = { mode: attributes.mode, sha256: sha256Of(bytes) };
    return this.#replace(path, wanted, () => this.#machine.writeFile(path, bytes, attributes));
  }

  async upload(localPath: string, path: string, attributes: UploadAttributes): Promise<boolean> {
    const { sha256, differs, ...plain } = attributes;
    return this.#replace(path, attributes, () =>
      this.#machine.writeFile(path, () => checkedStream(localPath, sha256), plain),
    );
  }

  async #replace(
    path: string,
    { mode, sha256, differs = false }: UploadAttributes,
    write: () => Promise<void>,
  ): Promise<boolean> {
    const stat = await this.#machine.stat(path, { permissions: true });
    const mayBeSame = !differs && stat?.type === 'file' && stat.mode === mode;
    if (mayBeSame && (await this.#machine.sha256(path)) === sha256) return false;
    await this.makeDirectory(posix.dirname(path), 0o755);
    await this.#note({ kind: 'file', path, before: await this.#keep(path, stat), after: sha256 });
    await write();
    return true;
  }

  async copyFile(from: string, path: string, attributes: FileAttributes): Promise<void> {
    await this.makeDirectory(posix.dirname(path), 0o755);
    await this.#machine.copyFile(from, path, attributes);
  }

  async symlink(target: string, path: string): Promise<boolean> {
    const stat = await this.#machine.stat(path, { permissions: true });
    if (stat?.type === 'symlink' && stat.target === target) return false;
    await this.makeDirectory(posix.dirname(path), 0o755);
    await this.#note({ kind: 'file', path, before: await this.#keep(path, stat) });
    await this.#machine.remove(path);
    await this.#machine.symlink(target, path);
    return true;
  }

  async makeDirectory(path: string, mode: number): Promise<void> {
    if (this.#folders.has(path)) return;
    if (!(await this.#machine.stat(path))) {
      await this.makeDirectory(posix.dirname(path), 0o755);
      await this.#note({ kind: 'directory', path });
      await this.#machine.makeDirectory(path, mode);
    }
    this.#folders.add(path);
  }

  async remove(path: string): Promise<void> {
    this.#folders.clear();
    // What is noted nowhere needs no permissions, which cost a program on Windows.
    const stat = await this.#machine.stat(path, { permissions: this.#journal !== undefined });
    if (!stat) return;
    await this.#note({ kind: 'file', path, before: await this.#keep(path, stat) });
    await this.#machine.remove(path);
  }

  removeTree(path: string): Promise<void> {
    this.#folders.clear();
    return this.#machine.removeTree(path);
  }

  async claim(...paths: readonly string[]): Promise<void> {
    // What was in it at first is what counts.
    const unclaimed = paths.filter((path) => !this.#journal?.claimOf(path));
    const contents = async (path: string) => ((await this.#machine.stat(path)) ? this.#machine.list(path) : undefined);
    const had = await allSettled(unclaimed.map(contents));
    await this.#note(...unclaimed.map((path, i) => ({ kind: 'claim', path, had: had[i] }) as const));
  }

  async define(kind: ObjectKind, name: string, definition: string): Promise<boolean> {
    const before = await this.object(kind, name);
    if (before === definition) return false;
    await this.#note({ kind: 'object', type: kind, name, before });
    await this.#machine.objects?.write(kind, name, definition);
    return true;
  }

  async undefine(kind: ObjectKind, name: string): Promise<void> {
    const before = await this.object(kind, name);
    if (before === undefined) return;
    await this.#note({ kind: 'object', type: kind, name, before });
    await this.#machine.objects?.remove(kind, name);
  }

  async enableUnit(unit: string): Promise<void> {
    const { enabled } = await this.unit(unit);
    if (enabled) return;
    await this.#note({ kind: 'enable', unit, was: enabled });
    await this.#machine.services.enable(unit);
    this.#enabled = true;
  }

  async disableUnit(unit: string): Promise<void> {
    // Of a unit that was enabled while it ran, systemd says what was true before, until it reads unit files again.
    const { enabled, exists } = await this.unit(unit);
    if (!enabled && !exists) return;
    if (enabled) await this.#note({ kind: 'enable', unit, was: enabled });
    await this.#machine.services.disable(unit);
  }

  async startUnit(unit: string): Promise<void> {
    const { active } = await this.unit(unit);
    if (active) return;
    await this.#note({ kind: 'service', unit, wasActive: active });
    await this.#machine.services.start(unit);
  }

  async stopUnit(unit: string): Promise<void> {
    this.#folders.clear();
    const { active } = await this.unit(unit);
    if (active) await this.#note({ kind: 'service', unit, wasActive: active });
    await this.#machine.services.stop(unit);
  }

  async restartUnit(unit: string): Promise<void> {
    this.#folders.clear();
    await this.#note({ kind: 'service', unit, wasActive: (await this.unit(unit)).active });
    await this.#machine.services.restart(unit);
  }

  async applyUnit(unit: string, files: readonly string[], state?: UnitState): Promise<boolean> {
    const { active, outdated } = state ?? (await this.unit(unit));
    if (active && !this.#journal?.isStale(unit, files)) return false;
    if (outdated) await this.reloadUnits();
    await this.#note({ kind: 'service', unit, wasActive: active });
    if (active) await this.#machine.services.restart(unit);
    else await this.#machine.services.start(unit);
    await this.#journal?.append({ kind: 'started', unit });
    return true;
  }

  reloadUnits(): Promise<void> {
    this.#enabled = false;
    this.#reloading = this.#machine.services.reload();
    return this.#reloading;
  }

  async setSysctl(key: string, value: string): Promise<void> {
    const before = await this.#machine.sysctl(key);
    if (before === undefined || before === value) return;
    await this.#note({ kind: 'sysctl', key, before });
    await this.#machine.setSysctl(key, value);
  }

  /** An image that was there before is not noted: it stays at a reset. So without a list, nothing is imported. */
  async importImage(path: string, names: readonly string[], known?: ReadonlySet<string>): Promise<void> {
    const there = known ?? (await this.#images());
    const boot = await this.sysctl(BOOT);
    const noted = this.#journal?.unsyncedImages;
    for (const name of names.filter((each) => !there.has(each))) {
      if (boot && noted?.has(name)) await this.#journal?.append({ kind: 'reimport', name, boot });
      else await this.#note({ kind: 'image', name, archive: path, boot });
    }
    await this.run('ctr', importArguments(this.nativePath(path)), { timeoutMs: 600_000 });
  }

  async #images(): Promise<ReadonlySet<string>> {
    const args = [...IMAGES, 'list', '--quiet'];
    const listing = await this.query('ctr', args);
    if (listing.exitCode !== 0) throw commandError('ctr', args, listing);
    return new Set(listing.stdout.split('\n'));
  }

  async imagesInDoubt(): Promise<readonly string[]> {
    return this.#journal ? imagesInDoubt(this, this.#journal) : [];
  }

  async settle(): Promise<void> {
    await Promise.all([this.#syncImages(), this.#enabled ? this.reloadUnits() : this.#reloading]);
  }

  /** One that fails is not noted: after a power cut the images are imported again. */
  async #syncImages(): Promise<void> {
    const boots = new Set(this.#journal?.unsyncedImages.values());
    const boot = boots.size > 0 ? await this.sysctl(BOOT) : undefined;
    if (boot === undefined || !boots.has(boot)) return;
    if (await this.#sync(PATHS.containerd.data)) await this.#journal?.append({ kind: 'synced', boot });
  }

  /** Another file system may be a share of a server that is gone; a `sync` older than coreutils 8.24 knows only all of them. */
  async #sync(path: string): Promise<boolean> {
    for (const args of [['-f', path], []])
      if ((await this.query('sync', args, { timeoutMs: SYNC_LIMIT_MS })).exitCode === 0) return true;
    return false;
  }

  async chosen(key: ChoiceKey): Promise<string | undefined> {
    return this.#choices?.choice(key);
  }

  async choose(key: ChoiceKey, make: () => string): Promise<string> {
    const chosen = await this.chosen(key);
    if (chosen !== undefined) return chosen;
    const value = make();
    await this.#journal?.append({ kind: 'choice', key, value });
    return value;
  }

  async #note(...changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const phase = runningPhase.getStore() ?? this.phase;
    await this.#journal?.append(...changes.map((change) => ({ ...change, phase })));
  }

  async #keep(path: string, stat: FileStat | undefined): Promise<Before> {
    return (await this.#journal?.keep(path, stat)) ?? { type: 'absent' };
  }
}

/**
 * The bytes of a file, failing at their end if their sum is not the one expected: the file may have been changed
 * since it was last looked at.
 */
function checkedStream(path: string, sha256: string): Readable {
  async function* bytes(): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
    const found = hash.digest('hex');
    if (found === sha256) return;
    throw new EdgeadmError({
      code: 'BUNDLE_INVALID',
      what: `${path} is damaged or was changed`,
      why: `SHA-256 expected ${sha256}, found ${found}`,
    });
  }
  return Readable.from(bytes(), { objectMode: false, highWaterMark: CHUNK_BYTES });
}

/** What {@link Host.imagesInDoubt} tells, by a journal that the host may not write. */
export async function imagesInDoubt(host: Pick<Host, 'sysctl'>, { unsyncedImages }: Journal): Promise<string[]> {
  const now = unsyncedImages.size > 0 ? await host.sysctl(BOOT) : undefined;
  return [...unsyncedImages].flatMap(([name, boot]) => (boot === now ? [] : [name]));
}

/** The error for a program that failed: its exit code and the end of its output. A full disk has its own code. */
export function commandError(file: string, args: readonly string[], result: ProgramResult): EdgeadmError {
  const output = `${result.stderr}\n${result.stdout}`.trim().split('\n').slice(-8).join('\n');
  return new EdgeadmError({
    code: /no space left on device|disk quota exceeded/i.test(output) ? 'NO_SPACE' : 'COMMAND_FAILED',
    what: `${[file, ...args].join(' ')} ${result.timedOut ? 'timed out' : `failed with exit code ${result.exitCode}`}`,
    why: output || 'it printed nothing',
  });
}
