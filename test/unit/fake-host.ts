import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Duplex } from 'node:stream';
import { EdgeadmError } from '../../src/errors/index.ts';
import type { Host } from '../../src/host/host.ts';
import type { HostFacts } from '../../src/host/host-facts.ts';
import type { JournalFiles } from '../../src/host/journal/journal.ts';
import type { Address, CommandOptions, FileStat, Network, ProgramResult, UnitState } from '../../src/host/machine.ts';

/** A file of the fake machine. A folder is there as soon as something is in it, or where it is said so. */
export type FakeFile =
  | string
  | Buffer
  | { readonly content: string | Buffer; readonly mode?: number }
  | { readonly symlink: string }
  | { readonly directory: true }
  /** Cannot be read. */
  | EdgeadmError;

type FakeAnswer = string | Partial<ProgramResult>;

/** What the fake machine is and answers; what is not said is an ordinary Linux node with nothing on it. */
export interface FakeNode {
  readonly name?: string;
  readonly runsPrograms?: boolean;
  readonly facts?: Partial<HostFacts>;
  /** By path; `undefined` takes away what an overlaid machine has. */
  readonly files?: Readonly<Record<string, FakeFile | undefined>>;
  /** By the command line (`df -P -k /`) or by the program alone; a text is its standard output. Others exit with 127. */
  readonly commands?: Readonly<
    Record<string, FakeAnswer | ((args: readonly string[], options?: CommandOptions) => FakeAnswer)>
  >;
  readonly units?: Readonly<Record<string, Partial<UnitState>>>;
  readonly network?: Partial<Network>;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Refuses every connection unless given. */
  readonly connect?: (address: Address) => Promise<Duplex>;
  /** Milliseconds since 1970; default now. */
  readonly now?: () => number;
}

export interface FakeHost extends Host {
  /** What was changed, in order: `write /etc/hosts`, `start kubelet.service`, `run modprobe overlay`. */
  readonly changes: readonly string[];
  /** The programs that were asked, as command lines. */
  readonly queries: readonly string[];
}

const FACTS: HostFacts = {
  platform: 'linux',
  os: { id: 'ubuntu', name: 'Ubuntu', version: '20.04', pretty: 'Ubuntu 20.04.6 LTS' },
  kernel: '5.4.0-150-generic',
  arch: 'amd64',
  hostname: 'edge-1',
  machineId: '0123456789abcdef0123456789abcdef',
  cpus: 4,
  memoryBytes: 8 * 1024 ** 3,
  init: 'systemd',
  uid: 0,
};

/** A Host in memory: files, programs, units and network answer as the test says, and what is changed is noted. */
export function fakeHost(node: FakeNode = {}): FakeHost {
  const files = new Map<string, FakeFile>();
  for (const [path, file] of Object.entries(node.files ?? {})) if (file !== undefined) files.set(path, file);
  const units = new Map<string, UnitState>();
  const sysctls = new Map(Object.entries(node.sysctls ?? {}));
  const choices = new Map<string, string>();
  const objects = new Map<string, string>();
  const changes: string[] = [];
  const queries: string[] = [];
  for (const [name, state] of Object.entries(node.units ?? {})) units.set(name, unitState(state));
  const unit = async (name: string): Promise<UnitState> => units.get(name) ?? unitState({ exists: false });
  const change = (what: string): void => void changes.push(what);
  const setUnit = async (verb: string, name: string, state: Partial<UnitState>): Promise<void> => {
    change(`${verb} ${name}`);
    units.set(name, unitState({ ...units.get(name), ...state }));
  };
  const read = async (path: string): Promise<Buffer | undefined> => contentOf(files, path);
  const write = async (path: string, content: string | Buffer, mode: number): Promise<boolean> => {
    const before = contentOf(files, path);
    if (before?.equals(Buffer.from(content)) && statOf(files, path)?.mode === mode) return false;
    change(`write ${path}`);
    files.set(path, { content, mode });
    return true;
  };
  return {
    name: node.name ?? 'fake',
    wet: true,
    runsPrograms: node.runsPrograms ?? true,
    runsUnits: node.runsPrograms ?? true,
    changes,
    queries,
    facts: async () => ({ ...FACTS, ...node.facts }),
    network: async () => ({ interfaces: [], routes: [], ...node.network }),
    clock: async () => ({ now: node.now?.() ?? Date.now(), uncertaintyMs: 0 }),
    query: async (file, args, options) => {
      queries.push([file, ...args].join(' '));
      return answer(node, file, args, options);
    },
    read: async (path) => (await read(path))?.toString('utf8'),
    readBytes: read,
    stat: async (path) => statOf(files, path),
    list: async (path) => childrenOf(files, path),
    sha256: async (path) => {
      const content = await read(path);
      return content && createHash('sha256').update(content).digest('hex');
    },
    nativePath: (path) => path,
    object: async (kind, name) => objects.get(`${kind} ${name}`),
    sysctl: async (key) => sysctls.get(key),
    unit,
    unitLog: async () => '',
    connect: async (address) => {
      if (node.connect) return node.connect(address);
      throw new EdgeadmError({ code: 'API_UNREACHABLE', what: 'cannot connect', why: 'connection refused' });
    },
    run: async (file, args, options) => {
      const line = [file, ...args].join(' ');
      change(`run ${line}`);
      const result = answer(node, file, args, options);
      if (result.exitCode === 0) return result;
      throw new EdgeadmError({ code: 'COMMAND_FAILED', what: `${line} failed`, why: result.stderr });
    },
    write: (path, content, { mode }) => write(path, content, mode),
    upload: (localPath, path, { mode }) => write(path, `uploaded from ${localPath}`, mode),
    copyFile: async (from, path, { mode }) => {
      await write(path, (await read(from)) ?? '', mode);
    },
    symlink: async (target, path) => {
      if (statOf(files, path)?.target === target) return false;
      change(`link ${path} to ${target}`);
      files.set(path, { symlink: target });
      return true;
    },
    makeDirectory: async (path) => {
      if (statOf(files, path)) return;
      change(`make ${path}`);
      files.set(path, { directory: true });
    },
    remove: async (path) => {
      if (files.delete(path)) change(`remove ${path}`);
    },
    removeTree: async (path) => {
      change(`remove ${path}`);
      for (const file of files.keys()) if (file === path || file.startsWith(`${path}/`)) files.delete(file);
    },
    define: async (kind, name, definition) => {
      const key = `${kind} ${name}`;
      if (objects.get(key) === definition) return false;
      change(`define ${key}`);
      objects.set(key, definition);
      return true;
    },
    undefine: async (kind, name) => {
      if (objects.delete(`${kind} ${name}`)) change(`undefine ${kind} ${name}`);
    },
    claim: async (...paths) => {
      for (const path of paths) change(`claim ${path}`);
    },
    enableUnit: (name) => setUnit('enable', name, { enabled: true }),
    disableUnit: (name) => setUnit('disable', name, { enabled: false }),
    startUnit: (name) => setUnit('start', name, { active: true }),
    stopUnit: (name) => setUnit('stop', name, { active: false }),
    restartUnit: (name) => setUnit('restart', name, { active: true }),
    applyUnit: async (name) => {
      if ((await unit(name)).active) return false;
      await setUnit('start', name, { active: true });
      return true;
    },
    reloadUnits: async () => change('reload units'),
    setSysctl: async (key, value) => {
      change(`set ${key} = ${value}`);
      sysctls.set(key, value);
    },
    importImage: async (path) => change(`import ${path}`),
    imagesInDoubt: async () => [],
    settle: async () => {},
    chosen: async (key) => choices.get(key),
    choose: async (key, make) => {
      const value = choices.get(key) ?? make();
      choices.set(key, value);
      return value;
    },
  };
}

