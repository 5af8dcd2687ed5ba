import { posix } from 'node:path';
import type { ReadOnlyHost } from './read-only-host.ts';

/** A line of /proc/mounts. */
export interface MountedFileSystem {
  readonly source: string;
  readonly path: string;
  /** `ext4`, `nfs4`. */
  readonly type: string;
  readonly options: readonly string[];
}

/** The file system that a path is on, symlinks followed; undefined if /proc/mounts does not say. */
export async function fileSystemOf(host: ReadOnlyHost, path: string): Promise<MountedFileSystem | undefined> {
  const mounts = parseMounts((await host.read('/proc/mounts')) ?? '');
  const real = await followed(host, path);
  const covering = mounts.filter(
    (mount) => mount.path === '/' || real === mount.path || real.startsWith(`${mount.path}/`),
  );
  // Of several on one path the last one is seen.
  return covering.reduce<MountedFileSystem | undefined>(
    (found, mount) => (found && found.path.length > mount.path.length ? found : mount),
    undefined,
  );
}

/** Reads /proc/mounts, in which a blank is written as `\040`. See fstab(5). */
function parseMounts(text: string): MountedFileSystem[] {
  return text.split('\n').flatMap((line) => {
    const [source, path, type, options = ''] = line.trim().split(/\s+/).map(unescapeOctal);
    return source && path?.startsWith('/') && type ? [{ source, path, type, options: options.split(',') }] : [];
  });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

const MAX_LINKS = 20;

/** The path behind the symlinks in it, as far as it is there. */
async function followed(host: ReadOnlyHost, path: string, links = 0): Promise<string> {
  const parts = path.split('/').filter(Boolean);
  for (let i = 1; i <= parts.length; i++) {
    const here = `/${parts.slice(0, i).join('/')}`;
    const stat = await host.stat(here);
    if (!stat) return path;
    if (stat.type !== 'symlink' || stat.target === undefined || links === MAX_LINKS) continue;
    const target = posix.resolve(posix.dirname(here), stat.target, ...parts.slice(i));
    return followed(host, target, links + 1);
  }
  return path;
}
