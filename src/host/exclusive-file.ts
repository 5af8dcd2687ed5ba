import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type NodeError, pathError } from './failures.ts';
import type { Lock } from './machine.ts';

/** Of libuv on Windows: no other process can open the file meanwhile, and it is removed with its last handle. Source: uv/win.h */
const EXCLUSIVE = 0x10000000;
const TEMPORARY = 0x40;

/**
 * Takes a lock on this Windows machine: a file that no other process can open, and that Windows removes as soon as this
 * process ends, however it ends.
 * @returns undefined if another holds it
 */
export async function exclusiveFile(path: string): Promise<Lock | undefined> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | EXCLUSIVE | TEMPORARY);
    return { release: () => file.close() };
  } catch (error) {
    if ((error as NodeError).code === 'EBUSY') return undefined;
    throw pathError(path, error);
  }
}
