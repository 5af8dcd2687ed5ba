import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stats } from 'ssh2';
import { EdgeadmError } from '../../../errors/index.ts';
import { sha256Of } from '../../../lib/sha256.ts';
import { type NodeError, undefinedIfMissing, withPathError } from '../../failures.ts';
import type { Machine, ProgramResult } from '../../machine.ts';
import { MAX_READ_BYTES } from '../../programs.ts';
import { temporaryOf } from '../../temporary.ts';
import type { DriveFiles, Prepare } from '../../windows/drive-files.ts';
import type { Session } from '../session.ts';
import {
  append,
  list,
  lstat,
  PACKET_BYTES,
  type Remote,
  readEnd,
  readRemote,
  remoteOf,
  removeRemote,
} from '../sftp-calls.ts';
import { nativeOf, placeInSftp, sftpPath } from './places.ts';
import { sftpOn } from './sftp.ts';

/** What moves or reads much of a disk, milliseconds. */
const LONG_MS = 3_600_000;
/**
 * How long a file may be in use, milliseconds: by a virus scanner, or by another step, since the server of Windows opens
 * no file that it has open for writing.
 */
const BUSY_LIMIT_MS = 5000;
const LOOK_EVERY_MS = 50;
/** Packets that are on their way at a time: a link with much delay is used as well as a short one. */
const PACKETS_AT_ONCE = 32;

interface Parts {
  readonly session: Session;
  /** Runs a program by its full path. */
  readonly exec: Machine['exec'];
  readonly systemDrive: string;
  readonly signal?: AbortSignal;
}

type Work<T> = (remote: Remote, path: string, again: boolean) => Promise<T>;

/** Drives of a Windows machine over SFTP; what that cannot do is left to programs of Windows. */
export function sftpDrives(parts: Parts): DriveFiles {
  const { use, ifThere } = stepsOf(parts);
  const { run, command } = programsOf(parts);
  const oneByOne = queues();
  const stat = async (place: string) => {
    const found = await ifThere('looking at', place, lstat);
    return found && { ...found, target: found.target && placeInSftp(found.target) };
  };
  const replace = (place: string, prepare: Prepare | undefined, fill: Work<void>): Promise<void> => {
    const prepared = async () => prepare?.(temporaryOf(place));
    return withPathError(
      place,
      use('writing', place, (remote, path) => replaceFile(remote, path, prepared, fill)),
    );
  };
  return {
    stat,
    readFile: (place) => ifThere('reading', place, (remote, path) => readRemote(remote, path, MAX_READ_BYTES)),
    readEnd: (place, bytes) => ifThere('reading', place, (remote, path) => readEnd(remote, path, bytes)),
    appendFile: (place, text) => {
      const work = () => use('appending to', place, appending(text));
      return withPathError(place, oneByOne(place, work));
    },
    list: async (place) => (await ifThere('listing', place, list)) ?? [],
    remove: async (place) => void (await ifThere('removing', place, removeRemote)),
    removeTree: async (place) => {
      const found = await stat(place);
      if (found?.type !== 'directory') return void (await ifThere('removing', place, removeRemote));
      // It removes links and junctions, and does not follow them.
      const said = await command('rd', '/s', '/q', nativeOf(place));
      if (await stat(place)) throw notDone(`cannot remove ${nativeOf(place)}`, said);
    },
    write: (place, content, prepare) => replace(place, prepare, (remote, path) => fillFile(remote, path, content)),
    copy: (from, place, prepare) =>
      replace(place, prepare, async (remote, path) => {
        const said = await command('copy', '/b', '/y', nativeOf(from), nativeOf(temporaryOf(place)));
        const [original, copied] = await Promise.all([sizeOf(remote, sftpPath(from)), sizeOf(remote, path)]);
        if (original !== copied) throw notDone(`cannot copy ${nativeOf(from)}`, said);
      }),
    makeDirectory: async (place, prepare) => {
      const temporary = temporaryOf(place);
      if (await stat(temporary)) await command('rd', '/s', '/q', nativeOf(temporary));
      await withPathError(place, use('making', place, makeFolder));
      await prepare(temporary);
      await withPathError(place, use('making', place, nameFolder));
    },
    link: async (target, place) => {
      await command('mklink', nativeOf(place), nativeOf(target));
      if (await stat(place)) return;
      const said = await run('fsutil.exe', 'hardlink', 'create', nativeOf(place), nativeOf(target));
      if (!(await stat(place))) throw notDone(`cannot link ${nativeOf(place)}`, said);
    },
    sha256: (place) =>
      ifThere('hashing', place, async (remote, path) => {
        if ((await sizeOf(remote, path)) <= PACKET_BYTES) return sha256Of(await readRemote(remote, path));
        const said = await run('certutil.exe', '-hashfile', nativeOf(place), 'SHA256');
        return hashIn(said.stdout) ?? Promise.reject(notDone(`cannot hash ${nativeOf(place)}`, said));
      }),
  };
}

