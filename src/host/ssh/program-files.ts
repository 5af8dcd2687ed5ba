import { constants } from 'node:fs';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { programError, undefinedIfMissing, withPathError } from '../failures.ts';
import type { FileAttributes, FileMethods, FileStat, FileType } from '../machine.ts';
import { refuseMounts } from '../mount-guard.ts';
import { MAX_READ_BYTES } from '../programs.ts';
import { temporaryOf } from '../temporary.ts';
import { execute, type ProgramOutcome } from './execute.ts';
import type { Link } from './link.ts';
import type { Session } from './session.ts';
import type { Sudo } from './sudo.ts';

/** {@link FileMethods}, and the repetition of an append that another way has begun. */
export interface ProgramFiles extends FileMethods {
  /** Appends what an attempt that failed has not written. */
  appendRest(path: string, text: string): Promise<void>;
}

/**
 * Milliseconds for whatever moves or reads a lot: 300 MB over a link of 1 Mbit/s take 40 minutes. A link that is dead
 * is noticed by the keep-alive.
 */
const LONG_MS = 3_600_000;

/** The read of a named pipe does not end until another program writes to it. */
const NO_PIPE = '[ ! -p "$1" ] || { echo "$1 is a named pipe, not a file" >&2; exit 1; }; ';
const READ = `${NO_PIPE}exec cat -- "$1"`;
const HASH = `${NO_PIPE}exec sha256sum -- "$1"`;
/**
 * $1 temporary file, $2 mode, $3 owner or nothing; prints the size. dd syncs, since sync(1) takes no file
 * before coreutils 8.24.
 */
const STAGE = `umask 077 && rm -f -- "$1" && dd of="$1" bs=65536 conv=fsync,excl status=none &&
{ [ -z "$3" ] || chown -- "$3" "$1"; } && chmod -- "$2" "$1" && stat -c %s -- "$1"`;
/** $1 source, $2 temporary file, $3 mode, $4 owner or nothing, $5 target. */
const COPY = `${NO_PIPE}umask 077 && rm -f -- "$2" && dd if="$1" of="$2" bs=65536 conv=fsync,excl status=none &&
{ [ -z "$4" ] || chown -- "$4" "$2"; } && chmod -- "$3" "$2" && mv -fT -- "$2" "$5" || { rm -f -- "$2"; exit 1; }`;
/** $1 temporary file, $2 mode, $3 owner or nothing, $4 size, $5 target. What holds space is not sent over a slow link. */
const WRITE_ZEROS = `umask 077 && rm -f -- "$1" &&
head -c "$4" /dev/zero | dd of="$1" bs=65536 iflag=fullblock conv=fsync,excl status=none &&
{ [ -z "$3" ] || chown -- "$3" "$1"; } && chmod -- "$2" "$1" && [ "$(stat -c %s -- "$1")" = "$4" ] &&
mv -fT -- "$1" "$5" || { rm -f -- "$1"; exit 1; }`;
const RENAME = 'exec mv -fT -- "$1" "$2"';
const READ_END_IF_THERE = 'if [ -e "$1" ]; then tail -c "$2" -- "$1"; fi';
const APPEND = 'umask 077; dd of="$1" bs=65536 oflag=append conv=notrunc,fsync status=none';
const STAT = 'stat -c "%f %u %g %s" -- "$1" || exit 1; if [ -L "$1" ]; then readlink -n -- "$1"; fi';
const LIST = 'exec find -H "$1" -mindepth 1 -maxdepth 1 -printf "%f\\\\0"';
const MAKE_DIRECTORY = '[ -e "$1" ] || mkdir -m "$2" -- "$1" || [ -d "$1" ]';
const SYMLINK = '[ "$(readlink -- "$2")" = "$1" ] || ln -sT -- "$1" "$2"';
const REMOVE = 'if [ -d "$1" ] && [ ! -L "$1" ]; then rmdir -- "$1"; else rm -f -- "$1"; fi';
const REMOVE_TREE = 'exec rm -rf --one-file-system -- "$1"';
/** Prints the real path of the folder that contains $1, and all mounts. */
const SURVEY = 'if [ -e "$1" ] || [ -L "$1" ]; then readlink -f -- "$(dirname -- "$1")"; cat /proc/self/mountinfo; fi';

