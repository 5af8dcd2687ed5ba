import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** More than a block of any file system. */
const BLOCK_BYTES = 64 * 1024;
/** A log is moved aside long before it has more of them. */
const MAX_BLOCKS = 1024;
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/**
 * A machine that loses power may keep the size of a file without the lines that were appended last: zeros are in their
 * place, over which grep takes the whole file for a binary one. Removes them.
 * @param path of the file, by which it is opened again: the zeros stay if that leads to another file now, or to a link
 * @param fd the file, open to be written to
 * @returns the size of the file
 * @see https://docs.kernel.org/admin-guide/ext4.html data=ordered
 */
export function removeZeros(path: string, fd: number, size: number): number {
  try {
    const written = endOfLines(path, fd, size);
    if (written < size) ftruncateSync(fd, written);
    return written;
  } catch {
    // The file may be written to, but not read; or Windows shortens no file that is open to be appended to.
    return size;
  }
}

function endOfLines(path: string, fd: number, size: number): number {
  const again = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    return isSameFile(again, fd) ? withoutZeros(again, size) : size;
  } finally {
    closeSync(again);
  }
}

function isSameFile(a: number, b: number): boolean {
  const [one, other] = [fstatSync(a, { bigint: true }), fstatSync(b, { bigint: true })];
  return one.ino === other.ino && one.dev === other.dev;
}

/** The size up to the zeros at the end of a file. */
function withoutZeros(fd: number, size: number): number {
  let end = size;
  for (let blocks = 0; blocks < MAX_BLOCKS && end > 0; blocks++) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const block = readBlock(fd, start, end - start);
    const last = block.findLastIndex((byte) => byte !== 0);
    end = start + last + 1;
    if (last >= 0) break;
  }
  return end;
}

/** @throws Error for a file that has become shorter */
function readBlock(fd: number, start: number, length: number): Buffer {
  const block = Buffer.alloc(length);
  for (let read = 0; read < length; ) {
    const more = readSync(fd, block, read, length - read, start + read);
    if (more === 0) throw new Error('the file has become shorter');
    read += more;
  }
  return block;
}
