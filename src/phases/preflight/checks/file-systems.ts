import { PATHS } from '../../../host/node-paths.ts';
import { importedFiles } from '../../../kubernetes/cri/containerd-imports.ts';
import { findKubelet } from '../../../kubernetes/kubelet/program.ts';
import { lenientToml } from '../../../lib/lenient-toml.ts';
import { type Check, type CheckResult, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { fileSystemOf, type MountedFileSystem } from '../mounts.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

/**
 * File systems that cannot be the upper or lower layer of an overlay: no `trusted.*` attributes, no whiteouts, no
 * d_type, or names that change. Source: kernel, Documentation/filesystems/overlayfs.rst.
 */
const WITHOUT_OVERLAY =
  /^(nfs\d?|cifs|smb\d?|9p|virtiofs|fuse(blk)?(\..*)?|vfat|msdos|exfat|ntfs\d?|ecryptfs|overlay|aufs|squashfs|iso9660|erofs|ramfs|ubifs|jffs2|hfsplus|ceph|glusterfs|lustre|afs)$/;

/** OpenZFS can be below an overlay since 2.2. */
const FIRST_ZFS = [2, 2] as const;

export const runtimeFileSystem: Check = {
  name: 'RuntimeFileSystem',
  concerns: 'node',
  severity: 'error',
  about:
    "The file system under the container runtime's folder can carry an overlay: not NFS, another network share, FUSE, overlay, ZFS before 2.2 or XFS without d_type. Skipped if containerd uses another snapshotter.",
  remedy: 'Give the runtime a folder on ext4 or XFS: `runtimeRootDir: /data/containerd` in the file of `--config`.',
  run: async (context) => {
    const { host, spec } = context;
    if (spec.criSocket !== undefined) return skip(`${spec.criSocket} was named: its runtime decides`);
    const folder = runtimeFolder(context);
    const found = await fileSystemOf(host, folder);
    if (!found) return skip('there is no /proc/mounts here that names it');
    const snapshotter = await snapshotterOf(host);
    if (spec.runtime === 'containerd' && snapshotter !== 'overlayfs') return pass(`${found.type}, by ${snapshotter}`);
    const refusal = await refusalOf(host, found);
    if (!refusal) return inMemory(found) ? lostAtBoot(folder, found) : pass(found.type);
    const told = `${folder} is on ${found.type} (${found.source} on ${found.path}): ${refusal.why}`;
    // Docker falls back to a driver that copies every layer.
    return fail(told, { severity: spec.runtime === 'docker' ? 'warning' : 'error', remedy: refusal.remedy });
  },
};

function runtimeFolder({ spec }: CheckContext): string {
  return spec.runtimeRootDir ?? (spec.runtime === 'docker' ? PATHS.docker.data : PATHS.containerd.data);
}

/** containerd's own choice is overlayfs; what an imported file says counts before it. */
async function snapshotterOf(host: ReadOnlyHost): Promise<string> {
  const own = (await host.read(PATHS.containerd.configuration)) ?? '';
  // A damaged file is reported by the check of the runtime.
  const imported = await importedFiles(host, own).catch(() => []);
  const texts = [own, ...(await Promise.all(imported.map(async (path) => (await host.read(path)) ?? '')))];
  return texts.map(snapshotterIn).findLast((named) => named !== undefined) ?? 'overlayfs';
}

function snapshotterIn(text: string): string | undefined {
  const { plugins = {} } = lenientToml(text) as Tables;
  const containerd = plugins['io.containerd.grpc.v1.cri']?.containerd ?? plugins.cri?.containerd;
  const named = containerd?.snapshotter ?? plugins['io.containerd.cri.v1.images']?.snapshotter;
  return typeof named === 'string' ? named : undefined;
}

interface Tables {
  readonly plugins?: Record<string, { snapshotter?: unknown; containerd?: { snapshotter?: unknown } } | undefined>;
}

async function refusalOf(
  host: ReadOnlyHost,
  found: MountedFileSystem,
): Promise<{ why: string; remedy?: string } | undefined> {
  if (WITHOUT_OVERLAY.test(found.type)) return { why: 'overlayfs does not work on it' };
  if (found.type === 'zfs') {
    const version = (await host.read('/sys/module/zfs/version'))?.trim();
    if (version !== undefined && isNewZfs(version)) return undefined;
    return {
      why: `overlayfs works on ZFS from OpenZFS ${FIRST_ZFS.join('.')} on, this is ${version ?? 'of an unknown version'}`,
      remedy:
        'Give the runtime a volume with ext4 or XFS (`zfs create -V`), or set `snapshotter = "zfs"` in containerd\'s configuration.',
    };
  }
  if (found.type !== 'xfs' || !host.runsPrograms) return undefined;
  const { stdout } = await host.query('xfs_info', [found.path]);
  if (!/\bftype=0\b/.test(stdout)) return undefined;
  return {
    why: 'it was made without d_type (ftype=0), which overlayfs needs',
    remedy: `Only a new file system has it: give the runtime one made with \`mkfs.xfs -n ftype=1\`, as \`runtimeRootDir\`.`,
  };
}

function isNewZfs(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > FIRST_ZFS[0] || (major === FIRST_ZFS[0] && minor >= FIRST_ZFS[1]);
}

function inMemory({ type }: MountedFileSystem): boolean {
  return type === 'tmpfs' || type === 'ramfs' || type === 'rootfs';
}

/** The folder with the changes may be one that only the initial RAM disk sees. */
async function hasChangesInMemory(host: ReadOnlyHost, { path, options }: MountedFileSystem): Promise<boolean> {
  const upper = options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  const on = upper === undefined ? undefined : await fileSystemOf(host, upper);
  return on !== undefined && on.path !== path && inMemory(on);
}

function lostAtBoot(folder: string, { path }: MountedFileSystem): CheckResult {
  return fail(`${folder} is in memory (tmpfs on ${path}): all images are gone after a reboot`, {
    severity: 'warning',
  });
}

/** Where a join writes files, whatever it finds there. */
const WRITTEN = [
  PATHS.kubernetes.directory,
  PATHS.kubelet.unitFile,
  PATHS.cni.configurations,
  PATHS.system.sysctls,
  PATHS.system.modules,
  PATHS.kubelet.directory,
  PATHS.edgeadm.state,
  PATHS.pods.logs,
];

/** What a node needs after a reboot. */
const KEPT = [PATHS.kubernetes.directory, PATHS.kubelet.unitFile, PATHS.kubelet.directory, PATHS.edgeadm.state];

export const readOnlyFileSystem: Check = {
  name: 'ReadOnlyFileSystem',
  concerns: 'node',
  severity: 'error',
  about:
    'The file systems to which the join, the kubelet and the container runtime write are mounted for writing. A read-only /usr is fine unless a bundle has programs for it. A warning if they are kept in memory, as on a machine whose root is an overlay with its changes in a tmpfs: the node is gone after a reboot.',
  remedy:
    'Mount it for writing (`mount -o remount,rw PATH`, and in /etc/fstab), or mount a writable file system there.',
  run: async (context) => {
    const readOnly = await inWhich(context.host, await writtenFolders(context), ({ options }) =>
      options.includes('ro'),
    );
    if (readOnly.length > 0)
      return fail(readOnly.map(({ path, on }) => `${path}: ${on.type} on ${on.path} is mounted read-only`).join('\n'));
    const lost = await inWhich(context.host, KEPT, inMemory);
    const under = await inWhich(context.host, KEPT, ({ type }) => type === 'overlay');
    for (const each of under) if (await hasChangesInMemory(context.host, each.on)) lost.push(each);
    if (lost.length === 0) return pass();
    const found = lost.map(({ path, on }) => `${path}: what is written to ${on.type} on ${on.path} is kept in memory`);
    return fail(`${found.join('\n')}\nafter a reboot nothing of the join is left`, {
      severity: 'warning',
      remedy:
        'Mount a disk there, or switch the overlay of the root off before the join (Raspberry Pi OS: `raspi-config nonint disable_overlayfs`).',
    });
  },
};

async function writtenFolders(context: CheckContext): Promise<string[]> {
  const { spec, node } = context;
  const kinds = new Set((await bundleFiles(context)).map(({ kind }) => kind));
  const joined = (await node.membership())?.complete ?? false;
  if (joined) return [PATHS.kubelet.directory, PATHS.edgeadm.state, runtimeFolder(context)];
  return [
    ...WRITTEN,
    runtimeFolder(context),
    ...(spec.runtime === 'containerd' && spec.criSocket === undefined ? [PATHS.containerd.configuration] : []),
    ...(kinds.has('kubelet') ? [PATHS.kubelet.program] : []),
    ...(kinds.has('containerd') && spec.manageRuntime ? [PATHS.containerd.program, PATHS.containerd.runc] : []),
    ...(kinds.has('cni-plugins') ? [PATHS.cni.plugins] : []),
  ];
}

/** A bundle that cannot be opened is reported by the checks that need what is in it. */
async function bundleFiles({ node }: CheckContext): Promise<readonly { readonly kind: string }[]> {
  return (await node.bundle().catch(() => undefined))?.manifest.files ?? [];
}

export const noExec: Check = {
  name: 'NoExec',
  concerns: 'node',
  severity: 'error',
  about:
    'No file system with programs that kubelet and runtime start (kubelet, containerd, CNI plug-ins, the layers of images) is mounted with noexec.',
  remedy: 'Mount it without noexec: `mount -o remount,exec PATH`, and remove noexec from its line in /etc/fstab.',
  run: async (context) => {
    const { host, spec } = context;
    const folders = [
      await findKubelet(host),
      PATHS.cni.plugins,
      runtimeFolder(context),
      ...(spec.manageRuntime ? [PATHS.containerd.program, PATHS.containerd.runc] : []),
    ];
    const found = await inWhich(host, folders, ({ options }) => options.includes('noexec'));
    if (found.length === 0) return pass();
    return fail(found.map(({ path, on }) => `${path}: ${on.path} is mounted with noexec`).join('\n'));
  },
};

async function inWhich(
  host: ReadOnlyHost,
  paths: readonly string[],
  is: (found: MountedFileSystem) => boolean,
): Promise<{ path: string; on: MountedFileSystem }[]> {
  const found = await Promise.all(paths.map(async (path) => ({ path, on: await fileSystemOf(host, path) })));
  return found.flatMap(({ path, on }) => (on && is(on) ? [{ path, on }] : []));
}
