import { constants, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { unreadable } from '../errors/usage.ts';
import { decodeText } from './decode-text.ts';

/** Bytes. Far more than any configuration, key or list of hosts has, far less than a small machine has memory. */
export const USER_FILE_LIMIT_BYTES = 4 * 1024 ** 2;

export interface UserFileOptions {
  /** What the file is for, such as the flag that names it: the subject of the error. */
  readonly what: string;
  /** Default: {@link USER_FILE_LIMIT_BYTES} */
  readonly maxBytes?: number;
}

/**
 * Reads a file that a user names. A FIFO would be waited for, and a device never ends; a pipe that the shell hands over
 * (`--token @<(pass show edge)`) is read as a file is.
 * @throws EdgeadmError USAGE if it does not exist (`cause` is then the system's error), is too large, or not a file
 */
export async function readUserFile(path: string, options: UserFileOptions): Promise<Buffer> {
  const { what, maxBytes = USER_FILE_LIMIT_BYTES } = options;
  // The usual way of naming no file at all, as in `ssh -o UserKnownHostsFile=/dev/null`.
  if (path === '/dev/null') return Buffer.alloc(0);
  try {
    const pipe = pipeBehind(path);
    return pipe === undefined ? await readRegular(path, maxBytes) : await readPipe(pipe, maxBytes);
  } catch (error) {
    throw unreadable(what, path, error as NodeJS.ErrnoException);
  }
}

/** As {@link readUserFile}, as text, whatever its encoding. */
export async function readUserText(path: string, options: UserFileOptions): Promise<string> {
  return decodeText(await readUserFile(path, options));
}

/** As {@link readUserFile}; undefined if there is no such file. */
export async function readUserFileIfAny(path: string, options: UserFileOptions): Promise<Buffer | undefined> {
  return readUserFile(path, options).catch((error: Error) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Opens a regular file that a user names, to be read as a stream. Never waits: a FIFO is refused before its other side
 * is there.
 * @throws the system's error, or one that says what it is instead of a file
 */
export async function openRegular(path: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, not a file`);
    return { handle, size: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readRegular(path: string, maxBytes: number): Promise<Buffer> {
  const { handle, size } = await openRegular(path);
  try {
    if (size > maxBytes) throw tooLarge(maxBytes);
    const chunks: Buffer[] = [];
    let total = 0;
    // Files of /proc say that they are empty, and another one may grow while it is read.
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      total += (chunk as Buffer).length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

/** The descriptor of a pipe that this process was started with; undefined for every other path. */
function pipeBehind(path: string): number | undefined {
  const number = path === '/dev/stdin' ? '0' : /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  if (number === undefined) return undefined;
  const stats = fstatSync(Number(number));
  return stats.isFIFO() || stats.isSocket() ? Number(number) : undefined;
}

/** A socket blocks no thread while it waits, so the command can end even if the other side never writes. */
async function readPipe(fd: number, maxBytes: number): Promise<Buffer> {
  const pipe = new Socket({ fd, writable: false });
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of pipe) {
    total += (chunk as Buffer).length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Error {
  return new Error(`it is larger than ${maxBytes / 1024 ** 2} MiB`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
