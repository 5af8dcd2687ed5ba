import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptGet, aptUpdate, installPackages } from './apt.ts';
import { cached, type Say, timed } from './cache.ts';
import { hasCgroupV1 } from './cgroups.ts';
import { world as worldOfThisRun } from './config.ts';
import { goPrograms } from './go.ts';
import { type Images, images } from './images.ts';
import { kubernetes } from './kubernetes.ts';
import { bareRootfs, rootfs } from './rootfs.ts';
import type { World } from './worlds.ts';

const packages = [
  'busybox-static debootstrap dpkg-dev e2fsprogs faketime gcc golang-go golang-github-modern-go-reflect2-dev iproute2',
  'iptables jq libc6-dev make openssh-client procps rsync util-linux',
].flatMap((line) => line.split(' '));

/** What clusters and nodes of a world are made from; all of it is in the cache. */
export interface Parts {
  /** Folder of the Kubernetes programs. */
  kubernetes: string;
  etcd: string;
  rootfs: string;
  bareRootfs: string;
  /** Folder of the containerd of bundles: its programs. */
  containerd: string;
  images: Images;
}

/** Why the test bed cannot run on this machine, or nothing. */
export function unsupported(): string | undefined {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^VERSION_CODENAME=bookworm$/m.test(release)) return 'the test bed needs Debian 12';
  if (process.arch !== 'x64') return 'the test bed needs an amd64 machine';
  if (process.getuid?.() !== 0) return 'the test bed needs root';
  if (!hasCgroupV1()) {
    return 'the test bed needs cgroup v1 hierarchies (on a systemd machine: boot with systemd.unified_cgroup_hierarchy=0)';
  }
  return undefined;
}

async function etcd(say: Say, { etcd: source }: World): Promise<string> {
  // The module's own folder is named server.
  if ('module' in source) return join(await goPrograms(say, 'etcd', source), 'server');
  // Taken out of its package, not installed: the package would start an etcd of its own.
  const dir = await cached('etcd', { package: 'etcd-server of Debian 12' }, (dir) =>
    timed(say, 'etcd', async () => {
      await aptUpdate();
      await aptGet(['download', '-qq', source.debianPackage], dir);
      await execa('sh', ['-c', `dpkg-deb -x ${source.debianPackage}_*.deb .`], { cwd: dir });
    }),
  );
  return join(dir, 'usr/bin/etcd');
}

async function containerd(say: Say, world: World): Promise<string> {
  if (world.containerd) return goPrograms(say, 'containerd', world.containerd);
  return join(await rootfs(say, world), 'usr/bin');
}

const done = new Map<World, Promise<Parts>>();

/**
 * Makes everything of a world that is not in the cache yet: on a fresh machine about a quarter of an hour, afterwards
 * nothing. Can be called any number of times.
 * @throws Error with the reason where the test bed cannot run
 */
export function prepare(say: Say = () => {}, world = worldOfThisRun): Promise<Parts> {
  const parts = done.get(world) ?? make(say, world);
  done.set(world, parts);
  return parts;
}

async function make(say: Say, world: World): Promise<Parts> {
  const reason = unsupported();
  if (reason) throw new Error(reason);
  await installPackages(packages, say);
  // The build leaves the network idle and debootstrap the processors.
  const [programs, etcdFile, full, bare, containerdFolder] = await Promise.all([
    kubernetes(say, world.kubernetes),
    etcd(say, world),
    rootfs(say, world),
    bareRootfs(say, world),
    containerd(say, world),
  ]);
  return {
    kubernetes: programs,
    etcd: etcdFile,
    rootfs: full,
    bareRootfs: bare,
    containerd: containerdFolder,
    images: await images(say, world),
  };
}