/** Runs a script on a connection that is open. */
type Shell = (
  link: Link,
  timeoutMs: number,
  script: string,
  args: readonly string[],
  input?: string | Buffer | Readable,
) => Promise<ProgramOutcome>;

/**
 * Files by the programs that every Linux since CentOS 7 has. This is how they are reached if SFTP would lack the
 * rights: the session belongs to a user who is root only through sudo.
 */
export function programFiles(session: Session, sudo?: Sudo, signal?: AbortSignal): ProgramFiles {
  const shell: Shell = async (link, timeoutMs, script, args, input) => {
    const limits = { timeoutMs, maxOutputBytes: MAX_READ_BYTES, signal };
    return succeeded(await execute(link, ['sh', '-c', script, 'sh', ...args], { sudo, input, ...limits }));
  };
  const step = (what: string) => ({ what, repeatable: true, signal });
  const run = (what: string, script: string, ...args: string[]): Promise<ProgramOutcome> =>
    session.use(step(what), (link) => shell(link, link.limits.fileCommand, script, args));
  const runLong = (what: string, script: string, ...args: string[]): Promise<ProgramOutcome> =>
    session.use(step(what), (link) => shell(link, LONG_MS, script, args));
  const appendFrom = (path: string, text: string, begun: boolean): Promise<void> => {
    const work = (link: Link, again: boolean) => append(shell, link, path, Buffer.from(text), again || begun);
    return withPathError(path, session.use(step(`appending to ${path}`), work));
  };

  return {
    readFile: async (path) => (await undefinedIfMissing(path, runLong(`reading ${path}`, READ, path)))?.stdout,
    writeFile: async (path, content, attributes) => {
      if (Buffer.isBuffer(content) && isZeros(content)) {
        const args = [temporaryOf(path), ...modeAndOwner(attributes), String(content.length), path];
        await withPathError(path, runLong(`writing ${path}`, WRITE_ZEROS, ...args));
        return;
      }
      const work = (link: Link) => write(shell, link, path, content, attributes);
      await withPathError(path, session.use(step(`writing ${path}`), work));
    },
    copyFile: async (from, path, attributes) => {
      const args = [from, temporaryOf(path), ...modeAndOwner(attributes), path];
      await withPathError(path, runLong(`copying ${from} to ${path}`, COPY, ...args));
    },
    appendFile: (path, text) => appendFrom(path, text, false),
    appendRest: (path, text) => appendFrom(path, text, true),
    stat: async (path) => {
      const outcome = await undefinedIfMissing(path, run(`looking at ${path}`, STAT, path));
      return outcome && parseStat(outcome.stdout.toString('utf8'));
    },
    list: async (path) => {
      const outcome = await undefinedIfMissing(path, run(`listing ${path}`, LIST, path));
      return (outcome?.stdout.toString('utf8').split('\0').slice(0, -1) ?? []).sort();
    },
    makeDirectory: async (path, mode) => {
      await withPathError(path, run(`making ${path}`, MAKE_DIRECTORY, path, mode.toString(8)));
    },
    symlink: async (target, path) => {
      await withPathError(path, run(`linking ${path}`, SYMLINK, target, path));
    },
    remove: async (path) => {
      await withPathError(path, run(`removing ${path}`, REMOVE, path));
    },
    removeTree: async (path) => {
      const survey = await withPathError(path, run(`looking for mounts in ${path}`, SURVEY, path));
      if (survey.stdout.length === 0) return;
      refuseMountsIn(survey.stdout.toString('utf8'), path);
      await withPathError(path, runLong(`removing ${path}`, REMOVE_TREE, path));
    },
    sha256: async (path) => {
      const outcome = await undefinedIfMissing(path, runLong(`hashing ${path}`, HASH, path));
      // A name with a backslash or a line break is shown escaped, behind a backslash of its own.
      return outcome && /^\\?([0-9a-f]{64}) /.exec(outcome.stdout.toString('utf8'))?.[1];
    },
  };
}

