import { EdgeadmError } from '../errors/index.ts';
import { parseMountinfo } from './mount-table.ts';

/**
 * Comparing devices is not enough before a folder is removed: a bind mount may lie on the same device.
 * @param mountinfo text of /proc/self/mountinfo
 * @param folder absolute, without symlinks above its last part
 * @throws EdgeadmError RESET_INCOMPLETE if something is mounted on the folder or in it
 */
export function refuseMounts(mountinfo: string, folder: string): void {
  const mounts = parseMountinfo(mountinfo)
    .map(({ path }) => path)
    .filter((path) => path === folder || path.startsWith(`${folder}/`));
  if (mounts.length === 0) return;
  throw new EdgeadmError({
    code: 'RESET_INCOMPLETE',
    what: `${folder} is not removed while something is mounted in it`,
    why: [...new Set(mounts)].join('\n'),
    next: `umount ${mounts.at(-1)}`,
  });
}
