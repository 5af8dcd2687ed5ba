import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { fileChunks, released } from '../lib/chunks.ts';
import { describeAddress, guard, type NodeError, orUndefined, pathError } from './failures.ts';
import { flock } from './flock.ts';
import type { CommandOptions, CommandResult, FileAttributes, FileStat, Machine } from './machine.ts';
import { refuseMounts } from './mount-guard.ts';
import { readNetwork } from './network.ts';
import { childEnvironment, DEFAULT_TIMEOUT_MS, MAX_OUTPUT_BYTES } from './programs.ts';
import { sysctlPath } from './sysctl.ts';
import { systemd } from './systemd.ts';
import { temporaryOf } from './temporary.ts';

/** The machine that edgeadm runs on. */
export function localMachine(): Machine {
  const machine: Machine = {
    name: 'localhost',
    runsPrograms: true,
    runsUnits: true,
    services: systemd(execLocal),
    exec: execLocal,
    readFile: (path) => orUndefined(path, readFile(path)),
    writeFile: (path, content, attributes) =>
      writeAtomically(path, Buffer.isBuffer(content) ? content : () => released(content()), attributes),
    copyFile: (from, path, attributes) => writeAtomically(path, () => fileChunks(from), attributes),
    appendFile: appendAndSync,
    stat: statOf,
    list: async (path) => ((await orUndefined(path, readdir(path))) ?? []).sort(),
    makeDirectory: (path, mode) => guard(path, makeOneDirectory(path, mode)),
    symlink: (target, path) => guard(path, link(target, path)),
    remove: removeOne,
    removeTree,
    sha256: hashOf,
    connect: dial,
    network: () => readNetwork(execLocal),
    sysctl: async (key) => (await orUndefined(key, readFile(sysctlPath(key), 'utf8')))?.trim(),
    setSysctl: (key, value) => guard(sysctlPath(key), writeInPlace(sysctlPath(key), value)),
    lock: (path) => flock(path),
    clock: async () => ({ now: Date.now(), uncertaintyMs: 0 }),
    close: async () => {},
  };
  return machine;
}

async function execLocal(file: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { execa } = await import('execa');
  const result = await execa(file, args, {
    input: options.input ?? '',
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    cancelSignal: options.signal,
    // The folder we were started in may be one that root or the user of sudo may not enter.
    cwd: '/',
    env: childEnvironment(),
    extendEnv: true,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (result.code === 'ENOENT') return { exitCode: 127, stdout: '', stderr: `${file}: not found` };
  return {
    exitCode: result.isMaxBuffer ? -1 : (result.exitCode ?? -1),
    stdout: result.stdout,
    stderr: result.stderr || (result.failed ? (result.shortMessage ?? '') : ''),
    timedOut: result.timedOut,
  };
}

async function writeAtomically(
  path: string,
  content: Buffer | (() => AsyncIterable<Buffer>),
  attributes: FileAttributes,
): Promise<void> {
  const temporary = temporaryOf(path);
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.isBuffer(content) ? content : content());
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
    await mkdir(path, mode);
    // The umask has no say here.
    await chmod(path, mode);
  } catch (error) {
    if ((error as NodeError).code !== 'EEXIST') throw error;
  }
}

async function statOf(path: string): Promise<FileStat | undefined> {
  const stats = await orUndefined(path, lstat(path));
  if (!stats) return undefined;
  const target = stats.isSymbolicLink() ? await readlink(path) : undefined;
  return {
    type: typeOf(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
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

async function link(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if ((error as NodeError).code === 'EEXIST' && (await readlink(path).catch(() => '')) === target) return;
    throw error;
  }
}

async function removeTree(path: string): Promise<void> {
  const top = await orUndefined(path, lstat(path));
  if (!top) return;
  await guard(path, top.isDirectory() ? removeDirectory(path, top.dev) : unlink(path));
}

async function removeDirectory(path: string, device: number): Promise<void> {
  const truePath = join(await realpath(dirname(path)), basename(path));
  refuseMounts(await readFile('/proc/self/mountinfo', 'utf8'), truePath);
  await removeWithin(truePath, device);
}

/** Compares devices as well: something may be mounted while this goes on. */
async function removeWithin(path: string, device: number): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (!entry.isDirectory()) await unlink(child);
    else if ((await lstat(child)).dev === device) await removeWithin(child, device);
  }
  await rmdir(path);
}

function hashOf(path: string): Promise<string | undefined> {
  return orUndefined(path, sumUp(path));
}

async function sumUp(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fileChunks(path)) hash.update(chunk);
  return hash.digest('hex');
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
    if (options.signal?.aborted) abort();
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
