import { realpath } from 'node:fs/promises';
import { machine as hardware } from 'node:os';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { EdgeadmError } from '../errors/index.ts';
import { checkShape, yamlMap } from '../lib/check-shape.ts';
import { confine } from './confine.ts';
import { describeAddress } from './failures.ts';
import { localMachine } from './local.ts';
import type { Address, CopyAttributes, Machine, ProgramResult, ServiceManager } from './machine.ts';
import { parseMountinfo } from './mount-table.ts';
import { PATHS } from './node-paths.ts';
import { AGENT_PATHS, FAKE_PROGRAM_HEADER, hasAgent, isOwnAddress, portSocket } from './scratch-agent.ts';
import { sysctlPath } from './sysctl.ts';
import { withSignal } from './with-signal.ts';

/** A command that was found but cannot be run, as shells have it. */
const CANNOT_RUN = 126;
const ACTIVE = 'active';
/** A file that stands for a program is small; a real one need not be read. */
const STAND_IN_BYTES = 1024;
/** A kubelet of a sandbox ends at once. */
const STOP_LIMIT_MS = 5000;
const MOUNTS = '/proc/self/mountinfo';
/** What a root folder does not have itself: processors and memory are those of the machine it is on. */
const SHARED = new Set(['/proc/cpuinfo', '/proc/meminfo']);

type RootMethods = Omit<
  Machine,
  | 'name'
  | 'runsPrograms'
  | 'runsUnits'
  | 'services'
  | 'exec'
  | 'connect'
  | 'network'
  | 'clock'
  | 'close'
  | 'withSignal'
  | 'sysctl'
  | 'setSysctl'
>;

const NETWORK = z.object({
  interfaces: z.array(z.object({ name: z.string(), up: z.boolean().default(true), addresses: z.array(z.string()) })),
  routes: z.array(
    z.object({
      destination: z.string(),
      interface: z.string(),
      metric: z.number().default(0),
      gateway: z.string().optional(),
      source: z.string().optional(),
    }),
  ),
});

/**
 * A folder that stands for a machine (`--root DIR`): files are written into it, units are enabled and started by files
 * alone, no program is run. Nothing outside of the folder is ever touched, and no root is needed. Where a sandbox
 * attends the folder, it does what those files say.
 */
export function scratchMachine(directory: string): Machine {
  const root = resolve(directory);
  const files = confinedFiles(root);
  const attended = hasAgent(root);
  const machine: Machine = {
    ...files,
    name: root,
    runsPrograms: false,
    runsUnits: attended,
    services: pretendedServices(files, attended),
    exec: (file, args) => answer(root, files, file, args),
    connect: async (address, options) => localMachine().connect(await throughSocket(root, address), options),
    network: async () => {
      const own = await files.readFile(AGENT_PATHS.network);
      if (!own) return localMachine().network();
      const origin = { what: `${root}${AGENT_PATHS.network}`, code: 'PREFLIGHT_FAILED' } as const;
      return checkShape(NETWORK, yamlMap(own.toString('utf8'), origin), origin);
    },
    sysctl: async (key) => (await textOf(files, sysctlPath(key)))?.trim(),
    setSysctl: async (key, value) => {
      await makeFolders(files, dirname(sysctlPath(key)));
      await files.writeFile(sysctlPath(key), Buffer.from(`${value}\n`), { mode: 0o644 });
    },
    clock: () => localMachine().clock(),
    withSignal: (signal) => withSignal(machine, signal),
    close: async () => {},
  };
  return machine;
}

async function throughSocket(root: string, address: Address): Promise<Address> {
  if ('socket' in address) return address;
  const { host, port } = address;
  const socket = await portSocket(root, host, port);
  if (socket !== undefined) return { socket };
  if (!isOwnAddress(host, port)) return address;
  throw new EdgeadmError({
    code: 'API_UNREACHABLE',
    what: `cannot connect to ${describeAddress(address)}`,
    why: `no process listens there on the scratch root ${root}`,
  });
}

