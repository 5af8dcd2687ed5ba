import { EdgeadmError } from '../errors/index.ts';
import { architectureOf } from '../lib/architecture.ts';
import type { HostFacts } from './host-facts.ts';
import type { Machine } from './machine.ts';
import { PATHS } from './node-paths.ts';
import { parseOsRelease } from './os-release.ts';
import { undefinedIfNoFile } from './read-if-file.ts';

const asked = new WeakMap<Machine, Promise<HostFacts>>();

/** What a machine is, asked once: none of it changes while a command runs. */
export function factsOf(machine: Machine): Promise<HostFacts> {
  const facts = asked.get(machine) ?? machine.facts?.() ?? readFacts(machine);
  asked.set(machine, facts);
  return facts;
}

/** Reads what a Linux machine is. */
export async function readFacts(machine: Machine): Promise<HostFacts> {
  const text = async (path: string): Promise<string> =>
    (await machine.readFile(path).catch(undefinedIfNoFile))?.toString('utf8') ?? '';
  const [osRelease, redhat, kernel, hostname, machineId, cpuinfo, meminfo, init, kind, uid] = await Promise.all([
    text(PATHS.system.osRelease).then(async (own) => own || text('/usr/lib/os-release')),
    text('/etc/redhat-release'),
    text('/proc/sys/kernel/osrelease'),
    text('/proc/sys/kernel/hostname').then(async (running) => running || text('/etc/hostname')),
    text('/etc/machine-id'),
    text('/proc/cpuinfo'),
    text('/proc/meminfo'),
    text('/proc/1/comm'),
    kindOf(machine, text),
    text('/proc/self/status').then((status) => effectiveUid(status) ?? askUid(machine)),
  ]);
  const [system = '', hardware = ''] = kind.trim().split(/\s+/);
  return {
    platform: system === 'Linux' ? 'linux' : 'other',
    os: parseOsRelease(osRelease, redhat || undefined),
    kernel: kernel.trim(),
    arch: architectureOf(hardware),
    hostname: hostname.trim(),
    machineId: machineId.trim(),
    cpus: [...cpuinfo.matchAll(/^processor\s*:/gm)].length,
    memoryBytes: Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024,
    init: init.trim(),
    uid,
  };
}

/** As `uname -s -m` prints it; kernels since 6.1 say it in files, which takes no program. */
async function kindOf(machine: Machine, text: (path: string) => Promise<string>): Promise<string> {
  const [system, hardware] = await Promise.all(['ostype', 'arch'].map((name) => text(`/proc/sys/kernel/${name}`)));
  if (system && hardware) return `${system} ${hardware}`;
  return (await machine.exec('uname', ['-s', '-m'], { repeatable: true })).stdout;
}

/** Of the process that read it, which is our own or the one that reads for us over SSH: real, effective, saved, file system. */
function effectiveUid(status: string): number | undefined {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  return uid === undefined ? undefined : Number(uid);
}

async function askUid(machine: Machine): Promise<number> {
  const { exitCode, stdout } = await machine.exec('id', ['-u'], { repeatable: true });
  return exitCode === 0 ? Number(stdout.trim()) : -1;
}

/** @throws EdgeadmError PLATFORM_UNSUPPORTED if the machine is neither Windows nor Linux run by systemd. */
export function requireSupported({ platform, init, os }: HostFacts): void {
  if (platform === 'windows' || (platform === 'linux' && init === 'systemd')) return;
  throw new EdgeadmError({
    code: 'PLATFORM_UNSUPPORTED',
    what: 'edgeadm supports only Windows Server and Linux machines that run systemd',
    why:
      platform === 'linux'
        ? `process 1 of ${os.pretty} is ${init || 'unknown'}, not systemd`
        : 'this is neither Linux nor Windows',
  });
}

/** @throws EdgeadmError PLATFORM_UNSUPPORTED if the machine is Windows and the command has no way to work there. */
export async function requireLinux(machine: Machine, command: string): Promise<void> {
  // Linux machines have no such method: they are not asked.
  const facts = await machine.facts?.();
  if (facts?.platform !== 'windows') return;
  throw new EdgeadmError({
    code: 'PLATFORM_UNSUPPORTED',
    what: `\`edgeadm ${command}\` does not work on Windows machines`,
    why: `${machine.name} runs ${facts.os.pretty}`,
    next: 'run it on a Linux node; on Windows machines, join, preflight, reset, upgrade and diagnose work',
  });
}
