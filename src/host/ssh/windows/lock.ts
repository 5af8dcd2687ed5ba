import { withPathError } from '../../failures.ts';
import type { Lock } from '../../machine.ts';
import type { Link } from '../link.ts';
import { retake } from '../lock.ts';
import type { Session } from '../session.ts';
import { remoteOf } from '../sftp-calls.ts';
import type { Sftp } from '../sftp-session.ts';
import { sftpPath } from './places.ts';
import { sftpOn } from './sftp.ts';

/** Read, write, create. */
const FLAGS = 0x01 | 0x02 | 0x08;

/**
 * Takes a lock file by opening it: while the SFTP server of Windows has it open for writing, neither another
 * connection nor an edgeadm.exe on the machine can open it. The server closes it when the connection ends.
 * Source: Win32-OpenSSH, contrib/win32/win32compat/fileio.c, createFile_flags_setup
 * @returns undefined if another holds it
 */
export async function lockDrive(session: Session, place: string, signal?: AbortSignal): Promise<Lock | undefined> {
  const step = { what: `taking the lock ${place}`, repeatable: true, signal };
  const holdOn = async (link: Link, ending?: AbortSignal) =>
    hold(await sftpOn(link, session.name), link, place, ending);
  let holder = await withPathError(
    place,
    session.use(step, (link) => holdOn(link, signal)),
  );
  if (!holder) return undefined;
  const forget = session.onRenewal(async (link, closing) => {
    holder = await retake(() => holdOn(link, closing), place, closing);
  });
  return {
    release: async () => {
      forget();
      await holder?.release();
    },
  };
}

async function hold(sftp: Sftp, link: Link, place: string, signal?: AbortSignal): Promise<Lock | undefined> {
  const path = sftpPath(place);
  const { call } = remoteOf(sftp, signal);
  let handle: Buffer;
  try {
    handle = await call<Buffer>((server, done) => server.open(path, FLAGS, done));
  } catch (error) {
    // The server has no other words for a file that is in use.
    const { code } = error as { code?: unknown };
    if (code === 'EACCES' || typeof code === 'number') return undefined;
    throw error;
  }
  let released = false;
  // With the session of the server its files are closed: a new connection takes the lock again, or fails.
  sftp.ended.then(() => {
    if (!released) link.client.destroy();
  });
  return {
    release: async () => {
      released = true;
      await call((server, done) => server.close(handle, done));
      // Another may have taken it meanwhile.
      await call((server, done) => server.unlink(path, done)).catch(() => {});
    },
  };
}
