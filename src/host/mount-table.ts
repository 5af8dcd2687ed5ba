import { posix } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import type { Host } from './host.ts';

/** A mount as /proc/self/mountinfo has it. */
export interface Mount {
  readonly path: string;
  readonly fileSystem: string;
}

/** Reads mountinfo (proc(5)): the fifth field is the path, the file system's type stands behind a lone dash. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const words = line.split(' ');
    const path = words[4];
    const fileSystem = words[words.indexOf('-') + 1];
    return path && fileSystem ? [{ path: unescapeOctal(path), fileSystem }] : [];
  });
}

/** Mounts at and below a folder, in the order in which they can be unmounted: deepest first, last mounted first. */
export async function mountsIn(host: Host, folder: string): Promise<string[]> {
  const real = await realPath(host, folder);
  return parseMountinfo((await host.read('/proc/self/mountinfo')) ?? '')
    .map(({ path }) => path)
    .filter((path) => path === real || path.startsWith(`${real}/`))
    .reverse()
    .sort((a, b) => depth(b) - depth(a));
}

/**
 * Removes what is in a folder (but the names in `keep`) and the folder itself, unless something is kept or it is a mount
 * point or a symlink: then it is only emptied.
 * @throws EdgeadmError RESET_INCOMPLETE where anything is mounted below it: a bind mount cannot be told from a folder
 * when it is deleted, and what lies behind it belongs to somebody
 */
export async function removeFolder(host: Host, path: string, keep: readonly string[] = []): Promise<void> {
  const stat = await host.stat(path);
  if (!stat) return;
  const real = await realPath(host, path);
  const mounts = await mountsIn(host, real);
  const below = mounts.filter((mount) => mount !== real);
  if (below.length > 0) {
    throw new EdgeadmError({
      code: 'RESET_INCOMPLETE',
      what: `${path} is not removed: something is mounted below it`,
      why: below.join('\n'),
      next: `unmount it (umount ${below[0]}), then run \`edgeadm reset\` again`,
    });
  }
  if (keep.length === 0 && stat.type !== 'symlink' && mounts.length === 0) return host.removeTree(path);
  for (const name of await host.list(real)) {
    if (!keep.includes(name)) await host.removeTree(posix.join(real, name));
  }
}

/** The path without symlinks, as mountinfo names it. */
async function realPath(host: Host, path: string): Promise<string> {
  if (!host.runsPrograms) return path;
  const result = await host.query('readlink', ['-f', path]);
  return result.exitCode === 0 ? result.stdout.trimEnd() : path;
}

function depth(path: string): number {
  return path.split('/').length;
}

/** A blank, a tab, a newline and a backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
