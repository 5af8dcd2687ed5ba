import { createHash } from 'node:crypto';
import type { SFTPWrapper, Stats } from 'ssh2';
import { guard, orUndefined } from '../failures.ts';
import type { FileAttributes, FileStat } from '../machine.ts';
import { temporaryOf } from '../temporary.ts';
import type { Sudo } from './program.ts';
import { type Files, remainder, typeOfMode } from './program-files.ts';
import type { Session } from './session.ts';

/** What every SFTP server takes and gives in one packet; more than that goes through a program as a stream. */
const PACKET_BYTES = 30_000;
/** SFTP's answers: it tells a path that is not there from other failures, but hardly more. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
/** Numbers, since ssh2's letters know no "append, and create for me alone". */
const APPEND = 0x02 | 0x04 | 0x08;

/**
 * Files over SFTP, which takes a tenth of the time that programs take. What SFTP cannot do, or can only call a
 * failure, is left to the programs, which say why.
 */
export function sftpFiles(session: Session, programs: Files, sudo?: Sudo): Files {
  const use = <T>(step: string, work: (sftp: SFTPWrapper, again: boolean) => Promise<T>, instead: () => Promise<T>) =>
    session
      .use({ what: step, repeatable: true }, async (link, again) => {
        const sftp = await link.sftp(sudo);
        if (!sftp) throw new Insufficient();
        return work(sftp, again);
      })
      .catch((error: unknown) => {
        if (insufficient(error)) return instead();
        throw error;
      });

  return {
    ...programs,
    readFile: (path) => {
      const instead = () => programs.readFile(path);
      return orUndefined(
        path,
        use(`reading ${path}`, (sftp) => read(sftp, path), instead),
      );
    },
    writeFile: (path, content, attributes) => {
      const instead = () => programs.writeFile(path, content, attributes);
      if (!Buffer.isBuffer(content) || content.length > PACKET_BYTES) return instead();
      const step = `writing ${path}`;
      return guard(
        path,
        use(step, (sftp) => write(sftp, path, content, attributes), instead),
      );
    },
    appendFile: (path, text) => {
      const instead = () => programs.appendFile(path, text);
      const bytes = Buffer.from(text);
      if (bytes.length > PACKET_BYTES) return instead();
      return guard(
        path,
        use(`appending to ${path}`, (sftp, again) => append(sftp, path, bytes, again), instead),
      );
    },
    stat: (path) => {
      const instead = () => programs.stat(path);
      return orUndefined(
        path,
        use(`looking at ${path}`, (sftp) => lstat(sftp, path), instead),
      );
    },
    list: async (path) => {
      const instead = () => programs.list(path);
      return (
        (await orUndefined(
          path,
          use(`listing ${path}`, (sftp) => list(sftp, path), instead),
        )) ?? []
      );
    },
    makeDirectory: (path, mode) => {
      const instead = () => programs.makeDirectory(path, mode);
      return guard(
        path,
        use(`making ${path}`, (sftp) => makeDirectory(sftp, path, mode), instead),
      );
    },
    remove: async (path) => {
      const instead = () => programs.remove(path);
      await orUndefined(
        path,
        use(`removing ${path}`, (sftp) => remove(sftp, path), instead),
      );
    },
    sha256: (path) => {
      const instead = () => programs.sha256(path);
      return orUndefined(
        path,
        use(`hashing ${path}`, (sftp) => hash(sftp, path), instead),
      );
    },
  };
}

/** SFTP is not enough here, or does not say what is wrong. */
class Insufficient extends Error {}

function insufficient(error: unknown): boolean {
  const { code, message } = error as Error & { code?: unknown };
  // ssh2's words when the server's SFTP process ended while the connection lives on.
  if (error instanceof Insufficient || message === 'No response from server') return true;
  return typeof code === 'number' && code !== PERMISSION_DENIED;
}

type Callback<T> = (error: Error | null | undefined, value: T) => void;

async function call<T = void>(request: (done: Callback<T>) => void): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      request((error, value) => (error ? reject(error) : resolve(value)));
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== NO_SUCH_FILE) throw error;
    throw Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });
  }
}

