import { confine } from '../../src/host/confine.ts';
import type { Machine } from '../../src/host/machine.ts';
import { openRegular } from '../../src/lib/user-file.ts';

const MAX_BYTES = 4 * 1024 ** 2;

/**
 * A scratch root whose files may be anything: a FIFO is never waited for, a device or a huge file never read.
 * @param machine its `name` is the root
 */
export function regularFilesOnly(machine: Machine): Machine {
  return {
    ...machine,
    readFile: async (path) => {
      const found = await openRegular(await confine(machine.name, path, true)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw new Error(`open ${path}: ${error.message}`);
      });
      // /proc/cpuinfo and its like may be this machine's.
      if (!found) return machine.readFile(path);
      try {
        if (found.size > MAX_BYTES) throw new Error(`open ${path}: file too large`);
        return await found.handle.readFile();
      } finally {
        await found.handle.close();
      }
    },
  };
}
