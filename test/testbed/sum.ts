import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const PIECE_BYTES = 256 * 1024;

/**
 * Hex SHA-256 of a file, by pieces in the same memory: a process that holds much takes long to start others, since each
 * begins as a copy of its page tables.
 */
export async function sumOfFile(path: string): Promise<string> {
  await using file = await open(path);
  const sum = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, (await file.stat()).size));
  for (;;) {
    const { bytesRead } = await file.read(piece);
    if (bytesRead === 0) return sum.digest('hex');
    sum.update(piece.subarray(0, bytesRead));
  }
}