async function write(
  shell: Shell,
  link: Link,
  path: string,
  content: Buffer | (() => Readable),
  attributes: FileAttributes,
): Promise<void> {
  const temporary = temporaryOf(path);
  const { input, bytes } = counted(content);
  try {
    const staged = await shell(link, LONG_MS, STAGE, [temporary, ...modeAndOwner(attributes)], input);
    // A connection that breaks ends dd's input, too: only what arrived whole may take the name.
    if (Number(staged.stdout.toString()) !== bytes()) throw new Error('not all of it arrived');
    await shell(link, link.limits.fileCommand, RENAME, [temporary, path]);
  } catch (error) {
    await shell(link, link.limits.fileCommand, 'rm -f -- "$1"', [temporary]).catch(() => {});
    throw error;
  }
}

async function append(shell: Shell, link: Link, path: string, text: Buffer, again: boolean): Promise<void> {
  const limitMs = link.limits.fileCommand;
  const end = async () => (await shell(link, limitMs, READ_END_IF_THERE, [path, String(text.length)])).stdout;
  const missing = again ? remainder(await end(), text) : text;
  if (missing.length > 0) await shell(link, LONG_MS, APPEND, [path], missing);
}

/** @param survey what {@link SURVEY} prints */
function refuseMountsIn(survey: string, path: string): void {
  const end = survey.indexOf('\n');
  refuseMounts(survey.slice(end + 1), posix.join(survey.slice(0, end), posix.basename(path)));
}

/** What has still to be appended to a file of which an interrupted attempt may have written a part. */
export function remainder(content: Buffer, text: Buffer): Buffer {
  for (let written = text.length; written > 0; written--) {
    if (content.subarray(-written).equals(text.subarray(0, written))) return text.subarray(written);
  }
  return text;
}

/** Each byte is as the one before it, and the first is zero. */
function isZeros(content: Buffer): boolean {
  return content[0] === 0 && content.subarray(1).equals(content.subarray(0, -1));
}

function modeAndOwner({ mode, uid, gid }: FileAttributes): [mode: string, owner: string] {
  return [mode.toString(8), uid === undefined ? '' : `${uid}:${gid ?? uid}`];
}

function counted(content: Buffer | (() => Readable)): { input: Buffer | Readable; bytes: () => number } {
  if (Buffer.isBuffer(content)) return { input: content, bytes: () => content.length };
  let bytes = 0;
  const input = content().on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  return { input: input.pause(), bytes: () => bytes };
}

/** Reads what {@link STAT} prints; the mode is hexadecimal there. */
function parseStat(text: string): FileStat {
  const end = text.indexOf('\n');
  const [mode = '0', uid, gid, size] = text.slice(0, end).split(' ');
  const bits = Number.parseInt(mode, 16);
  const type = typeOfMode(bits);
  const target = type === 'symlink' ? text.slice(end + 1) : undefined;
  return { type, mode: bits & 0o7777, uid: Number(uid), gid: Number(gid), size: Number(size), target };
}

/** The kind of file that `st_mode` tells. */
export function typeOfMode(mode: number): FileType {
  const kind = mode & constants.S_IFMT;
  if (kind === constants.S_IFREG) return 'file';
  if (kind === constants.S_IFDIR) return 'directory';
  return kind === constants.S_IFLNK ? 'symlink' : 'other';
}

function succeeded(outcome: ProgramOutcome): ProgramOutcome {
  if (outcome.exitCode === 0) return outcome;
  throw programError(outcome.stderr.trim() || `exit code ${outcome.exitCode}`);
}
