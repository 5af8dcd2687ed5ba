import type { Stats } from 'ssh2';
import { allSettled } from '../../lib/all-settled.ts';
import { sha256Of } from '../../lib/sha256.ts';
import { undefinedIfMissing, withPathError } from '../failures.ts';
import type { FileAttributes, FileMethods } from '../machine.ts';
import { temporaryOf } from '../temporary.ts';
import { ChannelEnded } from './errors.ts';
import type { KeptOpen } from './kept-open.ts';
import type { StartOptions } from './program.ts';
import type { ProgramFiles } from './program-files.ts';
import type { Session } from './session.ts';
import {
  append,
  Insufficient,
  list,
  lstat,
  PACKET_BYTES,
  type Remote,
  readRemote,
  remoteOf,
  removeRemote,
} from './sftp-calls.ts';

/** What is appended to is the journal, for root alone. */
const NEW_FILE = 0o600;

export interface SftpFilesOptions extends StartOptions {
  readonly keptOpen: KeptOpen;
}

/**
 * Files over SFTP, in one round trip if a program takes several: a join over a slow link takes a tenth of the time.
 * What SFTP cannot do, or can only call a failure, is left to the programs, which say why; they are the whole of it
 * if there is no usable SFTP server. So both stay.
 */
export function sftpFiles(
  session: Session,
  programs: ProgramFiles,
  { keptOpen, sudo, signal }: SftpFilesOptions,
): FileMethods {
  const use = <T>(step: string, work: (remote: Remote, again: boolean) => Promise<T>, instead: () => Promise<T>) =>
    session
      .use({ what: step, repeatable: true, signal }, async (link, again) => {
        const sftp = await link.sftp(sudo);
        if (!sftp) throw new Insufficient();
        return work(remoteOf(sftp, signal), again);
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
    readFile: (path) => ifThere('reading', path, readSmall, () => programs.readFile(path)),
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
        if (again || begun) return append(remote, path, bytes, { again: true, mode: NEW_FILE });
        begun = true;
        return keptOpen.append(remote, path, bytes, NEW_FILE);
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
    remove: (path) => ifThere('removing', path, removeRemote, () => programs.remove(path)),
    sha256: (path) => ifThere('hashing', path, hash, () => programs.sha256(path)),
  };
}

/** What has not arrived after a few round trips comes faster through a program. */
function readSmall(remote: Remote, path: string): Promise<Buffer> {
  return readRemote(remote, path);
}

function insufficient(error: unknown): boolean {
  if (error instanceof Insufficient || error instanceof ChannelEnded) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'number';
}

/** The server answers in order, so that all requests can be on their way at once. */
async function write(remote: Remote, path: string, content: Buffer, { mode, uid, gid }: FileAttributes): Promise<void> {
  const { call } = remote;
  const temporary = temporaryOf(path);
  const open = () => call<Buffer>((sftp, done) => sftp.open(temporary, 'wx', { mode: 0o600 }, done));
  const handle = await open().catch(async () => {
    // Left by a write that was broken off.
    await call((sftp, done) => sftp.unlink(temporary, done)).catch(() => {});
    return open();
  });
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

async function makeDirectory({ call }: Remote, path: string, mode: number): Promise<void> {
  try {
    await call((sftp, done) => sftp.mkdir(path, { mode }, done));
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== 'number') throw error;
    // A failure without a name: most often, something is there already, which is left as it is.
    await call<Stats>((sftp, done) => sftp.stat(path, done)).catch(() => {
      throw error;
    });
    return;
  }
  await call((sftp, done) => sftp.setstat(path, { mode }, done));
}

/** A large file is hashed on the machine it is on, not after a transfer. */
async function hash(remote: Remote, path: string): Promise<string> {
  const { size } = await remote.call<Stats>((sftp, done) => sftp.stat(path, done));
  if (size > PACKET_BYTES) throw new Insufficient();
  return sha256Of(await readRemote(remote, path));
}