/** The files of this machine, each path moved into the root. */
function confinedFiles(root: string): RootMethods {
  const here = localMachine();
  const entry = (path: string): Promise<string> => confine(root, path, false);
  const target = (path: string): Promise<string> => confine(root, path, true);
  return {
    readFile: async (path) => {
      const own = await here.readFile(await target(path));
      if (path === MOUNTS) return withRealMounts(own, await mountsWithin(root));
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

/** The lines of this machine's table of mounts that are about the root folder, with the paths that it has for them. */
async function mountsWithin(root: string): Promise<string> {
  const table = (await localMachine().readFile(MOUNTS))?.toString('utf8') ?? '';
  const real = await realpath(root).catch(() => root);
  const lines = table.split('\n').flatMap((line) => {
    const [mount] = parseMountinfo(line);
    if (!mount?.path.startsWith(`${real}/`)) return [];
    const fields = line.split(' ');
    // A blank in a path is written as \040, so that nothing else in the line changes.
    fields[4] = (fields[4] ?? '').slice(-escapedLength(mount.path.slice(real.length)));
    return [fields.join(' ')];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function escapedLength(path: string): number {
  return [...path].reduce((sum, char) => sum + (/[ \t\n\\]/.test(char) ? 4 : char.length), 0);
}

/** What is mounted there counts, whatever the folder says of itself. */
function withRealMounts(own: Buffer | undefined, real: string): Buffer | undefined {
  return real === '' ? own : Buffer.from(`${own ?? ''}${real}`);
}

/** Only root may give files away. */
function withoutOwner(attributes: CopyAttributes): CopyAttributes {
  if (process.getuid?.() === 0) return attributes;
  const { uid: _, gid: __, ...own } = attributes;
  return own;
}

/** Enabled is a symlink, as systemctl makes it; started is a file in /run, which a stop removes. */
function pretendedServices(files: RootMethods, attended: boolean): ServiceManager {
  const unitFile = async (unit: string): Promise<string | undefined> => {
    for (const folder of PATHS.system.unitFolders)
      if (await files.stat(`${folder}/${unit}`)) return `${folder}/${unit}`;
    return undefined;
  };
  const start = async (unit: string): Promise<void> => {
    await makeFolders(files, AGENT_PATHS.units);
    await files.writeFile(`${AGENT_PATHS.units}/${unit}`, Buffer.from(`${ACTIVE}\n`), { mode: 0o644 });
  };
  return {
    state: async (unit) => {
      const detail = (await textOf(files, `${AGENT_PATHS.units}/${unit}`))?.trim() ?? 'inactive';
      const enabled = (await files.stat(`${PATHS.system.enabledUnits}/${unit}`)) !== undefined;
      const file = await unitFile(unit);
      const masked = file !== undefined && (await files.stat(file))?.target === '/dev/null';
      return {
        exists: file !== undefined && !masked,
        active: detail === ACTIVE,
        enabled,
        ...(masked && { masked }),
        detail,
      };
    },
    enable: async (unit) => {
      await makeFolders(files, PATHS.system.enabledUnits);
      await files.symlink(
        (await unitFile(unit)) ?? `${PATHS.system.unitFolders[0]}/${unit}`,
        `${PATHS.system.enabledUnits}/${unit}`,
      );
    },
    disable: async (unit) => {
      await files.remove(`${PATHS.system.enabledUnits}/${unit}`);
      await removeIfEmpty(files, PATHS.system.enabledUnits);
    },
    start,
    restart: start,
    stop: async (unit) => {
      await files.remove(`${AGENT_PATHS.units}/${unit}`);
      if (attended) await untilGone(files, `${AGENT_PATHS.running}/${unit}`);
      await removeIfEmpty(files, AGENT_PATHS.units);
      await removeIfEmpty(files, dirname(AGENT_PATHS.units));
    },
    reload: async () => {},
    log: async (unit, lines) =>
      ((await textOf(files, `${AGENT_PATHS.logs}/${unit}.log`)) ?? '').trimEnd().split('\n').slice(-lines).join('\n'),
  };
}

async function textOf(files: RootMethods, path: string): Promise<string | undefined> {
  return (await files.readFile(path))?.toString('utf8');
}

async function untilGone(files: RootMethods, path: string): Promise<void> {
  const limit = performance.now() + STOP_LIMIT_MS;
  while ((await files.stat(path)) && performance.now() < limit) await delay(10);
}

async function makeFolders(files: RootMethods, path: string): Promise<void> {
  if (path === '/') return;
  await makeFolders(files, dirname(path));
  await files.makeDirectory(path, 0o755);
}

async function removeIfEmpty(files: RootMethods, path: string): Promise<void> {
  if ((await files.stat(path)) && (await files.list(path)).length === 0) await files.remove(path);
}

/** The few questions that files can answer; every program is refused. */
async function answer(root: string, files: RootMethods, file: string, args: readonly string[]): Promise<ProgramResult> {
  const kernel = async (name: string): Promise<string | undefined> =>
    (await textOf(files, sysctlPath(`kernel.${name}`)))?.trim();
  const question = [file, ...args].join(' ');
  const said = (text: string): ProgramResult => ({ exitCode: 0, stdout: `${text}\n`, stderr: '' });
  if (question === 'id -u') return said('0');
  if (question === 'uname -s -m') {
    return said(`${(await kernel('ostype')) ?? 'Linux'} ${(await kernel('arch')) ?? hardware()}`);
  }
  if (args.join() === '--version' && ((await files.stat(file))?.size ?? 0) <= STAND_IN_BYTES) {
    const [head, ...version] = ((await textOf(files, file)) ?? '').split('\n');
    if (head === FAKE_PROGRAM_HEADER) return said(version.join('\n').trim());
  }
  return { exitCode: CANNOT_RUN, stdout: '', stderr: `${file}: programs cannot run on the scratch root ${root}` };
}
