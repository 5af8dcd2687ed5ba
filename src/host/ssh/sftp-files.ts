import type { FileEntry, Stats } from 'ssh2';
import { allSettled } from '../../lib/all-settled.ts';
import { sha256Of } from '../../lib/sha256.ts';
import { undefinedIfMissing, withPathError } from '../failures.ts';
import type { FileAttributes, FileMethods, FileStat } from '../machine.ts';
import { OutputBuffer } from '../output-buffer.ts';
import { MAX_DIRECTORY_ENTRIES, MAX_PROC_FILE_BYTES } from '../programs.ts';
import { temporaryOf } from '../temporary.ts';
import { ChannelEnded } from './errors.ts';
import { type ProgramFiles, remainder, typeOfMode } from './program-files.ts';
import type { Session } from './session.ts';
import type { Sftp } from './sftp-session.ts';
import type { Sudo } from './sudo.ts';

/** What every SFTP server takes and gives in one packet; more than that goes through a program as a stream. */
const PACKET_BYTES = 30_000;
/** SFTP's answers: it tells a path that is not there from other failures, but hardly more. */
const END_OF_FILE = 1;
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
/** Numbers, since ssh2's letters cannot say "append, and create exclusively". */
const APPEND = 0x02 | 0x04 | 0x08;

/** One SFTP session and the signal of the step that uses it. */
interface Remote {
  call: Sftp['call'];
  send: Sftp['send'];
}

/**
 * Files over SFTP, in one round trip if a program takes several: a join over a slow link takes a tenth of the time.
 * What SFTP cannot do, or can only call a failure, is left to the programs, which say why; they are the whole of it
 * if there is no usable SFTP server. So both stay.
 */
export function sftpFiles(session: Session, programs: ProgramFiles, sudo?: Sudo, signal?: AbortSignal): FileMethods {
  const use = <T>(step: string, work: (remote: Remote, again: boolean) => Promise<T>, instead: () => Promise<T>) =>
    session
      .use({ what: step, repeatable: true, signal }, async (link, again) => {
        const sftp = await link.sftp(sudo);
        if (!sftp) throw new Insufficient();
        const call: Sftp['call'] = (request) => translated(sftp.call(request, signal));
        return work({ call, send: (request) => sftp.send(request) }, again);
      })
      .catch((error: unknown) => {
        if (insufficient(error)) return instead();
        throw error;
      });

  const ifThere = <T>(
    doing: string,
    path: string,
    work: (remote: Remote, path: string) => Promise<T>,
    instead: () => Promise<T | undefined>,
  ) =>
    undefinedIfMissing(
      path,
      use<T | undefined>(`${doing} ${path}`, (remote) => work(remote, path), instead),
    );

  return {
    ...programs,
    readFile: (path) => ifThere('reading', path, read, () => programs.readFile(path)),
    writeFile: (path, content, attributes) => {
      const instead = () => programs.writeFile(path, content, attributes);
      if (!Buffer.isBuffer(content) || content.length > PACKET_BYTES) return instead();
      const work = (remote: Remote) => write(remote, path, content, attributes);
      return withPathError(path, use(`writing ${path}`, work, instead));
    },
    appendFile: (path, text) => {
      const instead = () => programs.appendFile(path, text);
      const bytes = Buffer.from(text);
      if (bytes.length > PACKET_BYTES) return instead();
      let begun = false;
      const work = (remote: Remote, again: boolean): Promise<void> => {
        const done = append(remote, path, bytes, again || begun);
        begun = true;
        return done;
      };
      // A write that failed may have written a part.
      const rest = () => (begun ? programs.appendRest(path, text) : instead());
      return withPathError(path, use(`appending to ${path}`, work, rest));
    },
    stat: (path) => ifThere('looking at', path, lstat, () => programs.stat(path)),
    list: async (path) => (await ifThere('listing', path, list, () => programs.list(path))) ?? [],
    makeDirectory: (path, mode) => {
      const work = (remote: Remote) => makeDirectory(remote, path, mode);
      const instead = () => programs.makeDirectory(path, mode);
      return withPathError(path, use(`making ${path}`, work, instead));
    },
    remove: (path) => ifThere('removing', path, remove, () => programs.remove(path)),
    sha256: (path) => ifThere('hashing', path, hash, () => programs.sha256(path)),
  };
}

/** SFTP is not enough here, or does not say what is wrong. */
class Insufficient extends Error {}

function insufficient(error: unknown): boolean {
  if (error instanceof Insufficient || error instanceof ChannelEnded) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'number';
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    if (code === NO_SUCH_FILE) throw Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });
    if (code === PERMISSION_DENIED) throw Object.assign(new Error(message), { code: 'EACCES' });
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

