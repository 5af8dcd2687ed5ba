import { closeSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** More than a block of any file system. */
const BLOCK_BYTES = 64 * 1024;

/**
 * A machine that loses power may keep the size of a file without the lines that were appended last: zeros are in their
 * place, over which grep takes the whole file for a binary one. Removes them.
 * @param fd the file, open to be written to
 * @returns the size of the file
 * @see https://docs.kernel.org/admin-guide/ext4.html data=ordered
 */
export function removeZeros(path: string, fd: number, size: number): number {
  const end = readEnd(path, size);
  let length = end.length;
  while (length > 0 && end[length - 1] === 0) length -= 1;
  const written = size - (end.length - length);
  try {
    if (written < size) ftruncateSync(fd, written);
    return written;
  } catch {
    // Windows shortens no file that is open to be appended to.
    return size;
  }
}

/** Empty if the file may be written to, but not read. */
function readEnd(path: string, size: number): Buffer {
  const end = Buffer.alloc(Math.min(size, BLOCK_BYTES));
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return end.subarray(0, readSync(fd, end, 0, end.length, size - end.length));
  } catch {
    return end.subarray(0, 0);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
