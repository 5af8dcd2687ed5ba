import { globSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptUpdate, debianMirror, installPackages } from '../testbed/apt.ts';
import { cached, type Say, timed } from '../testbed/cache.ts';
import type { World } from '../testbed/worlds.ts';

/** The line on the console once a machine has booted. */
export const UP = 'testbed: this machine has booted';

/** Debian's kernel for virtual machines, and what a node of the test bed has. */
const packages = [
  'ca-certificates conntrack curl dbus ebtables ethtool hostname iproute2 iptables iputils-ping kmod openssh-server',
  'procps psmisc socat sudo systemd systemd-sysv tar util-linux containerd runc containernetworking-plugins',
  'linux-image-cloud-amd64 initramfs-tools apparmor',
].flatMap((line) => line.split(' '));

/** An emulated processor is slow: what no test looks at is not started, nor what works by the clock. */
const masked = [
  'modprobe@configfs modprobe@drm modprobe@efi_pstore modprobe@fuse systemd-pstore systemd-binfmt systemd-logind',
  'systemd-hwdb-update systemd-journal-catalog-update systemd-network-generator systemd-networkd-wait-online',
  'systemd-tpm2-setup systemd-tpm2-setup-early systemd-update-utmp ldconfig apparmor getty@tty1 serial-getty@ttyS0',
]
  .flatMap((line) => line.split(' '))
  .map((name) => `${name}.service`)
  .concat(
    'apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate man-db systemd-tmpfiles-clean'
      .split(' ')
      .map((name) => `${name}.timer`),
  );

const containerdConfig = (pauseImage: string) => `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
`;

/** The addresses are those of qemu's user network. */
const network = `[Match]
Name=eth0
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
LinkLocalAddressing=no
`;

const announcement = `[Unit]
After=ssh.service containerd.service network.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "${UP}" >/dev/ttyS0'
[Install]
WantedBy=multi-user.target
`;

/** A test speaks with a machine through many sessions of one connection, which a slow machine may take its time to make. */
const sshd = 'MaxSessions 100\nUseDNS no\nLoginGraceTime 600\n';

/** The processor is not the newest one, since each of its instructions is emulated; drivers of the disk alone are needed. */
const initramfs = { MODULES: 'list', BUSYBOX: 'n', COMPRESS: 'gzip' };
/** In Debian 12's kernel each of them is a module; in Debian 13's some are not, and those are passed over. */
const drivers = ['virtio_pci', 'virtio_blk', 'crc32c_generic', 'ext4'];

const DISK_SIZE = '4G';

/** What a virtual machine boots from. */
export interface Disk {
  /** The root file system. */
  readonly image: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly sshKey: string;
  readonly knownHosts: string;
}

/** Debian with its own kernel, systemd, sshd and containerd, as a disk; made once. */
export async function makeDisk(say: Say, { debian, pauseImage }: World): Promise<Disk> {
  await installPackages(['debootstrap', 'e2fsprogs', 'openssh-client'], say);
  const files = { config: containerdConfig(pauseImage), network, announcement, sshd, initramfs, drivers };
  const dir = await cached(`vm-disk-${debian}`, { debian, packages, masked, files, DISK_SIZE }, (out) =>
    timed(say, `disk of virtual machines (${debian})`, async () => {
      const root = join(out, 'root');
      await bootstrap(root, debian);
      await configure(root, containerdConfig(pauseImage));
      await makeKeys(root, out);
      for (const name of ['vmlinuz', 'initrd.img']) await copyFile(only(join(root, `boot/${name}-*`)), join(out, name));
      await execa('truncate', ['-s', DISK_SIZE, join(out, 'disk.img')]);
      await execa('mkfs.ext4', ['-q', '-m', '0', '-d', root, join(out, 'disk.img')]);
      await rm(root, { recursive: true });
    }),
  );
  return {
    image: join(dir, 'disk.img'),
    kernel: join(dir, 'vmlinuz'),
    initrd: join(dir, 'initrd.img'),
    sshKey: join(dir, 'id_ed25519'),
    knownHosts: join(dir, 'known_hosts'),
  };
}

async function bootstrap(root: string, suite: string): Promise<void> {
  await aptUpdate();
  const include = `--include=${packages.join(',')}`;
  await execa('debootstrap', ['--variant=minbase', include, suite, root, await debianMirror()]);
  const settings = join(root, 'etc/initramfs-tools/initramfs.conf');
  const lines = Object.entries(initramfs).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(settings, (await readFile(settings, 'utf8')) + lines.join(''));
  await writeFile(join(root, 'etc/initramfs-tools/modules'), drivers.map((name) => `${name}\n`).join(''));
  await execa('chroot', [root, 'update-initramfs', '-u']);
  for (const dir of [
    'var/cache/apt',
    'var/lib/apt/lists',
    'var/log',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
  ])
    await rm(join(root, dir), { recursive: true });
  for (const dir of ['var/log', 'opt/cni', 'opt/bundle']) await mkdir(join(root, dir), { recursive: true });
}

async function configure(root: string, config: string): Promise<void> {
  const files = {
    'etc/containerd/config.toml': config,
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/machine-id': '',
    // A name server in it would make every look-up wait: a machine has no Internet.
    'etc/resolv.conf': '',
    'etc/ssh/sshd_config.d/testbed.conf': sshd,
    'etc/systemd/network/eth0.network': network,
    'etc/systemd/system/testbed-up.service': announcement,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await symlink('/usr/lib/cni', join(root, 'opt/cni/bin'));
  await execa('systemctl', [`--root=${root}`, 'mask', ...masked]);
  await execa('systemctl', [`--root=${root}`, 'enable', 'systemd-networkd', 'ssh', 'containerd', 'testbed-up']);
}

/** The key that root accepts lies beside the disk: whoever reads the one has the other. */
async function makeKeys(root: string, out: string): Promise<void> {
  await execa('find', [join(root, 'etc/ssh'), '-name', 'ssh_host_*', '-delete']);
  const make = (file: string) => execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'testbed', '-f', file]);
  await make(join(root, 'etc/ssh/ssh_host_ed25519_key'));
  await make(join(out, 'id_ed25519'));
  await mkdir(join(root, 'root/.ssh'), { recursive: true, mode: 0o700 });
  await copyFile(join(out, 'id_ed25519.pub'), join(root, 'root/.ssh/authorized_keys'));
  const key = await readFile(join(root, 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8');
  await writeFile(join(out, 'known_hosts'), `vm ${key}`);
}

function only(pattern: string): string {
  const [file, ...others] = globSync(pattern);
  if (!file || others.length > 0) throw new Error(`${pattern} is not one file`);
  return file;
}