function read(remote: Remote, path: string): Promise<Buffer> {
  return withHandle(remote, path, async (handle) => {
    const [first, stats] = await Promise.all([
      readAt(remote, handle, 0),
      remote.call<Stats>((sftp, done) => sftp.fstat(handle, done)),
    ]);
    if (stats.size === first.length) return first;
    if (stats.size > 8 * PACKET_BYTES) throw new Insufficient();
    // Files in /proc have no size: they end where reading ends.
    const content = new OutputBuffer();
    for (let chunk = first; chunk.length > 0; chunk = await readAt(remote, handle, content.size)) {
      content.add(chunk);
      if (content.size > MAX_PROC_FILE_BYTES) throw new Error(`it has more than ${MAX_PROC_FILE_BYTES} bytes`);
    }
    return content.bytes();
  });
}

/** The last bytes of a file, which may be a long one; none if there is no file. */
async function readEnd(remote: Remote, path: string, length: number): Promise<Buffer> {
  try {
    return await withHandle(remote, path, async (handle) => {
      const { size } = await remote.call<Stats>((sftp, done) => sftp.fstat(handle, done));
      return readAt(remote, handle, Math.max(0, size - length));
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

async function readAt(remote: Remote, handle: Buffer, position: number): Promise<Buffer> {
  const buffer = Buffer.alloc(PACKET_BYTES);
  const bytes = await remote.call<number>((sftp, done) => {
    sftp.read(handle, buffer, 0, PACKET_BYTES, position, (error, count) => done(error, count));
  });
  return buffer.subarray(0, bytes);
}

/** The server answers in order, so that all requests can be on their way at once. */
async function write(remote: Remote, path: string, content: Buffer, { mode, uid, gid }: FileAttributes): Promise<void> {
  const { call } = remote;
  const temporary = temporaryOf(path);
  await call((sftp, done) => sftp.unlink(temporary, done)).catch(() => {});
  const handle = await call<Buffer>((sftp, done) => sftp.open(temporary, 'wx', { mode: 0o600 }, done));
  try {
    await allSettled([
      call((sftp, done) => sftp.write(handle, content, 0, content.length, 0, done)),
      uid === undefined || call((sftp, done) => sftp.fsetstat(handle, { uid, gid: gid ?? uid }, done)),
      call((sftp, done) => sftp.fsetstat(handle, { mode }, done)),
      call((sftp, done) => sftp.ext_openssh_fsync(handle, done)),
      call((sftp, done) => sftp.close(handle, done)),
    ]);
    await call((sftp, done) => sftp.ext_openssh_rename(temporary, path, done));
  } catch (error) {
    await call((sftp, done) => sftp.unlink(temporary, done)).catch(() => {});
    throw error;
  }
}

async function append(remote: Remote, path: string, text: Buffer, again: boolean): Promise<void> {
  const { call } = remote;
  const missing = again ? remainder(await readEnd(remote, path, text.length), text) : text;
  if (missing.length === 0) return;
  const handle = await call<Buffer>((sftp, done) => sftp.open(path, APPEND, { mode: 0o600 }, done));
  await allSettled([
    call((sftp, done) => sftp.write(handle, missing, 0, missing.length, 0, done)),
    call((sftp, done) => sftp.ext_openssh_fsync(handle, done)),
    call((sftp, done) => sftp.close(handle, done)),
  ]);
}

async function lstat({ call }: Remote, path: string): Promise<FileStat> {
  const { mode, uid, gid, size } = await call<Stats>((sftp, done) => sftp.lstat(path, done));
  const type = typeOfMode(mode);
  const target = type === 'symlink' ? await call<string>((sftp, done) => sftp.readlink(path, done)) : undefined;
  return { type, mode: mode & 0o7777, uid, gid, size, target };
}

/** By hand, since ssh2 would gather the names of an endless folder. */
async function list({ call, send }: Remote, path: string): Promise<string[]> {
  const handle = await call<Buffer>((sftp, done) => sftp.opendir(path, done));
  const names: string[] = [];
  try {
    for (;;) {
      const entries = await call<FileEntry[]>((sftp, done) => sftp.readdir(handle, done)).catch(endOfList);
      if (!entries) return names.sort();
      for (const { filename } of entries) names.push(filename);
      if (names.length > MAX_DIRECTORY_ENTRIES) throw new Error(`it has more than ${MAX_DIRECTORY_ENTRIES} entries`);
    }
  } finally {
    send((sftp, done) => sftp.close(handle, done));
  }
}

function endOfList(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== END_OF_FILE) throw error;
}

async function makeDirectory({ call }: Remote, path: string, mode: number): Promise<void> {
  await call((sftp, done) => sftp.mkdir(path, { mode }, done));
  await call((sftp, done) => sftp.setstat(path, { mode }, done));
}

async function remove(remote: Remote, path: string): Promise<void> {
  const { type } = await lstat(remote, path);
  await remote.call((sftp, done) => (type === 'directory' ? sftp.rmdir(path, done) : sftp.unlink(path, done)));
}

/** A large file is hashed on the machine it is on, not after a transfer. */
async function hash(remote: Remote, path: string): Promise<string> {
  const { size } = await remote.call<Stats>((sftp, done) => sftp.stat(path, done));
  if (size > PACKET_BYTES) throw new Insufficient();
  return sha256Of(await read(remote, path));
}
