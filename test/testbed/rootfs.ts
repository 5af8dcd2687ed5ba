import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptUpdate, debianMirror } from './apt.ts';
import { cached, type Say, timed } from './cache.ts';
import { nodejsInNode, opsPassword, productInNode } from './config.ts';
import type { World } from './worlds.ts';

const base = [
  'ca-certificates conntrack curl dbus ebtables ethtool faketime hostname iproute2 iptables iputils-ping kmod',
  'openssh-server procps psmisc socat sudo systemd systemd-sysv tar util-linux',
  // what the Node.js binary of the checkout is linked with
  'libatomic1 libstdc++6',
].flatMap((line) => line.split(' '));

/** Kept apart so that a node can do without: there a bundle brings them. */
const runtime = ['containerd', 'runc', 'containernetworking-plugins'];

/** A node has no terminal, and does nothing by the clock: apt's run at six would change files between two photographs. */
const masked = [
  ...['console-getty.service', 'getty@tty1.service'],
  ...['apt-daily', 'apt-daily-upgrade', 'dpkg-db-backup', 'e2scrub_all', 'fstrim', 'logrotate', 'man-db'].map(
    (name) => `${name}.timer`,
  ),
];

/** containerd as Kubernetes wants it; see README.md on `restrict_oom_score_adj`. */
const containerdConfig = (pauseImage: string) => `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
`;

/** If no containerd is yet, all that this machine needs of one: the rest is for the program under test to add. */
const bareContainerdConfig = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
`;

const recipeOf = ({ debian, pauseImage }: World) => ({
  suite: debian,
  base,
  runtime,
  masked,
  containerdConfig: containerdConfig(pauseImage),
  opsPassword,
  mounts: [productInNode, nodejsInNode],
});

const chroot = (root: string, file: string, args: string[], input?: string) =>
  execa('chroot', [root, file, ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' }, input });

/** A Debian that boots systemd, sshd and containerd and has nothing of Kubernetes on it; returns its folder. */
export function rootfs(say: Say, world: World): Promise<string> {
  const recipe = recipeOf(world);
  return cached(`rootfs-${recipe.suite}`, recipe, (root) =>
    timed(say, `root file system of the nodes (${recipe.suite})`, async () => {
      await aptUpdate();
      const include = [...base, ...runtime].join(',');
      await execa('debootstrap', [
        '--variant=minbase',
        `--include=${include}`,
        recipe.suite,
        root,
        await debianMirror(),
      ]);
      for (const dir of [
        'var/cache/apt',
        'var/lib/apt/lists',
        'var/log',
        'usr/share/doc',
        'usr/share/man',
        'usr/share/locale',
      ]) {
        await rm(join(root, dir), { recursive: true });
      }
      for (const dir of [
        'var/cache/apt/archives/partial',
        'var/lib/apt/lists/partial',
        'var/log',
        'opt/cni',
        ...recipe.mounts,
      ]) {
        await mkdir(join(root, dir), { recursive: true });
      }
      // With a name server in it, every look-up would hang until it times out: a node has no Internet.
      await writeFile(join(root, 'etc/resolv.conf'), '');
      await symlink('/usr/lib/cni', join(root, 'opt/cni/bin'));
      await mkdir(join(root, 'etc/containerd'), { recursive: true });
      await writeFile(join(root, 'etc/containerd/config.toml'), recipe.containerdConfig);
      await rm(join(root, 'etc/machine-id'), { force: true });
      await execa('find', [join(root, 'etc/ssh'), '-name', 'ssh_host_*', '-delete']);
      await execa('systemctl', [`--root=${root}`, 'mask', ...masked]);
      await addUsers(root);
    }),
  );
}

/** The same without containerd, runc and CNI plug-ins, for bundles that bring them. */
export async function bareRootfs(say: Say, world: World): Promise<string> {
  const full = await rootfs(say, world);
  return cached(`rootfs-bare-${world.debian}`, { ...recipeOf(world), bareContainerdConfig }, (root) =>
    timed(say, 'root file system without a container runtime', async () => {
      await execa('cp', ['-a', '--reflink=auto', `${full}/.`, root]);
      await rm(join(root, 'opt/cni'), { recursive: true });
      await chroot(root, 'dpkg', ['--purge', ...runtime]);
      await mkdir(join(root, 'etc/containerd'), { recursive: true });
      await writeFile(join(root, 'etc/containerd/config.toml'), bareContainerdConfig);
    }),
  );
}

async function addUsers(root: string): Promise<void> {
  for (const name of ['admin', 'ops']) await chroot(root, 'useradd', ['-m', '-s', '/bin/bash', name]);
  await chroot(root, 'chpasswd', [], `ops:${opsPassword}\n`);
  const rules = 'admin ALL=(ALL) NOPASSWD: ALL\nops ALL=(ALL) ALL\n';
  await writeFile(join(root, 'etc/sudoers.d/testbed'), rules, { mode: 0o440 });
}
