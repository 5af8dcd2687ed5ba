import { posix } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import type { Host } from './host.ts';
import { kubernetesNames, SHARED_FOLDERS } from './kubernetes-names.ts';
import type { FileStat } from './machine.ts';
import { PATHS } from './node-paths.ts';
import { removeAllBut, stateOfOthersNetworks } from './others-networks.ts';
import { ownedByPackages } from './packages.ts';

/** A mount as /proc/self/mountinfo has it. */
export interface Mount {
  readonly path: string;
  /** What of its file system is seen there: `/`, or the folder that was bound. */
  readonly root: string;
  /** Number of the file system, `8:1`. */
  readonly device: string;
  /** `ext4`, `nfs4`. */
  readonly type: string;
}

/** Reads mountinfo (proc(5)), in the order of mounting. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [head = '', tail = ''] = line.split(' - ');
    const [, , device, root, path] = head.split(' ').map(unescapeOctal);
    return device && root && path ? [{ path, root, device, type: tail.split(' ')[0] ?? '' }] : [];
  });
}

/** File systems whose server may be gone: a program that looks at one of them then waits without end. */
const REMOTE = /^(nfs\d?|cifs|smb\d?|smbfs|9p|ceph|glusterfs|lustre|afs|fuse(blk|\..+)?)$/;

/** Those of some mounts whose file system is on another machine, or in the hands of a program. */
export async function remoteAmong(host: Host, paths: readonly string[]): Promise<string[]> {
  const remote = (await mountTable(host)).filter(({ type }) => REMOTE.test(type)).map(({ path }) => path);
  return paths.filter((path) => remote.includes(path));
}

/**
 * What is mounted below a folder, in the order in which it can be unmounted: deepest first, last mounted first.
 * @param within names in the folder; what is mounted elsewhere in it does not count
 */
export async function mountsBelow(host: Host, folder: string, within?: readonly string[]): Promise<string[]> {
  const real = await realPath(host, folder);
  const counts = (path: string) => !within || within.some((name) => isIn(path, posix.join(real, name)));
  return (await mountTable(host))
    .map(({ path }) => path)
    .filter((path) => path !== real && isIn(path, real) && counts(path))
    .reverse()
    .sort((a, b) => depth(b) - depth(a));
}

/**
 * True if a folder is mounted onto itself, as a kubelet does with its own if the machine's mounts are not shared:
 * this is not a volume.
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
 * Restores a folder: removes what is in it but the names in `had`, and the folder itself if `had` is undefined. One
 * that is a mount point or a symlink is only emptied, and only of what has a name that Kubernetes gives, since anything
 * may lie there. So is one that is shared with programs beside the cluster.
 * @param network the configuration that gave pods their network, which goes whatever it is called
 * @returns the paths that were left, since they may belong to other software
 * @throws EdgeadmError RESET_INCOMPLETE if anything is mounted below it; nothing is removed then
 */
export async function clearFolder(
  host: Host,
  path: string,
  had?: readonly string[],
  network?: string,
): Promise<string[]> {
  const stat = await host.stat(path);
  if (!stat) return [];
  const table = await mountTable(host);
  const real = await mountedPath(host, path, stat, table);
  const mounts = table.filter((mount) => isIn(mount.path, real));
  refuseMountsBelow(host, path, mounts, (mount) => mount === real || isOneOf(had, mount, real));
  const whole = had === undefined && stat.type !== 'symlink' && mounts.length === 0;
  const shared = SHARED_FOLDERS.includes(path);
  const others = path === PATHS.cni.state ? await stateOfOthersNetworks(host, network) : [];
  if (whole && !shared) {
    await removeAllBut(host, path, others);
    return others;
  }
  const names = (await host.list(path)).filter((name) => !had?.includes(name));
  const elsewhere = stat.type === 'symlink' || mounts.some((mount) => mount.path === real);
  const foreign = await foreignNames(host, path, names, elsewhere);
  const isNetwork = (name: string): boolean => !elsewhere && path === PATHS.cni.configurations && name === network;
  const kept = foreign.filter((name) => !isNetwork(name));
  const doomed = names.filter((name) => !kept.includes(name));
  for (const name of doomed) await removeAllBut(host, posix.join(path, name), others);
  if (whole && doomed.length === names.length) await host.remove(path);
  return kept.map((name) => posix.join(path, name));
}

/**
 * The names in a folder that are not plainly Kubernetes': in one that leads elsewhere all those that it does not give,
 * in one that is shared what a package of the distribution owns, and whatever has a name that nothing of Kubernetes has.
 */
async function foreignNames(host: Host, path: string, names: readonly string[], elsewhere: boolean): Promise<string[]> {
  const shared = SHARED_FOLDERS.includes(path);
  if (!shared && !elsewhere) return [];
  const ours = kubernetesNames(path);
  const packaged = shared ? await ownedByPackages(host, path, names) : [];
  return names.filter((name) => packaged.includes(name) || !ours.test(name));
}

/**
 * Looks at folders before any of them is cleared, so that a reset that would stop at one leaves all as they are.
 * @throws EdgeadmError RESET_INCOMPLETE if anything is mounted below one of them
 */
export async function refuseMountsIn(
  host: Host,
  folders: readonly { readonly path: string; readonly had?: readonly string[] }[],
): Promise<void> {
  const table = await mountTable(host);
  for (const { path, had } of folders) {
    const stat = await host.stat(path);
    if (!stat) continue;
    const real = await mountedPath(host, path, stat, table);
    const mounts = table.filter((mount) => isIn(mount.path, real));
    refuseMountsBelow(host, path, mounts, (mount) => mount === real || isOneOf(had, mount, real));
  }
}

/** The path as mountinfo names it. Asking costs a program, and is needed only if a mount may concern the folder. */
async function mountedPath(host: Host, path: string, stat: FileStat, table: readonly Mount[]): Promise<string> {
  const name = posix.basename(path);
  const concerned = stat.type === 'symlink' || table.some((mount) => mount.path.split('/').includes(name));
  return concerned ? realPath(host, path) : path;
}

function isOneOf(names: readonly string[] | undefined, mount: string, folder: string): boolean {
  return names?.some((name) => isIn(mount, posix.join(folder, name))) ?? false;
}

function refuseMountsBelow(host: Host, path: string, mounts: readonly Mount[], stays: (path: string) => boolean): void {
  const below = mounts.map((mount) => mount.path).filter((mount) => !stays(mount));
  // A dry run has unmounted nothing.
  if (below.length === 0 || !host.wet) return;
  throw new EdgeadmError({
    code: 'RESET_INCOMPLETE',
    what: `${path} is not removed: something is mounted below it`,
    why: below.join('\n'),
    next: `unmount it (umount ${below[0]}), then run \`edgeadm reset\` again`,
  });
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
