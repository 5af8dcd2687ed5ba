import { posix } from 'node:path';
import type { Machine } from '../../src/host/machine.ts';

/** Logs are for looking at how a unit ended, not for keeping. */
const MAX_LOG_BYTES = 256 * 1024;

/** Writes a file of a node's root, and the folders above it. */
export async function writeBelow(machine: Machine, path: string, text: string, mode = 0o644): Promise<void> {
  await makeFolders(machine, posix.dirname(path));
  await machine.writeFile(path, Buffer.from(text), { mode });
}

/** Appends one line; a log that has become long begins again. */
export async function appendLog(machine: Machine, path: string, line: string): Promise<void> {
  await makeFolders(machine, posix.dirname(path));
  if (((await machine.stat(path))?.size ?? 0) > MAX_LOG_BYTES) await machine.remove(path);
  await machine.appendFile(path, `${line}\n`);
}

async function makeFolders(machine: Machine, path: string): Promise<void> {
  if (path === '/' || (await machine.stat(path))) return;
  await makeFolders(machine, posix.dirname(path));
  await machine.makeDirectory(path, 0o755);
}