/** The files of a fake host, for a journal that lies among them. */
export function filesOf(host: FakeHost): JournalFiles {
  return {
    readFile: host.readBytes,
    writeFile: async (path, content, { mode }) => {
      if (!Buffer.isBuffer(content)) throw new Error('a journal writes no streams');
      await host.write(path, content, { mode });
    },
    appendFile: async (path, text) => {
      await host.write(path, `${(await host.read(path)) ?? ''}${text}`, { mode: 0o600 });
    },
    copyFile: host.copyFile,
    makeDirectory: host.makeDirectory,
    remove: host.remove,
    removeTree: host.removeTree,
    list: host.list,
    stat: host.stat,
    sha256: host.sha256,
  };
}

function unitState({
  masked,
  outdated,
  notifies,
  exists = !masked,
  active = false,
  enabled = false,
  detail,
}: Partial<UnitState>): UnitState {
  return {
    ...(masked && { masked }),
    ...(outdated && { outdated }),
    ...(notifies && { notifies }),
    exists,
    active,
    enabled,
    detail: detail ?? (active ? 'active (running)' : 'inactive (dead)'),
  };
}

function answer(node: FakeNode, file: string, args: readonly string[], options?: CommandOptions): ProgramResult {
  const known = node.commands?.[[file, ...args].join(' ')] ?? node.commands?.[file];
  if (known === undefined) return { exitCode: 127, stdout: '', stderr: `${file}: not found` };
  const result = typeof known === 'function' ? known(args, options) : known;
  return { exitCode: 0, stdout: '', stderr: '', ...(typeof result === 'string' ? { stdout: result } : result) };
}

/** Symlinks are followed, as reading does. */
function contentOf(files: ReadonlyMap<string, FakeFile>, path: string): Buffer | undefined {
  const file = files.get(path);
  if (file === undefined) return undefined;
  if (file instanceof Error) throw file;
  if (typeof file === 'string' || Buffer.isBuffer(file)) return Buffer.from(file);
  if ('symlink' in file) return contentOf(files, posix.resolve(posix.dirname(path), file.symlink));
  return 'content' in file ? Buffer.from(file.content) : undefined;
}

function statOf(files: ReadonlyMap<string, FakeFile>, path: string): FileStat | undefined {
  const file = files.get(path);
  const common = { uid: 0, gid: 0, size: 0, device: 1 };
  const isFolder = file === undefined ? childrenOf(files, path).length > 0 || path === '/' : isDirectory(file);
  if (isFolder) return { ...common, type: 'directory', mode: 0o755 };
  if (file === undefined) return undefined;
  if (isSymlink(file)) return { ...common, type: 'symlink', mode: 0o777, target: file.symlink };
  const mode = (file as { mode?: number }).mode ?? 0o644;
  return { ...common, type: 'file', mode, size: file instanceof Error ? 0 : (contentOf(files, path)?.length ?? 0) };
}

function isDirectory(file: FakeFile): boolean {
  return typeof file === 'object' && 'directory' in file;
}

function isSymlink(file: FakeFile): file is { symlink: string } {
  return typeof file === 'object' && 'symlink' in file;
}

function childrenOf(files: ReadonlyMap<string, FakeFile>, path: string): string[] {
  const folder = path === '/' ? '/' : `${path}/`;
  const below = [...files.keys()].filter((file) => file.startsWith(folder) && file !== folder);
  return [...new Set(below.map((file) => file.slice(folder.length).split('/')[0] ?? ''))].sort();
}
