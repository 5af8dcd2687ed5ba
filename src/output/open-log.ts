import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, type Stats } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';

/** Root writes, its group reads: it contains no secrets, but names machines and addresses. */
const FILE_MODE = 0o640;
/** Also if the umask would allow more. */
const FOLDER_MODE = 0o755;
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOFOLLOW = 0 } = constants;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Opens a file to append to. Never waits: a named pipe without a reader is not a log file. A symbolic link that
 * another user (except root) has made is not followed, anywhere on the path, and another user's file is not written
 * to in a folder that others may write to: root's log could otherwise end up in a file of their choice. This is
 * what Linux does in sticky folders (fs.protected_symlinks, fs.protected_regular) and systemd everywhere.
 * @throws Error if it cannot or may not be opened
 * @see https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-symlinks
 */
export function openLog(path: string): { readonly fd: number; readonly stats: Stats } {
  const absolute = resolve(path);
  const folder = dirname(absolute);
  refuseForeignLinks(folder);
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const follow = refuseForeignLinks(absolute) ? 0 : O_NOFOLLOW;
  const fd = openSync(absolute, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | follow, FILE_MODE);
  try {
    const stats = fstatSync(fd);
    if (stats.isFile()) refuseForeignFile(stats, lstatSync(folder), absolute);
    return { fd, stats };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function isOurs({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own || uid === 0;
}

/** @returns true if the last part of the path is a link that may be followed */
function refuseForeignLinks(path: string): boolean {
  let isLink = false;
  const parts = path.split(sep);
  for (let length = 2; length <= parts.length; length++) {
    const part = parts.slice(0, length).join(sep);
    const stats = lstatSync(part, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    isLink = stats.isSymbolicLink();
    if (isLink && !isOurs(stats)) throw new Error(`${part} is a symbolic link of another user`);
  }
  return isLink;
}

function refuseForeignFile(file: Stats, folder: Stats, path: string): void {
  const shared = (folder.mode & WRITABLE_BY_OTHERS) !== 0 && (folder.mode & STICKY) === 0;
  if (isOurs(file) || (file.uid === folder.uid && !shared)) return;
  throw new Error(`${path} is a file of another user`);
}
