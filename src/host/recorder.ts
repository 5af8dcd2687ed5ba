import { createPatch } from 'diff';
import type { Host } from './host.ts';
import type { CommandOptions, FileAttributes, ProgramResult } from './machine.ts';

/** Tells one thing that would be done; `diff` is a unified diff if a text file would change. */
export type ReportAction = (action: string, diff?: string) => void;

type Planned = { readonly content: Buffer; readonly mode: number } | 'absent';

const SECRET_MODE = 0o077;

/**
 * The door of a dry run: asks the real host, tells what would be changed and changes nothing. What would have been
 * written is remembered, so that later steps see the node as it would be.
 */
export function recorder(host: Host, plan: ReportAction): Host {
  const files = new Map<string, Planned>();
  const folders = new Set<string>();
  const planned = async (path: string): Promise<Buffer | undefined> => {
    const known = files.get(path);
    if (known) return known === 'absent' ? undefined : known.content;
    return host.readBytes(path);
  };
  const write = async (path: string, content: Buffer, attributes: FileAttributes): Promise<boolean> => {
    const before = await planned(path);
    const mode = (await host.stat(path))?.mode;
    if (before?.equals(content) && (files.has(path) || mode === attributes.mode)) return false;
    files.set(path, { content, mode: attributes.mode });
    plan(
      `write ${path} (${describeMode(attributes.mode)}, ${content.length} bytes)`,
      difference(path, before, content, attributes.mode),
    );
    return true;
  };
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
    read: async (path) => (await planned(path))?.toString('utf8'),
    readBytes: planned,
    stat: async (path) => {
      const known = files.get(path);
      if (!known) return host.stat(path);
      if (known === 'absent') return undefined;
      return { type: 'file', mode: known.mode, uid: 0, gid: 0, size: known.content.length, device: 0 };
    },
    list: (path) => host.list(path),
    sha256: (path) => host.sha256(path),
    sysctl: (key) => host.sysctl(key),
    unit: (unit) => host.unit(unit),
    unitLog: (unit, lines, since) => host.unitLog(unit, lines, since),
    connect: (address, options) => host.connect(address, options),
    run: async (file: string, args: readonly string[], _options?: CommandOptions): Promise<ProgramResult> => {
      plan(`run ${[file, ...args].join(' ')}`);
      return { exitCode: 0, stdout: '', stderr: '' };
    },
    write: (path, content, attributes) => write(path, Buffer.from(content), attributes),
    upload: async (_localPath, path, attributes) => {
      if ((await host.sha256(path)) === attributes.sha256) return false;
      plan(`install ${path} (${describeMode(attributes.mode)}, sha256:${attributes.sha256.slice(0, 12)})`);
      return true;
    },
    copyFile: async (from, path, attributes) => {
      const content = await planned(from);
      if (content) await write(path, content, attributes);
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
    remove: async (path) => {
      const known = files.get(path);
      if (known === 'absent' || (!known && !(await host.stat(path)))) return;
      files.set(path, 'absent');
      plan(`remove ${path}`);
    },
    removeTree: async (path) => {
      if (await host.stat(path)) plan(`remove ${path} and its contents`);
    },
    claim: async () => {},
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
    setSysctl: async (key, value) => {
      const before = await host.sysctl(key);
      if (before !== undefined && before !== value) plan(`set ${key} = ${value} (is ${before})`);
    },
    importImage: async (path, names) => plan(`import ${names.join(', ')} from ${path}`),
    chosen: (key) => host.chosen(key),
    choose: async (key, make) => (await host.chosen(key)) ?? make(),
  };
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
