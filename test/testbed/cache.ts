import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDir } from './config.ts';

/** Takes one line of progress. */
export type Say = (line: string) => void;

/**
 * A folder of the cache, named after what it was made from, so that a changed recipe makes a new one. It appears
 * whole or not at all, and older ones of the same name go.
 * @param recipe everything that decides what comes out, as JSON
 * @param make fills the empty folder it is given
 */
export async function cached(name: string, recipe: unknown, make: (dir: string) => Promise<void>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  const dir = join(cacheDir, `${name}-${hash}`);
  if (existsSync(dir)) return dir;
  // all versions of one thing share a lock, since they may share a place to build in
  await using _lock = await lock(name.replace(/-.*/, ''));
  if (existsSync(dir)) return dir;
  for (const entry of await readdir(cacheDir)) {
    const ours = entry.startsWith(`${name}-`) && /^[0-9a-f]{12}(\.new)?$/.test(entry.slice(name.length + 1));
    if (ours) await rm(join(cacheDir, entry), { recursive: true, force: true });
  }
  await mkdir(`${dir}.new`);
  await make(`${dir}.new`);
  await rename(`${dir}.new`, dir);
  return dir;
}

/** One builder at a time on this machine. The lock is a child's flock and ends with this process, however it ends. */
async function lock(name: string): Promise<AsyncDisposable> {
  await mkdir(cacheDir, { recursive: true });
  const holder = execa('flock', [join(cacheDir, `${name}.lock`), '-c', 'echo locked; exec cat'], { buffer: false });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.catch(reject);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end();
      await holder;
    },
  };
}

/** Runs `work` with a line before, one every half minute meanwhile, and one after it. */
export async function timed<T>(say: Say, what: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  say(`${what} ...`);
  const beat = setInterval(() => say(`${what} ... ${seconds()} s so far`), 30_000);
  try {
    const value = await work();
    say(`${what}: done in ${seconds()} s`);
    return value;
  } finally {
    clearInterval(beat);
  }
}
