import { posix } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import type { Host } from './host.ts';

/** A mount as /proc/self/mountinfo has it. */
export interface Mount {
  readonly path: string;
  /** What of its file system is seen there: `/`, or the folder that was bound. */
  readonly root: string;
  /** Number of the file system, `8:1`. */
  readonly device: string;
}

/** Reads mountinfo (proc(5)), in the order of mounting. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , device, root, path] = line.split(' ').map(unescapeOctal);
    return device && root && path ? [{ path, root, device }] : [];
  });
}

/** What is mounted below a folder, in the order in which it can be unmounted: deepest first, last mounted first. */
export async function mountsBelow(host: Host, folder: string): Promise<string[]> {
  const real = await realPath(host, folder);
  return (await mountTable(host))
    .map(({ path }) => path)
    .filter((path) => path !== real && isIn(path, real))
    .reverse()
    .sort((a, b) => depth(b) - depth(a));
}

/**
 * True where a folder is mounted onto itself, as a kubelet does with its own where the machine's mounts are not shared:
 * not a volume of anybody's.
 */
export async function isBoundToItself(host: Host, folder: string): Promise<boolean> {
  const real = await realPath(host, folder);
  const mounts = await mountTable(host);
  const own = mounts.findLast(({ path }) => path === real);
  const above = mounts
    .filter(({ path }) => path !== real && isIn(real, path))
    .sort((a, b) => depth(a.path) - depth(b.path));
  const parent = above.at(-1);
  if (!own || !parent) return false;
  return own.device === parent.device && own.root === posix.join(parent.root, posix.relative(parent.path, real));
}

/**
 * Puts a folder back: removes what is in it but the names in `had`, and the folder itself where `had` is undefined. One
 * that is a mount point or a symlink is only emptied.
 * @throws EdgeadmError RESET_INCOMPLETE where anything is mounted below it; nothing is removed then
 */
export async function clearFolder(host: Host, path: string, had?: readonly string[]): Promise<void> {
  const stat = await host.stat(path);
  if (!stat) return;
  const mounts = (await mountTable(host)).map((mount) => mount.path).filter((mount) => isIn(mount, path));
  const stays = (mount: string) => mount === path || had?.some((name) => isIn(mount, posix.join(path, name)));
  const below = mounts.filter((mount) => !stays(mount));
  // A dry run has unmounted nothing.
  if (below.length > 0 && host.wet) {
    throw new EdgeadmError({
      code: 'RESET_INCOMPLETE',
      what: `${path} is not removed: something is mounted below it`,
      why: below.join('\n'),
      next: `unmount it (umount ${below[0]}), then run \`edgeadm reset\` again`,
    });
  }
  if (had === undefined && stat.type !== 'symlink' && mounts.length === 0) return host.removeTree(path);
  for (const name of await host.list(path)) {
    if (!had?.includes(name)) await host.removeTree(posix.join(path, name));
  }
}

export async function isMountPoint(host: Host, path: string): Promise<boolean> {
  return (await mountTable(host)).some((mount) => mount.path === path);
}

/** The path without symlinks, as mountinfo names it. */
async function realPath(host: Host, path: string): Promise<string> {
  if (!host.runsPrograms) return path;
  const result = await host.query('readlink', ['-f', path]);
  return result.exitCode === 0 ? result.stdout.trimEnd() : path;
}

async function mountTable(host: Host): Promise<Mount[]> {
  return parseMountinfo((await host.read('/proc/self/mountinfo')) ?? '');
}

function isIn(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length;
}

/** A blank, a tab, a newline and a backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
