import { createHash, randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Network } from '../../src/host/machine.ts';
import { PATHS } from '../../src/host/node-paths.ts';
import { AGENT_PATHS, FAKE_PROGRAM_HEADER } from '../../src/host/scratch-agent.ts';
import { systemOf } from './systems.ts';

/** What a new node is to look like. */
export interface NodeMachine {
  readonly name: string;
  /** `Ubuntu 20.04` */
  readonly os: string;
  /** `5.4.0-100`, as `uname -r` has it. */
  readonly kernel: string;
  readonly arch: 'amd64' | 'arm64';
  /** Version of the kubelet that is installed, `v1.20.2`. */
  readonly kubeletVersion: string;
}

const HARDWARE = { amd64: 'x86_64', arm64: 'aarch64' };
const CONTROLLERS = ['cpuset', 'cpu', 'cpuacct', 'memory', 'devices', 'freezer', 'pids'];
/** TEST-NET-1 of RFC 5737: reserved, and in no cluster's CIDR. */
const NETWORK = '192.0.2';
const MEMORY_KB = 4 * 1024 * 1024;
const CPUS = 2;

/**
 * Makes the root folder of a machine that was just installed: what checks and facts read, a container runtime that
 * runs, and a kubelet. No program is in it.
 * @param root must not exist
 */
export async function createScratchRoot(root: string, machine: NodeMachine): Promise<void> {
  const files = { ...systemFiles(machine), ...kernelFiles(machine), ...programFiles(machine) };
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const folder of new Set(Object.keys(files).map(dirname))) await mkdir(join(root, folder), { recursive: true });
  for (const folder of ['tmp', 'var/lib', 'var/log', 'etc/systemd/system', 'usr/local/bin', 'sys/module'])
    await mkdir(join(root, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  await symlink('usr/lib', join(root, 'lib'));
}

/** The address of a node by its name: the same after a restart, and seldom another node's. */
function addressOf(name: string): string {
  return `${NETWORK}.${2 + (createHash('sha256').update(name).digest().readUInt16BE(0) % 250)}`;
}

function systemFiles({ name, os }: NodeMachine): Record<string, string> {
  const system = systemOf(os);
  const network: Network = {
    interfaces: [
      { name: 'lo', up: true, addresses: ['127.0.0.1/8'] },
      { name: 'eth0', up: true, addresses: [`${addressOf(name)}/24`] },
    ],
    routes: [
      {
        destination: '0.0.0.0/0',
        interface: 'eth0',
        gateway: `${NETWORK}.1`,
        source: addressOf(name),
        metric: 100,
      },
      { destination: `${NETWORK}.0/24`, interface: 'eth0', source: addressOf(name), metric: 100 },
    ],
  };
  return {
    '/etc/os-release': system.osRelease,
    ...(system.redhatRelease && { '/etc/redhat-release': system.redhatRelease }),
    '/etc/hostname': `${name}\n`,
    '/etc/hosts': `127.0.0.1 localhost\n${addressOf(name)} ${name}\n`,
    '/etc/machine-id': `${randomBytes(16).toString('hex')}\n`,
    '/etc/resolv.conf': `nameserver ${NETWORK}.1\n`,
    [AGENT_PATHS.network]: `${JSON.stringify(network, null, 2)}\n`,
  };
}

/** /proc and /sys as far as they are read. */
function kernelFiles({ name, os, kernel, arch }: NodeMachine): Record<string, string> {
  const { cgroupVersion, init } = systemOf(os);
  const unified = cgroupVersion === 2;
  const modules = ['kernel/fs/overlayfs/overlay.ko', 'kernel/net/bridge/br_netfilter.ko'];
  modules.push(
    'kernel/drivers/net/vxlan.ko',
    'kernel/net/ipv4/netfilter/iptable_nat.ko',
    'kernel/drivers/net/dummy.ko',
  );
  const cgroups = CONTROLLERS.map((controller, i) => `${controller}\t${i + 1}\t1\t1`).join('\n');
  return {
    '/proc/sys/kernel/osrelease': `${kernel}\n`,
    '/proc/sys/kernel/ostype': 'Linux\n',
    '/proc/sys/kernel/arch': `${HARDWARE[arch]}\n`,
    '/proc/sys/kernel/hostname': `${name}\n`,
    '/proc/sys/kernel/panic': '0\n',
    '/proc/sys/kernel/panic_on_oops': '0\n',
    '/proc/sys/vm/overcommit_memory': '0\n',
    '/proc/sys/net/ipv4/ip_forward': '0\n',
    '/proc/1/comm': `${init}\n`,
    '/proc/cpuinfo': Array.from({ length: CPUS }, (_, i) => `processor\t: ${i}\n\n`).join(''),
    '/proc/meminfo': `MemTotal:       ${MEMORY_KB} kB\n`,
    '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n',
    '/proc/filesystems': 'nodev\tproc\n\text4\n',
    '/proc/mounts': unified
      ? 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n'
      : CONTROLLERS.map((controller) => `cgroup /sys/fs/cgroup/${controller} cgroup rw,${controller} 0 0\n`).join(''),
    '/proc/cgroups': `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${cgroups}\n`,
    '/proc/net/tcp': '  sl  local_address rem_address   st\n',
    [`/usr/lib/modules/${kernel}/modules.builtin`]: `${modules.join('\n')}\n`,
    '/sys/class/net/lo/operstate': 'unknown\n',
    '/sys/class/net/eth0/operstate': 'up\n',
    ...(unified && { '/sys/fs/cgroup/cgroup.controllers': `${CONTROLLERS.join(' ')}\n` }),
  };
}

function programFiles({ kubeletVersion }: NodeMachine): Record<string, string> {
  return {
    [PATHS.kubelet.program]: `${FAKE_PROGRAM_HEADER}\nKubernetes ${kubeletVersion}\n`,
    '/usr/lib/systemd/system/containerd.service': '[Service]\nExecStart=/usr/bin/containerd\n',
    [`${AGENT_PATHS.units}/containerd.service`]: 'active\n',
  };
}
