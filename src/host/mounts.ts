import { EdgeadmError } from '../errors/index.ts';
import { parseMountinfo } from './mount-table.ts';

/**
 * Refuses to let a folder be removed while anything is mounted on it or below it: what lies behind a mount belongs to
 * somebody, and a bind mount from the same file system looks like a folder.
 * @param mountinfo text of /proc/self/mountinfo
 * @param path without symlinks
 * @throws EdgeadmError WRITE_FAILED with the mounts
 */
export function refuseMounts(mountinfo: string, path: string): void {
  const mounts = parseMountinfo(mountinfo).filter((mount) => mount.path === path || mount.path.startsWith(`${path}/`));
  if (mounts.length === 0) return;
  throw new EdgeadmError({
    code: 'WRITE_FAILED',
    what: `${path} is not removed: something is mounted there`,
    why: mounts.map((mount) => mount.path).join('\n'),
  });
}
