import { rmSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { pathError } from '../host/failures.ts';
import { formatBytes } from '../lib/format-bytes.ts';
import { processLives } from '../lib/process-lives.ts';

/** Left free whatever is fetched: the journal and the system's own logs need it. */
const SPACE_TO_LEAVE = 64 * 1024 ** 2;
const DEFAULT_PARENT = process.platform === 'win32' ? tmpdir() : '/var/tmp';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A folder for temporary files that only the user may enter, made when it is first requested. It goes when it is
 * closed, when the process exits, on a signal that nothing else handles, and after a kill when the next one is made.
 */
export class Scratch {
  readonly #parent: string;
  #folder: Promise<string> | undefined;
  #files = 0;

  /** @param parent default: /var/tmp, since /tmp is often kept in memory */
  constructor(parent: string = DEFAULT_PARENT) {
    this.#parent = parent;
  }

  /** @throws EdgeadmError WRITE_FAILED, NO_SPACE */
  folder(): Promise<string> {
    this.#folder ??= this.#make();
    return this.#folder;
  }

  /** A path for a new file. Names are numbers: one out of an archive or a manifest never reaches the file system. */
  async newPath(): Promise<string> {
    return join(await this.folder(), String(this.#files++));
  }

  async close(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    this.#folder = undefined;
    if (!folder) return;
    await rm(folder, { recursive: true, force: true });
    forget(folder);
  }

  async #make(): Promise<string> {
    try {
      await removeStaleScratch(this.#parent);
      const folder = await mkdtemp(join(this.#parent, `edgeadm-${process.pid}-`));
      removeAtExit(folder);
      return folder;
    } catch (error) {
      throw pathError(this.#parent, error);
    }
  }
}

/**
 * Removes our folders whose process was killed before it could do it. The next bundle that is opened does it, and a
 * reset, which opens none.
 */
export async function removeStaleScratch(parent: string = DEFAULT_PARENT): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(/^edgeadm-(\d+)-\w{6}$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || processLives(pid)) continue;
    const folder = join(parent, name);
    // Any user can create a folder of that name, and replace parts of it by links while we remove it.
    if (await isOurs(folder)) await rm(folder, { recursive: true, force: true });
  }
}

async function isOurs(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined);
  return stats?.isDirectory() === true && stats.uid === (process.geteuid?.() ?? stats.uid);
}

/** Folders that are there now; all of them go when the process does. */
const folders = new Set<string>();

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

function onSignal(signal: NodeJS.Signals): void {
  // Another listener ends the command in order, and closes the folders as it does.
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}

function removeAtExit(folder: string): void {
  if (folders.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  folders.add(folder);
}

function forget(folder: string): void {
  folders.delete(folder);
  if (folders.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * Refuses before the first byte what the disk cannot hold.
 * @param bytes what is about to be written into the folder
 * @throws EdgeadmError NO_SPACE
 */
export async function ensureSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((error: unknown) => {
    throw pathError(folder, error);
  });
  const free = bavail * bsize;
  if (free >= bytes + SPACE_TO_LEAVE) return;
  throw new EdgeadmError({
    code: 'NO_SPACE',
    what: `no space left for ${formatBytes(bytes)} in ${folder}`,
    why: `${formatBytes(free)} free, ${formatBytes(bytes + SPACE_TO_LEAVE)} needed`,
  });
}
