import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { isMissingPath, pathError } from '../host/failures.ts';
import type { BundleFile } from './bundle.ts';
import { MAX_MANIFEST_BYTES } from './limits.ts';
import { MANIFEST_NAME } from './manifest.ts';
import { checkPin } from './pin.ts';
import type { Source } from './source.ts';

/** A bundle that is in a folder: its files are used where they are. */
export function folderSource(folder: string): Source {
  return {
    origin: folder,
    checked: false,
    manifest: async (pin) => {
      const path = join(folder, MANIFEST_NAME);
      await ensureFile(path, MAX_MANIFEST_BYTES);
      const bytes = await readFile(path);
      if (pin !== undefined) checkPin(folder, bytes, pin);
      return bytes;
    },
    locate: async (file: BundleFile) => {
      const path = join(folder, file.path);
      const size = await ensureFile(path, Number.POSITIVE_INFINITY);
      if (file.size !== undefined && file.size !== size) {
        throw unusable(path, `it has ${size} bytes, ${MANIFEST_NAME} says ${file.size}`);
      }
      return path;
    },
    close: () => {},
  };
}

async function ensureFile(path: string, maxBytes: number): Promise<number> {
  const stats = await stat(path).catch((error: unknown) => {
    throw isMissingPath(error) ? unusable(path, 'file not found') : pathError(path, error);
  });
  if (!stats.isFile()) throw unusable(path, 'it is not a regular file');
  if (stats.size > maxBytes) throw unusable(path, `it is larger than ${maxBytes} bytes`);
  return stats.size;
}

function unusable(path: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${path} cannot be used`, why });
}
