import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptGet, aptUpdate, installPackages } from './apt.ts';
import { cached, type Say, timed } from './cache.ts';
import { hasCgroupV1 } from './cgroups.ts';
import { kubernetesVersion } from './config.ts';
import { type Images, images } from './images.ts';
import { kubernetes } from './kubernetes.ts';
import { bareRootfs, rootfs } from './rootfs.ts';

const packages = [
  'busybox-static debootstrap dpkg-dev e2fsprogs faketime gcc golang-go golang-github-modern-go-reflect2-dev iproute2',
  'iptables jq libc6-dev make openssh-client procps rsync util-linux',
].flatMap((line) => line.split(' '));

/** What clusters and nodes are made from; all of it is in the cache. */
export interface Parts {
  /** Folder of the Kubernetes programs. */
  kubernetes: string;
  etcd: string;
  rootfs: string;
  bareRootfs: string;
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

/** Taken out of its package, not installed: the package would start an etcd of its own. */
async function etcd(say: Say): Promise<string> {
  const dir = await cached('etcd', { package: 'etcd-server of Debian 12' }, (dir) =>
    timed(say, 'etcd', async () => {
      await aptUpdate();
      await aptGet(['download', '-qq', 'etcd-server'], dir);
      await execa('sh', ['-c', 'dpkg-deb -x etcd-server_*.deb .'], { cwd: dir });
    }),
  );
  return join(dir, 'usr/bin/etcd');
}

let done: Promise<Parts> | undefined;

/**
 * Makes everything that is not in the cache yet: on a fresh machine about ten minutes, afterwards nothing. Can be
 * called any number of times.
 * @throws Error with the reason if the test bed cannot run
 */
export function prepare(say: Say = () => {}): Promise<Parts> {
  done ??= make(say);
  return done;
}

async function make(say: Say): Promise<Parts> {
  const reason = unsupported();
  if (reason) throw new Error(reason);
  await installPackages(packages, say);
  // The build leaves the network idle and debootstrap the processors.
  const [binaries, etcdFile, full, bare] = await Promise.all([
    kubernetes(say, kubernetesVersion),
    etcd(say),
    rootfs(say),
    bareRootfs(say),
  ]);
  return { kubernetes: binaries, etcd: etcdFile, rootfs: full, bareRootfs: bare, images: await images(say) };
}
