import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileChunks } from '../lib/chunks.ts';
import { MAX_READ_BYTES } from './programs.ts';

/** Device number of /dev/null, to which systemd links what is masked. */
const NULL_DEVICE = 0x103;

/**
 * Opens a file of this machine for reading. Without O_NONBLOCK the open of a named pipe never ends, and neither does
 * the process then.
 * @throws NodeError if it is not a file
 */
async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const kind = kindOf(await file.stat());
  if (kind === undefined) return file;
  await file.close();
  throw Object.assign(new Error(`${path} is ${kind}, not a file`), { code: 'ENXIO' });
}

/** undefined for what can be read to its end; the read of a folder fails by itself. */
function kindOf(stats: Stats): string | undefined {
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isFile() || stats.isDirectory() || stats.rdev === NULL_DEVICE ? undefined : 'a device';
}

/** As {@link fileChunks}, of a file that is one. */
export function regularChunks(path: string): AsyncGenerator<Buffer> {
  return fileChunks(path, openRegular);
}

/** The whole of a file. @throws Error if it is not a file, or larger than what is ever read at once */
export async function readRegular(path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of regularChunks(path)) {
    bytes += chunk.length;
    if (bytes > MAX_READ_BYTES) throw new Error(`${path} is larger than ${MAX_READ_BYTES / 1024 ** 2} MiB`);
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts, bytes);
}