async function read(sftp: SFTPWrapper, path: string): Promise<Buffer> {
  const handle = await call<Buffer>((done) => sftp.open(path, 'r', done));
  try {
    const [first, stats] = await Promise.all([
      readAt(sftp, handle, 0),
      call<Stats>((done) => sftp.fstat(handle, done)),
    ]);
    if (stats.size === first.length) return first;
    if (stats.size > 8 * PACKET_BYTES) throw new Insufficient();
    // Files in /proc have no size: they end where they end.
    const chunks = [first];
    for (let position = first.length; chunks.at(-1)?.length !== 0; position += chunks.at(-1)?.length ?? 0) {
      chunks.push(await readAt(sftp, handle, position));
    }
    return Buffer.concat(chunks);
  } finally {
    sftp.close(handle, () => {});
  }
}

async function readAt(sftp: SFTPWrapper, handle: Buffer, position: number): Promise<Buffer> {
  const buffer = Buffer.alloc(PACKET_BYTES);
  const bytes = await call<number>((done) => {
    sftp.read(handle, buffer, 0, PACKET_BYTES, position, (error, count) => done(error, count));
  });
  return buffer.subarray(0, bytes);
}

/** The server answers in order, so that all requests can be on their way at once. */
async function write(
  sftp: SFTPWrapper,
  path: string,
  content: Buffer,
  { mode, uid, gid }: FileAttributes,
): Promise<void> {
  const temporary = temporaryOf(path);
  await call((done) => sftp.unlink(temporary, done)).catch(() => {});
  const handle = await call<Buffer>((done) => sftp.open(temporary, 'wx', { mode: 0o600 }, done));
  try {
    await all([
      call((done) => sftp.write(handle, content, 0, content.length, 0, done)),
      uid === undefined || call((done) => sftp.fsetstat(handle, { uid, gid: gid ?? uid }, done)),
      call((done) => sftp.fsetstat(handle, { mode }, done)),
      call((done) => sftp.ext_openssh_fsync(handle, done)),
      call((done) => sftp.close(handle, done)),
    ]);
    await call((done) => sftp.ext_openssh_rename(temporary, path, done));
  } catch (error) {
    await call((done) => sftp.unlink(temporary, done)).catch(() => {});
    throw error;
  }
}

async function append(sftp: SFTPWrapper, path: string, text: Buffer, again: boolean): Promise<void> {
  const missing = again ? remainder(await read(sftp, path).catch(() => Buffer.alloc(0)), text) : text;
  if (missing.length === 0) return;
  const handle = await call<Buffer>((done) => sftp.open(path, APPEND, { mode: 0o600 }, done));
  await all([
    call((done) => sftp.write(handle, missing, 0, missing.length, 0, done)),
    call((done) => sftp.ext_openssh_fsync(handle, done)),
    call((done) => sftp.close(handle, done)),
  ]);
}

async function lstat(sftp: SFTPWrapper, path: string): Promise<FileStat> {
  const { mode, uid, gid, size } = await call<Stats>((done) => sftp.lstat(path, done));
  const type = typeOfMode(mode);
  const target = type === 'symlink' ? await call<string>((done) => sftp.readlink(path, done)) : undefined;
  return { type, mode: mode & 0o7777, uid, gid, size, target };
}

async function list(sftp: SFTPWrapper, path: string): Promise<string[]> {
  const entries = await call<{ filename: string }[]>((done) => sftp.readdir(path, done));
  return entries.map(({ filename }) => filename).sort();
}

async function makeDirectory(sftp: SFTPWrapper, path: string, mode: number): Promise<void> {
  await call((done) => sftp.mkdir(path, { mode }, done));
  await call((done) => sftp.setstat(path, { mode }, done));
}

async function remove(sftp: SFTPWrapper, path: string): Promise<void> {
  const { type } = await lstat(sftp, path);
  await call((done) => (type === 'directory' ? sftp.rmdir(path, done) : sftp.unlink(path, done)));
}

/** A large file is better hashed where it lies. */
async function hash(sftp: SFTPWrapper, path: string): Promise<string> {
  const { size } = await call<Stats>((done) => sftp.stat(path, done));
  if (size > PACKET_BYTES) throw new Insufficient();
  return createHash('sha256')
    .update(await read(sftp, path))
    .digest('hex');
}

/** Waits for all, then throws the first failure: a request must not outlive the step it belongs to. */
async function all(promises: readonly unknown[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
