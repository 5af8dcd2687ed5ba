import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { unreadable } from '../errors/usage.ts';
import { CHUNK_BYTES } from '../lib/chunks.ts';

/** What is known of a yurthub program that lies on the machine that edgeadm runs on. */
export interface YurthubProgram {
  readonly sha256: string;
  /** `v1.7.0`; undefined if the program was built without it. */
  readonly version?: string;
}

/** OpenYurt's build sets the variable by a flag of the linker, and Go stores those flags in the program. */
const VERSION = /projectinfo\.gitVersion=(v\d+\.\d+\.\d+[\w.+-]*)(?![\w.+-])./s;
/** Longer than what is looked for, which may lie across two chunks. */
const OVERLAP = 256;

/**
 * Reads a program without running it: it may be for another architecture.
 * @param name what names the file, for the error
 * @throws EdgeadmError USAGE if it cannot be read
 */
export async function readYurthubProgram(path: string, name: string): Promise<YurthubProgram> {
  const hash = createHash('sha256');
  let version: string | undefined;
  let end = '';
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      hash.update(chunk as Buffer);
      const text = end + (chunk as Buffer).toString('latin1');
      version ??= VERSION.exec(text)?.[1];
      end = text.slice(-OVERLAP);
    }
  } catch (error) {
    throw unreadable(name, path, error as Error);
  }
  return { sha256: hash.digest('hex'), version };
}
