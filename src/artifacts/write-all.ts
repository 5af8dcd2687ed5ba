import type { FileHandle } from 'node:fs/promises';

/**
 * Writes every byte: `FileHandle.write` may write less than it was asked to, as on a file system that is nearly full.
 * @throws the error of the file system once nothing more fits
 */
export async function writeAll(file: Pick<FileHandle, 'write'>, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error('the file system accepted no more data'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}
