import { machine as hardware } from 'node:os';
import { dirname, resolve } from 'node:path';
import { confine } from './confine.ts';
import { localMachine } from './local.ts';
import type { CommandResult, FileAttributes, Machine, ServiceManager } from './machine.ts';
import { sysctlPath } from './sysctl.ts';

/** A command that was found but cannot be run, as shells have it. */
const CANNOT_RUN = 126;
const WANTS = '/etc/systemd/system/multi-user.target.wants';
/** In the order in which systemd looks. */
const UNIT_FOLDERS = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
const STARTED = '/run/edgeadm/units';
/** What a root folder has not of its own: processors and memory are those of the machine it lies on. */
const SHARED = new Set(['/proc/cpuinfo', '/proc/meminfo']);

type FileMethods = Omit<
  Machine,
  'name' | 'runsPrograms' | 'services' | 'exec' | 'connect' | 'network' | 'clock' | 'close' | 'sysctl' | 'setSysctl'
>;

/**
 * A folder that stands for a machine (`--root DIR`): files are written into it, units are enabled and started by files
 * alone, no program is run. Nothing outside of the folder is ever touched, and no root is needed.
 */
export function scratchMachine(directory: string): Machine {
  const root = resolve(directory);
  const files = confinedFiles(root);
  return {
    ...files,
    name: root,
    runsPrograms: false,
    services: pretendedServices(files),
    exec: (file, args) => answer(root, files, file, args),
    connect: (address, options) => localMachine().connect(address, options),
    network: () => localMachine().network(),
    sysctl: async (key) => (await files.readFile(sysctlPath(key)))?.toString('utf8').trim(),
    setSysctl: async (key, value) => {
      await makeFolders(files, dirname(sysctlPath(key)));
      await files.writeFile(sysctlPath(key), Buffer.from(`${value}\n`), { mode: 0o644 });
    },
    clock: () => localMachine().clock(),
    close: async () => {},
  };
}

/** The files of this machine, each path moved into the root. */
function confinedFiles(root: string): FileMethods {
  const here = localMachine();
  const entry = (path: string): Promise<string> => confine(root, path, false);
  const target = (path: string): Promise<string> => confine(root, path, true);
  return {
    readFile: async (path) => {
      const own = await here.readFile(await target(path));
      return own ?? (SHARED.has(path) ? here.readFile(path) : undefined);
    },
    writeFile: async (path, content, attributes) =>
      here.writeFile(await entry(path), content, withoutOwner(attributes)),
    copyFile: async (from, path, attributes) =>
      here.copyFile(await target(from), await entry(path), withoutOwner(attributes)),
    appendFile: async (path, text) => here.appendFile(await target(path), text),
    stat: async (path) => here.stat(await entry(path)),
    list: async (path) => here.list(await target(path)),
    makeDirectory: async (path, mode) => here.makeDirectory(await target(path), mode),
    symlink: async (to, path) => here.symlink(to, await entry(path)),
    remove: async (path) => here.remove(await entry(path)),
    removeTree: async (path) => here.removeTree(await entry(path)),
    sha256: async (path) => here.sha256(await target(path)),
    lock: async (path) => here.lock(await target(path)),
  };
}

/** Only root may give files away. */
function withoutOwner(attributes: FileAttributes): FileAttributes {
  return process.getuid?.() === 0 ? attributes : { mode: attributes.mode };
}

/** Enabled is a symlink, as systemctl makes it; started is a file in /run, which a stop removes. */
function pretendedServices(files: FileMethods): ServiceManager {
  const unitFile = async (unit: string): Promise<string | undefined> => {
    for (const folder of UNIT_FOLDERS) if (await files.stat(`${folder}/${unit}`)) return `${folder}/${unit}`;
    return undefined;
  };
  const start = async (unit: string): Promise<void> => {
    await makeFolders(files, STARTED);
    await files.writeFile(`${STARTED}/${unit}`, Buffer.from('active\n'), { mode: 0o644 });
  };
  return {
    state: async (unit) => {
      const active = (await files.stat(`${STARTED}/${unit}`)) !== undefined;
      const enabled = (await files.stat(`${WANTS}/${unit}`)) !== undefined;
      return { exists: (await unitFile(unit)) !== undefined, active, enabled, detail: active ? 'active' : 'inactive' };
    },
    enable: async (unit) => {
      await makeFolders(files, WANTS);
      await files.symlink((await unitFile(unit)) ?? `${UNIT_FOLDERS[0]}/${unit}`, `${WANTS}/${unit}`);
    },
    disable: async (unit) => {
      await files.remove(`${WANTS}/${unit}`);
      await removeIfEmpty(files, WANTS);
    },
    start,
    restart: start,
    stop: async (unit) => {
      await files.remove(`${STARTED}/${unit}`);
      await removeIfEmpty(files, STARTED);
      await removeIfEmpty(files, dirname(STARTED));
    },
    reload: async () => {},
    log: async () => '',
  };
}

async function makeFolders(files: FileMethods, path: string): Promise<void> {
  if (path === '/') return;
  await makeFolders(files, dirname(path));
  await files.makeDirectory(path, 0o755);
}

async function removeIfEmpty(files: FileMethods, path: string): Promise<void> {
  if ((await files.stat(path)) && (await files.list(path)).length === 0) await files.remove(path);
}

/** The few questions that files can answer; every program is refused. */
async function answer(root: string, files: FileMethods, file: string, args: readonly string[]): Promise<CommandResult> {
  const kernel = async (name: string): Promise<string | undefined> =>
    (await files.readFile(sysctlPath(`kernel.${name}`)))?.toString('utf8').trim();
  const question = [file, ...args].join(' ');
  const said = (text: string): CommandResult => ({ exitCode: 0, stdout: `${text}\n`, stderr: '' });
  if (question === 'id -u') return said('0');
  if (question === 'uname -s -m') {
    return said(`${(await kernel('ostype')) ?? 'Linux'} ${(await kernel('arch')) ?? hardware()}`);
  }
  return { exitCode: CANNOT_RUN, stdout: '', stderr: `${file}: no program is run on the scratch root ${root}` };
}