/** Steps over SFTP on whichever connection there is. */
function stepsOf({ session, signal }: Parts) {
  const use = <T>(doing: string, place: string, work: Work<T>): Promise<T> =>
    session.use({ what: `${doing} ${nativeOf(place)}`, repeatable: true, signal }, async (link, again) => {
      const sftp = await sftpOn(link, session.name);
      return whenFree(() => work(remoteOf(sftp, signal), sftpPath(place), again));
    });
  const ifThere = <T>(doing: string, place: string, work: Work<T>) =>
    undefinedIfMissing(place, use<T | undefined>(doing, place, work));
  return { use, ifThere };
}

function programsOf({ exec, systemDrive }: Parts) {
  const run = (name: string, ...args: string[]): Promise<ProgramResult> =>
    exec(`${systemDrive}\\Windows\\System32\\${name}`, args, { repeatable: true, timeoutMs: LONG_MS });
  /** Commands that are no programs. Their exit codes say little. */
  const command = (...words: string[]) => run('cmd.exe', '/d', '/c', ...words);
  return { run, command };
}

/** Does what is done at one place one after the other: lines of a journal are written by several steps at a time. */
function queues() {
  const last = new Map<string, Promise<void>>();
  return (place: string, work: () => Promise<void>): Promise<void> => {
    const mine = (last.get(place) ?? Promise.resolve()).then(work);
    last.set(
      place,
      mine.catch(() => {}),
    );
    return mine;
  };
}

/** Again, on a new connection or since the file was in use, it appends only what an attempt before has not. */
function appending(text: string): Work<void> {
  let begun = false;
  return (remote, path, again) => {
    const done = append(remote, path, Buffer.from(text), { again: again || begun });
    begun = true;
    return done;
  };
}

function makeFolder({ call }: Remote, path: string): Promise<void> {
  return call((sftp, done) => sftp.mkdir(temporaryOf(path), done));
}

/** On a new connection it may be done already. */
async function nameFolder({ call }: Remote, path: string, again: boolean): Promise<void> {
  const temporary = temporaryOf(path);
  if (again && !(await call<Stats>((sftp, done) => sftp.lstat(temporary, done)).catch(() => undefined))) return;
  await call((sftp, done) => sftp.ext_openssh_rename(temporary, path, done));
}

/** Reads what certutil prints; the words around the sum are translated, and old versions write it in pairs. */
export function hashIn(text: string): string | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.replaceAll(' ', '').toLowerCase());
  return lines.find((line) => /^[0-9a-f]{64}$/.test(line));
}

/** Modes are not sent: the server would make lists of access of them, which name the user who logged in. */
async function replaceFile(
  remote: Remote,
  path: string,
  prepare: () => Promise<void>,
  fill: Work<void>,
): Promise<void> {
  const { call } = remote;
  const temporary = temporaryOf(path);
  const removeTemporary = () => call((sftp, done) => sftp.unlink(temporary, done)).catch(() => {});
  await removeTemporary();
  try {
    await closing(remote, await call<Buffer>((sftp, done) => sftp.open(temporary, 'wx', done)));
    await prepare();
    await fill(remote, temporary, false);
    await whenFree(() => call((sftp, done) => sftp.ext_openssh_rename(temporary, path, done)));
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

function closing({ call }: Remote, handle: Buffer): Promise<void> {
  return call((sftp, done) => sftp.close(handle, done));
}

async function fillFile(remote: Remote, path: string, content: Buffer | (() => Readable)): Promise<void> {
  const { call } = remote;
  const handle = await call<Buffer>((sftp, done) => sftp.open(path, 'r+', done));
  try {
    const sent = await send(remote, handle, Buffer.isBuffer(content) ? [content] : content());
    await call((sftp, done) => sftp.ext_openssh_fsync(handle, done));
    const { size } = await call<Stats>((sftp, done) => sftp.fstat(handle, done));
    if (size !== sent) throw new Error(`${size} of ${sent} bytes arrived`);
  } finally {
    await closing(remote, handle).catch(() => {});
  }
}

/** @returns how many bytes were sent */
async function send({ call }: Remote, handle: Buffer, chunks: Iterable<Buffer> | AsyncIterable<Buffer>) {
  const underWay = new Set<Promise<void>>();
  let position = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PACKET_BYTES) {
      // The memory of a chunk is used again.
      const part = Buffer.from(chunk.subarray(from, from + PACKET_BYTES));
      const at = position;
      const written = call((sftp, done) => sftp.write(handle, part, 0, part.length, at, done));
      position += part.length;
      underWay.add(written);
      written.then(
        () => underWay.delete(written),
        () => {},
      );
      if (underWay.size >= PACKETS_AT_ONCE) await Promise.race(underWay);
    }
  }
  await Promise.all(underWay);
  return position;
}

/** Does it again as long as the file is in use, for which the server has no other words. */
async function whenFree<T>(work: () => Promise<T>): Promise<T> {
  const limit = performance.now() + BUSY_LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as NodeError).code !== 'EACCES' || performance.now() > limit) throw error;
      await delay(LOOK_EVERY_MS);
    }
  }
}

async function sizeOf({ call }: Remote, path: string): Promise<number> {
  return (await call<Stats>((sftp, done) => sftp.stat(path, done))).size;
}

function notDone(what: string, { stdout, stderr }: Pick<ProgramResult, 'stdout' | 'stderr'>): EdgeadmError {
  return new EdgeadmError({ code: 'WRITE_FAILED', what, why: (stderr || stdout).trim() || 'nothing was printed' });
}
