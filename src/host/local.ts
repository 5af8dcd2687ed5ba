import { createHash } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { EdgeadmError } from '../errors/index.ts';
import { describeAddress, type NodeError, notThere, pathError } from './failures.ts';
import { flock } from './flock.ts';
import type { CommandOptions, CommandResult, FileAttributes, FileStat, Machine } from './machine.ts';
import { parseIpAddresses, parseIpRoutes } from './network.ts';
import { systemd } from './systemd.ts';

const DEFAULT_TIMEOUT_MS = 120_000;
/** Programs are found and speak alike whatever the caller's environment: cloud-init starts us with hardly any. */
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** The machine that edgeadm runs on. */
export function localMachine(): Machine {
  const machine: Machine = {
    name: 'localhost',
    runsPrograms: true,
    services: systemd((file, args) => execLocal(file, args)),
    exec: execLocal,
    readFile: (path) => orUndefined(readFile(path), path),
    writeFile: writeAtomically,
    appendFile: appendAndSync,
    stat: statOf,
    list: async (path) => ((await orUndefined(readdir(path), path)) ?? []).sort(),
    makeDirectory: (path, mode) => guard(path, makeOneDirectory(path, mode)),
    symlink: (target, path) => guard(path, symlink(target, path)),
    rename: (from, to) => guard(to, rename(from, to)),
    remove: removeOne,
    removeTree,
    sha256: hashOf,
    connect: dial,
    network: async () => ({
      interfaces: parseIpAddresses((await execLocal('ip', ['-oneline', 'address', 'show'])).stdout),
      routes: parseIpRoutes(
        (await execLocal('ip', ['-4', 'route', 'show'])).stdout,
        (await execLocal('ip', ['-6', 'route', 'show'])).stdout,
      ),
    }),
    sysctl: async (key) => (await orUndefined(readFile(sysctlPath(key), 'utf8'), key))?.trim(),
    setSysctl: (key, value) => guard(sysctlPath(key), writeInPlace(sysctlPath(key), value)),
    lock: (path) => flock(path),
    clock: async () => ({ now: Date.now(), uncertaintyMs: 0 }),
    close: async () => {},
  };
  return machine;
}

async function execLocal(file: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await execa(file, args, {
    input: options.input ?? '',
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    cancelSignal: options.signal,
    env: ENVIRONMENT,
    extendEnv: true,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 32 * 1024 * 1024,
  });
  if (result.code === 'ENOENT') return { exitCode: 127, stdout: '', stderr: `${file}: not found` };
  return {
    exitCode: result.exitCode ?? -1,
    stdout: result.stdout,
    stderr: result.stderr || (result.failed ? (result.shortMessage ?? '') : ''),
    timedOut: result.timedOut,
  };
}

async function writeAtomically(path: string, content: Buffer | Readable, attributes: FileAttributes): Promise<void> {
  const temporary = join(dirname(path), `.edgeadm-${process.pid}-${Math.random().toString(36).slice(2, 8)}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await fill(file, content);
      await file.chmod(attributes.mode);
      if (attributes.uid !== undefined) await file.chown(attributes.uid, attributes.gid ?? attributes.uid);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw pathError(path, error);
  }
}

async function fill(file: FileHandle, content: Buffer | Readable): Promise<void> {
  if (content instanceof Readable) await pipeline(content, file.createWriteStream({ autoClose: false }));
  else await file.writeFile(content);
}

async function appendAndSync(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600);
    try {
      await file.appendFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw pathError(path, error);
  }
}

async function writeInPlace(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

async function makeOneDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if ((error as NodeError).code !== 'EEXIST') throw error;
  }
}

async function statOf(path: string): Promise<FileStat | undefined> {
  const stats = await orUndefined(lstat(path), path);
  if (!stats) return undefined;
  const target = stats.isSymbolicLink() ? await readlink(path) : undefined;
  return {
    type: typeOf(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    device: stats.dev,
    target,
  };
}

function typeOf(stats: Stats): FileStat['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

async function removeOne(path: string): Promise<void> {
  const stat = await statOf(path);
  if (!stat) return;
  await guard(path, stat.type === 'directory' ? rmdir(path) : unlink(path));
}

/** Stops at other file systems: a volume that is still mounted below must survive a reset. */
async function removeTree(path: string): Promise<void> {
  const top = await statOf(path);
  if (!top) return;
  if (top.type !== 'directory') return guard(path, unlink(path));
  await guard(path, removeWithin(path, top.device));
}

async function removeWithin(path: string, device: number): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (!entry.isDirectory()) await unlink(child);
    else if ((await lstat(child)).dev === device) await removeWithin(child, device);
  }
  await rmdir(path);
}

async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  const done = pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return (
    (await orUndefined(
      done.then(() => hash.digest('hex')),
      path,
    )) ?? undefined
  );
}

function dial(
  address: { host: string; port: number } | { socket: string },
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(
      'socket' in address ? { path: address.socket } : { ...address, autoSelectFamily: true },
    );
    const timeoutMs = options.timeoutMs ?? 10_000;
    const fail = (error: Error) => {
      socket.destroy();
      reject(
        new EdgeadmError({
          code: 'API_UNREACHABLE',
          what: `cannot connect to ${describeAddress(address)}`,
          why: error.message,
          cause: error,
        }),
      );
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const abort = () => fail(new Error('interrupted'));
    options.signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** `net.ipv4.conf.eth0/1.x` style names: a slash in the key stands for a dot in the path, as sysctl(8) has it. */
function sysctlPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`;
}

async function orUndefined<T>(promise: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (notThere(error)) return undefined;
    throw pathError(path, error);
  }
}

async function guard(path: string, promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    throw pathError(path, error);
  }
}
