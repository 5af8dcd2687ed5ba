import { chmod, lutimes, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file has this time: when something was built is not part of it. */
export const BUILT_AT = new Date('2026-01-01T00:00:00Z');

/** Gives all that is below a folder the one time, and modes that say no more than what is a program. */
export async function makeSameEverywhere(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) {
      const isOpen = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0;
      await chmod(path, isOpen ? 0o755 : 0o644);
    }
    await lutimes(path, BUILT_AT, BUILT_AT);
  }
  await chmod(dir, 0o755);
  await lutimes(dir, BUILT_AT, BUILT_AT);
}
