import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { EdgeadmError } from '../errors/index.ts';
import { pathError } from '../host/failures.ts';
import { fileChunks } from '../lib/chunks.ts';
import { formatBytes } from '../lib/format-bytes.ts';
import { writeAll } from './write-all.ts';

/** What was written: its sum as lower-case hex, its size in bytes. */
export interface SavedFile {
  readonly sha256: string;
  readonly size: number;
}

/**
 * Writes a stream into a new file and sums it up on the way; only a chunk of it is in memory at a time.
 * @param maxBytes nothing beyond is written
 * @throws EdgeadmError BUNDLE_INVALID if there is more than that, NO_SPACE, WRITE_FAILED if the file exists
 */
export async function save(
  source: AsyncIterable<Buffer>,
  path: string,
  maxBytes: number,
  mode = 0o600,
): Promise<SavedFile> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', mode).catch((error: unknown) => {
    throw pathError(path, error);
  });
  let size = 0;
  try {
    for await (const chunk of source) {
      if (size + chunk.length > maxBytes) throw tooLarge(path, maxBytes);
      await writeAll(file, chunk, size).catch((error: unknown) => {
        throw pathError(path, error);
      });
      hash.update(chunk);
      size += chunk.length;
    }
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * The bytes of a file; a chunk is valid until the next is requested.
 * @throws EdgeadmError WRITE_FAILED if it cannot be read
 */
export async function* readChunks(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of fileChunks(path)) {
      throwIfInterrupted(signal);
      yield chunk;
    }
  } catch (error) {
    throw pathError(path, error);
  }
}

/** Sum and size of a file. */
export async function sizeAndSum(path: string, signal?: AbortSignal): Promise<SavedFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of readChunks(path, signal)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/** @throws EdgeadmError BUNDLE_INVALID if a file is not the one promised */
export function checkSum(what: string, expected: string, found: string): void {
  if (expected === found) return;
  throw new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `${what} is damaged or is a different file`,
    why: `SHA-256 expected ${expected}, found ${found}`,
  });
}

/** @throws EdgeadmError of the signal's reason, or INTERRUPTED */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const { reason } = signal as { reason: unknown };
  throw reason instanceof EdgeadmError
    ? reason
    : new EdgeadmError({ code: 'INTERRUPTED', what: 'interrupted while reading or downloading files of the bundle' });
}

function tooLarge(path: string, maxBytes: number): EdgeadmError {
  return new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `${path} is too large`,
    why: `it has more than ${formatBytes(maxBytes)}`,
  });
}
