import type { FileEntry, Stats } from 'ssh2';
import { allSettled } from '../../lib/all-settled.ts';
import type { FileStat } from '../machine.ts';
import { OutputBuffer } from '../output-buffer.ts';
import { MAX_DIRECTORY_ENTRIES, MAX_PROC_FILE_BYTES } from '../programs.ts';
import { remainder, typeOfMode } from './program-files.ts';
import type { Sftp } from './sftp-session.ts';

/** What every SFTP server takes and gives in one packet. */
export const PACKET_BYTES = 30_000;
/** SFTP's answers: it tells a path that is not there from other failures, but hardly more. */
const END_OF_FILE = 1;
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
/** Numbers, since ssh2's letters cannot say "append, and create exclusively". */
const APPEND = 0x02 | 0x04 | 0x08;

/** One SFTP session and the signal of the step that uses it. */
export interface Remote {
  readonly sftp: Sftp;
  call: Sftp['call'];
  send: Sftp['send'];
}

/** {@link Remote} for a step; errors have the codes that Node would give them, as far as SFTP tells. */
export function remoteOf(sftp: Sftp, signal?: AbortSignal): Remote {
  const call: Sftp['call'] = (request) => translated(sftp.call(request, signal));
  return { sftp, call, send: (request) => sftp.send(request) };
}

/** SFTP is not enough here, or does not say what is wrong. */
export class Insufficient extends Error {}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // The same error: a new one takes longer than the request, and a preflight asks for a hundred files that few hosts have.
    const { code } = error as { code?: unknown };
    if (code === NO_SUCH_FILE) Object.assign(error as Error, { message: 'no such file or directory', code: 'ENOENT' });
    if (code === PERMISSION_DENIED) Object.assign(error as Error, { code: 'EACCES' });
    throw error;
  }
}

async function withHandle<T>(remote: Remote, path: string, work: (handle: Buffer) => Promise<T>): Promise<T> {
  const handle = await remote.call<Buffer>((sftp, done) => sftp.open(path, 'r', done));
  try {
    return await work(handle);
  } finally {
    remote.send((sftp, done) => sftp.close(handle, done));
  }
}

/** The whole of a file. @throws Insufficient if it has more bytes than `limit` */
export function readRemote(remote: Remote, path: string, limit = 8 * PACKET_BYTES): Promise<Buffer> {
  return withHandle(remote, path, async (handle) => {
    const first = await readAt(remote, handle, 0);
    // An ordinary file gives all that was requested, up to its end (draft-ietf-secsh-filexfer-02, 6.4).
    if (first.length < PACKET_BYTES && !isOfKernel(path)) return first;
    if (!isOfKernel(path)) {
      const { size } = await remote.call<Stats>((sftp, done) => sftp.fstat(handle, done));
      if (size === first.length) return first;
      if (size > limit) throw new Insufficient(`it has more than ${limit} bytes`);
    }
    // Files in /proc have no size: they end where reading ends.
    const most = Math.max(limit, MAX_PROC_FILE_BYTES);
    const content = new OutputBuffer();
    for (let chunk = first; chunk.length > 0; chunk = await readAt(remote, handle, content.size)) {
      content.add(chunk);
      if (content.size > most) throw new Error(`it has more than ${most} bytes`);
    }
    return content.bytes();
  });
}

/** The last bytes of a file, which may be a long one; none if there is no file. */
export async function readEnd(remote: Remote, path: string, length: number): Promise<Buffer> {
  try {
    return await withHandle(remote, path, async (handle) => {
      const { size } = await remote.call<Stats>((sftp, done) => sftp.fstat(handle, done));
      const from = Math.max(0, size - length);
      const content = new OutputBuffer();
      while (content.size < size - from) {
        const chunk = await readAt(remote, handle, from + content.size);
        if (chunk.length === 0) break;
        content.add(chunk);
      }
      return content.bytes();
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Buffers that wait for the next answer: most files have a hundredth of what one takes. */
const spare: Buffer[] = [];

async function readAt(remote: Remote, handle: Buffer, position: number): Promise<Buffer> {
  const buffer = spare.pop() ?? Buffer.allocUnsafe(PACKET_BYTES);
  const bytes = await remote.call<number>((sftp, done) => {
    sftp.read(handle, buffer, 0, PACKET_BYTES, position, (error, count) => done(error, count));
  });
  const content = Buffer.from(buffer.subarray(0, bytes));
  // Only now: what was given up may still be answered, into its buffer.
  spare.push(buffer);
  return content;
}

/** Files that may give less than was requested before their end. A kernel parameter gives all of its value at once. */
function isOfKernel(path: string): boolean {
  return (path.startsWith('/proc/') && !path.startsWith('/proc/sys/')) || path.startsWith('/sys/');
}

/** @param how `again`: an attempt before this one may have written a part; `mode` of a new file */
export async function append(
  remote: Remote,
  path: string,
  text: Buffer,
  { again, mode }: { readonly again: boolean; readonly mode?: number },
): Promise<void> {
  const { call } = remote;
  const missing = again ? remainder(await readEnd(remote, path, text.length), text) : text;
  if (missing.length === 0 && text.length > 0) return;
  const handle = await openToAppend(remote, path, mode);
  await allSettled([...writeAndSync(remote, handle, missing), call((sftp, done) => sftp.close(handle, done))]);
}

/** @param mode of a new file */
export function openToAppend({ call }: Remote, path: string, mode?: number): Promise<Buffer> {
  return call<Buffer>((sftp, done) => sftp.open(path, APPEND, mode === undefined ? {} : { mode }, done));
}

/** Requests that may be on their way together. */
export function writeAndSync({ call }: Remote, handle: Buffer, text: Buffer): readonly Promise<void>[] {
  return [
    call((sftp, done) => sftp.write(handle, text, 0, text.length, 0, done)),
    call((sftp, done) => sftp.ext_openssh_fsync(handle, done)),
  ];
}

export async function lstat({ call }: Remote, path: string): Promise<FileStat> {
  const { mode, uid, gid, size } = await call<Stats>((sftp, done) => sftp.lstat(path, done));
  const type = typeOfMode(mode);
  const target = type === 'symlink' ? await call<string>((sftp, done) => sftp.readlink(path, done)) : undefined;
  return { type, mode: mode & 0o7777, uid, gid, size, target };
}

/** By hand, since ssh2 would gather the names of an endless folder. */
export async function list({ call, send }: Remote, path: string): Promise<string[]> {
  const handle = await call<Buffer>((sftp, done) => sftp.opendir(path, done));
  const read = () => call<FileEntry[]>((sftp, done) => sftp.readdir(handle, done)).catch(endOfList);
  const names: string[] = [];
  try {
    for (;;) {
      // Most folders need one answer and the one that says that this was all.
      const answers = await allSettled([read(), read()]);
      for (const entries of answers) for (const { filename } of entries ?? []) names.push(filename);
      if (answers.includes(undefined)) return names.sort();
      if (names.length > MAX_DIRECTORY_ENTRIES) throw new Error(`it has more than ${MAX_DIRECTORY_ENTRIES} entries`);
    }
  } finally {
    send((sftp, done) => sftp.close(handle, done));
  }
}

function endOfList(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== END_OF_FILE) throw error;
}

export async function removeRemote(remote: Remote, path: string): Promise<void> {
  const { type } = await lstat(remote, path);
  await remote.call((sftp, done) => (type === 'directory' ? sftp.rmdir(path, done) : sftp.unlink(path, done)));
}
