import { createPatch } from 'diff';
import type { Host } from './host.ts';
import type { CommandOptions, FileAttributes, FileStat, ProgramResult } from './machine.ts';

/** Tells one thing that would be done; `diff` is a unified diff if a text file would change. */
export type ReportAction = (action: string, diff?: string) => void;

type Planned = { readonly content: Buffer; readonly mode: number } | 'absent';

const SECRET_MODE = 0o077;

/** The door of a dry run: asks the real host, tells what would be changed and changes nothing. */
export function recorder(host: Host, plan: ReportAction): Host {
  const files = new PlannedFiles(host, plan);
  return {
    name: host.name,
    unbound: host.unbound,
    wet: false,
    runsPrograms: host.runsPrograms,
    runsUnits: host.runsUnits,
    facts: () => host.facts(),
    network: () => host.network(),
    clock: () => host.clock(),
    query: (file, args, options) => host.query(file, args, options),
    list: (path) => host.list(path),
    sha256: (path) => host.sha256(path),
    nativePath: (path) => host.nativePath(path),
    object: (kind, name) => host.object(kind, name),
    sysctl: (key) => host.sysctl(key),
    unit: (unit) => host.unit(unit),
    unitLog: (unit, lines, since) => host.unitLog(unit, lines, since),
    connect: (address, options) => host.connect(address, options),
    run: async (file: string, args: readonly string[], _options?: CommandOptions): Promise<ProgramResult> => {
      plan(`run ${[file, ...args].join(' ')}`);
      return { exitCode: 0, stdout: '', stderr: '' };
    },
    ...fileChanges(host, files, plan),
    ...unitChanges(host, files, plan),
    claim: async () => {},
    define: async (kind, name, definition) => {
      const before = await host.object(kind, name);
      if (before !== definition) plan(`${before === undefined ? 'create' : 'change'} ${kind} ${name}`);
      return before !== definition;
    },
    undefine: async (kind, name) => {
      if ((await host.object(kind, name)) !== undefined) plan(`remove ${kind} ${name}`);
    },
    setSysctl: async (key, value) => {
      const before = await host.sysctl(key);
      if (before !== undefined && before !== value) plan(`set ${key} = ${value} (is ${before})`);
    },
    importImage: async (path, names) => plan(`import ${names.join(', ')} from ${path}`),
    imagesInDoubt: () => host.imagesInDoubt(),
    settle: async () => {},
    chosen: (key) => host.chosen(key),
    choose: async (key, make) => (await host.chosen(key)) ?? make(),
  };
}

/** Remembers what would have been written, so that later steps see the node as it would be. */
class PlannedFiles {
  readonly #host: Host;
  readonly #plan: ReportAction;
  readonly #files = new Map<string, Planned>();

  constructor(host: Host, plan: ReportAction) {
    this.#host = host;
    this.#plan = plan;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  async read(path: string): Promise<Buffer | undefined> {
    const known = this.#files.get(path);
    if (known) return known === 'absent' ? undefined : known.content;
    return this.#host.readBytes(path);
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const known = this.#files.get(path);
    if (!known) return this.#host.stat(path);
    if (known === 'absent') return undefined;
    return { type: 'file', mode: known.mode, uid: 0, gid: 0, size: known.content.length, device: 0 };
  }

  async write(path: string, content: Buffer, attributes: FileAttributes): Promise<boolean> {
    const before = await this.read(path);
    const mode = (await this.#host.stat(path))?.mode;
    if (before?.equals(content) && (this.has(path) || mode === attributes.mode)) return false;
    this.#files.set(path, { content, mode: attributes.mode });
    this.#plan(
      `write ${path} (${describeMode(attributes.mode)}, ${content.length} bytes)`,
      difference(path, before, content, attributes.mode),
    );
    return true;
  }

  async remove(path: string): Promise<void> {
    const known = this.#files.get(path);
    if (known === 'absent' || (!known && !(await this.#host.stat(path)))) return;
    this.#files.set(path, 'absent');
    this.#plan(`remove ${path}`);
  }
}

function fileChanges(host: Host, files: PlannedFiles, plan: ReportAction) {
  const folders = new Set<string>();
  return {
    read: async (path) => (await files.read(path))?.toString('utf8'),
    readBytes: (path) => files.read(path),
    stat: (path) => files.stat(path),
    write: (path, content, attributes) => files.write(path, Buffer.from(content), attributes),
    upload: async (_localPath, path, attributes) => {
      if ((await host.sha256(path)) === attributes.sha256) return false;
      plan(`install ${path} (${describeMode(attributes.mode)}, sha256:${attributes.sha256.slice(0, 12)})`);
      return true;
    },
    copyFile: async (from, path, attributes) => {
      const content = await files.read(from);
      if (content) await files.write(path, content, attributes);
    },
    symlink: async (target, path) => {
      if ((await host.stat(path))?.target === target) return false;
      plan(`link ${path} to ${target}`);
      return true;
    },
    makeDirectory: async (path, mode) => {
      if (folders.has(path) || (await host.stat(path))) return;
      folders.add(path);
      plan(`create folder ${path} (${describeMode(mode)})`);
    },
    remove: (path) => files.remove(path),
    removeTree: async (path) => {
      const found = await host.stat(path);
      if (found) plan(`remove ${path}${found.type === 'directory' ? ' and its contents' : ''}`);
    },
  } satisfies Partial<Host>;
}

function unitChanges(host: Host, files: PlannedFiles, plan: ReportAction) {
  return {
    enableUnit: async (unit) => {
      if (!(await host.unit(unit)).enabled) plan(`enable ${unit}`);
    },
    disableUnit: async (unit) => {
      if ((await host.unit(unit)).enabled) plan(`disable ${unit}`);
    },
    startUnit: async (unit) => {
      if (!(await host.unit(unit)).active) plan(`start ${unit}`);
    },
    stopUnit: async (unit) => {
      if ((await host.unit(unit)).active) plan(`stop ${unit}`);
    },
    restartUnit: async (unit) => plan(`restart ${unit}`),
    applyUnit: async (unit, paths) => {
      const { active } = await host.unit(unit);
      const stale = paths.some((path) => files.has(path));
      if (!active || stale) plan(`${active ? 'restart' : 'start'} ${unit}`);
      return !active || stale;
    },
    reloadUnits: async () => plan('reload unit files'),
  } satisfies Partial<Host>;
}

function describeMode(mode: number): string {
  return `0${mode.toString(8)}`;
}

/** A diff for a text file that exists; none for secrets, which a plan must not show. */
function difference(path: string, before: Buffer | undefined, after: Buffer, mode: number): string | undefined {
  const secret = (mode & SECRET_MODE) === 0;
  if (!before || secret || before.includes(0) || after.includes(0)) return undefined;
  return createPatch(path, before.toString('utf8'), after.toString('utf8'), 'now', 'then');
}
