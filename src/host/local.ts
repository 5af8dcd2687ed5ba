import { constants, type Stats } from 'node:fs';
import {
  chmod,
  link as hardLink,
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
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { released } from '../lib/chunks.ts';
import { sha256Of, sha256OfChunks } from '../lib/sha256.ts';
import { exclusiveFile } from './exclusive-file.ts';
import { type NodeError, pathError, undefinedIfMissing, withPathError } from './failures.ts';
import { flock } from './flock.ts';
import { dialLocally } from './local-dial.ts';
import { runLocally } from './local-program.ts';
import type { FileAttributes, FileStat, Machine, ProgramParts } from './machine.ts';
import { refuseMounts } from './mount-guard.ts';
import { readNetwork } from './network.ts';
import { readRegular, regularChunks } from './regular-file.ts';
import { sysctlPath } from './sysctl.ts';
import { systemd } from './systemd.ts';
import { temporaryOf } from './temporary.ts';
import { withSignal } from './with-signal.ts';

const BUSY_LIMIT_MS = 5000;

/** The files of this machine. */
export function localFiles() {
  return {
    readFile: (path) => undefinedIfMissing(path, readRegular(path)),
    writeFile: (path, content, attributes) =>
      writeAtomically(path, Buffer.isBuffer(content) ? content : () => released(content()), attributes),
    copyFile: async (from, path, { mayLink, ...attributes }) => {
      if (mayLink && (await isLinked(from, path))) return;
      await writeAtomically(path, () => regularChunks(from), attributes);
    },
    appendFile: appendAndSync,
    stat: statOf,
    list: async (path) => ((await undefinedIfMissing(path, readdir(path))) ?? []).sort(),
    makeDirectory: (path, mode) => withPathError(path, makeOneDirectory(path, mode)),
    symlink: (target, path) => withPathError(path, link(target, path)),
    remove: removeOne,
    removeTree,
    sha256: hashOf,
  } satisfies Partial<Machine>;
}

/** The machine that edgeadm runs on. */
export function localMachine(): Machine {
  const machine: Machine = {
    name: 'localhost',
    runsPrograms: true,
    runsUnits: true,
    ...linuxParts(runLocally),
    through: linuxParts,
    exec: runLocally,
    ...localFiles(),
    connect: dialLocally,
    sysctl: async (key) => (await undefinedIfMissing(key, readFile(sysctlPath(key), 'utf8')))?.trim(),
    setSysctl: (key, value) => withPathError(sysctlPath(key), writeInPlace(sysctlPath(key), value)),
    lock: process.platform === 'win32' ? lockOnWindows : flock,
    clock: async () => ({ now: Date.now(), uncertaintyMs: 0 }),
    withSignal: (signal) => withSignal(machine, signal),
    close: async () => {},
  };
  return machine;
}

/** Beside the folder that is locked, which has to go while the lock is held. */
function lockOnWindows(path: string) {
  return exclusiveFile(join(tmpdir(), `edgeadm-${sha256Of(Buffer.from(path)).slice(0, 16)}.lock`));
}

function linuxParts(exec: Machine['exec']): ProgramParts {
  return { services: systemd(exec), network: () => readNetwork(exec) };
}

/** @param prepare called for the empty file beside the target, before anything is written into it */
export async function writeAtomically(
  path: string,
  content: Buffer | (() => AsyncIterable<Buffer>),
  attributes: FileAttributes,
  prepare?: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryOf(path);
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await prepare?.(temporary);
      await file.writeFile(Buffer.isBuffer(content) ? content : content());
      await file.chmod(attributes.mode);
      if (attributes.uid !== undefined) await file.chown(attributes.uid, attributes.gid ?? attributes.uid);
      await file.sync();
    } finally {
      await file.close();
    }
    await takeName(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw pathError(path, error);
  }
}

/** On Windows another program, a virus scanner, may keep a file from being replaced for a moment. */
export async function takeName(temporary: string, path: string): Promise<void> {
  const limit = performance.now() + (process.platform === 'win32' ? BUSY_LIMIT_MS : 0);
  for (;;) {
    try {
      return await rename(temporary, path);
    } catch (error) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeError).code ?? '');
      if (!busy || performance.now() > limit) throw error;
      await delay(100);
    }
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
  const stats = await undefinedIfMissing(path, lstat(path));
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
  await withPathError(path, stat.type === 'directory' ? rmdir(path) : unlink(path));
}

async function link(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if ((error as NodeError).code === 'EEXIST' && (await readlink(path).catch(() => '')) === target) return;
    throw error;
  }
}

/**
 * Gives a file a second name. One that has others already may be written to under them, and there are file systems
 * (vfat), files (`chattr +i`) and folders (on another disk) for which there is no second name.
 * @returns false if it has to be copied
 */
async function isLinked(from: string, path: string): Promise<boolean> {
  const stats = await lstat(from).catch(() => undefined);
  if (!stats?.isFile() || stats.nlink !== 1) return false;
  return hardLink(from, path).then(
    () => true,
    () => false,
  );
}

async function removeTree(path: string): Promise<void> {
  const top = await undefinedIfMissing(path, lstat(path));
  if (!top) return;
  await withPathError(path, top.isDirectory() ? removeDirectory(path, top.dev) : unlink(path));
}

async function removeDirectory(path: string, device: number): Promise<void> {
  const truePath = join(await realpath(dirname(path)), basename(path));
  refuseMounts(await readFile('/proc/self/mountinfo', 'utf8'), truePath);
  await removeWithin(truePath, device);
}

/**
 * Compares devices as well: something may be mounted while this runs. Goes down by open folders, not by paths, so that
 * a symlink that takes the place of a folder meanwhile leads nowhere. Names are bytes, which need not be UTF-8.
 */
async function removeWithin(path: string | Buffer, device: number): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if ((await folder.stat()).dev !== device) return;
    const here = `/proc/self/fd/${folder.fd}/`;
    for (const entry of await readdir(here, { withFileTypes: true, encoding: 'buffer' })) {
      const child = Buffer.concat([Buffer.from(here), entry.name]);
      if (entry.isDirectory()) await removeWithin(child, device);
      else await unlink(child);
    }
  } finally {
    await folder.close();
  }
  await rmdir(path);
}

function hashOf(path: string): Promise<string | undefined> {
  return undefinedIfMissing(path, sha256OfChunks(regularChunks(path)));
}
