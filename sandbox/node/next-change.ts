import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Resolves when something in a folder, or in the one above that is there, changes within a time; never if that cannot
 * be watched.
 */
export function nextChange(folder: string, forMs: number): Promise<void> {
  if (!existsSync(folder)) return nextChange(dirname(folder), forMs);
  return new Promise((resolve) => {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        watcher.close();
        resolve();
      });
      watcher.on('error', () => {});
      setTimeout(() => watcher.close(), forMs).unref();
    } catch {
      // A limit of the kernel: the next look is not far.
    }
  });
}
