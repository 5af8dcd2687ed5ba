import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { commandLine } from '../../src/host/quote.ts';
import { installPackages } from '../testbed/apt.ts';
import { cached, type Say, timed } from '../testbed/cache.ts';
import { cgroupName, inCgroup, processesOf, removeCgroup } from '../testbed/cgroups.ts';
import { loopbackNet, stateDir } from '../testbed/config.ts';
import { startDaemon } from '../testbed/daemon.ts';
import { unmountAndDelete } from '../testbed/mounts.ts';
import type { Result, RunOptions } from '../testbed/node.ts';
import { until } from '../testbed/wait.ts';
import type { World } from '../testbed/worlds.ts';
import { type Disk, makeDisk, UP } from './disk.ts';
import { Monitor } from './monitor.ts';

/** Where a machine has its medium: a bundle and the program under test. */
export const MEDIUM = '/opt/bundle';
export const MEDIUM_SIZE = '2G';
/** The program under test, as one file. */
export const PROGRAM = `${MEDIUM}/edgeadm`;

/**
 * Two emulated processors, each a thread of qemu: a boot takes a fifth less time than with one, and no more of the real
 * ones. An old model, since none of its instructions makes the kernel look for what is not there.
 */
const processors = ['-accel', 'tcg,thread=multi', '-cpu', 'Westmere', '-smp', '2'];

/**
 * One processor by whose instructions time goes, as long as it has something to do: one each nanosecond, as on a core of
 * 1 GHz that completes one in every cycle. So a second is one of a weak node, however slowly this machine emulates it and
 * whatever else keeps it busy: where a test asks how many seconds the node takes, any other clock would tell of this machine.
 */
const countingProcessor = ['-accel', 'tcg,thread=single', '-icount', 'shift=0', '-cpu', 'Westmere', '-smp', '1'];

const hardware = [
  ...['-m', '2048'],
  ...['-machine', 'q35,usb=off,sata=off,smbus=off', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...['-object', 'rng-random,id=rng,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng'],
];

/** Of the kernel and of systemd, whose services may take longer to start here than it waits for them. */
const commandLineOfKernel = [
  'console=ttyS0 quiet root=/dev/vda rw mitigations=off audit=0 net.ifnames=0',
  'systemd.default_timeout_start_sec=900 systemd.service_watchdogs=no',
].join(' ');

/** Seconds that a boot may take. It needs 75 of processor time, and waits for them on a machine that others keep busy. */
const BOOT_LIMIT = 3600;
const PORT = '2222';

interface Start {
  /** The disk that is written to. */
  readonly disk: string;
  readonly medium: string;
  readonly parts: Disk;
  /** A saved state to go on from; without, the machine boots. */
  readonly state?: string;
  /** What its battery-backed clock says, as ISO 8601; the time it is, unless given. */
  readonly clock?: string;
  /** Whether its time goes by the instructions of its processor. */
  readonly counting?: boolean;
}

/** A machine with a kernel, a disk and a clock of its own, emulated. One of a test bed runs at a time. */
export class VirtualMachine {
  readonly name: string;
  private readonly medium: string;
  private readonly parts: Disk;
  private readonly dir: string;

  private constructor(name: string, medium: string, parts: Disk) {
    this.name = name;
    this.medium = medium;
    this.parts = parts;
    this.dir = join(stateDir, 'vm', name);
  }

  /**
   * Makes a machine that has booted. What an earlier one of this name left is removed first.
   * @param medium file system image of {@link MEDIUM_SIZE}, which the machine sees at {@link MEDIUM}
   */
  static async up(name: string, world: World, medium: string): Promise<VirtualMachine> {
    const { parts, booted } = await prepareMachine(world);
    const machine = new VirtualMachine(name, medium, parts);
    await machine.down();
    await mkdir(machine.dir, { recursive: true });
    await overlay(join(booted, 'disk.qcow2'), machine.disk);
    await machine.start({ state: join(booted, 'memory') });
    await machine.must('date', '-s', `@${Math.ceil(Date.now() / 1000)}`);
    await machine.must('hostname', name);
    await machine.write('/etc/hostname', `${name}\n`);
    return machine;
  }

  async down(): Promise<void> {
    await removeCgroup(this.cgroup);
    await unmountAndDelete(this.dir);
  }

  /** Cuts the power: what the machine has not written to its disk is lost. */
  cutPower(): Promise<void> {
    return removeCgroup(this.cgroup);
  }

  /** Boots from the disk as it is. */
  async boot(how: Pick<Start, 'clock' | 'counting'> = {}): Promise<void> {
    await this.start(how);
  }

  /** Shuts the machine down in order, and boots it again. */
  async reboot(): Promise<void> {
    await this.exec('systemctl', 'reboot');
    await this.bootAfterShutdown();
  }

  /** Waits until it has shut down by itself, and boots it again. */
  async bootAfterShutdown(how: Pick<Start, 'clock' | 'counting'> = {}): Promise<void> {
    await until(`${this.name} to shut down`, async () => !(await this.isRunning()), BOOT_LIMIT);
    await this.cutPower();
    await this.boot(how);
  }

  exec(file: string, ...args: string[]): Promise<Result> {
    return this.run(file, args);
  }

  /** Runs a program as root, without a shell, and waits for it. A bad exit code is not an error here. */
  async run(file: string, args: string[], { input = '', timeout }: RunOptions = {}): Promise<Result> {
    const limit = timeout ? ['timeout', '--signal=KILL', String(timeout)] : [];
    const result = await this.spawn([...limit, file, ...args], input);
    return { exitCode: result.exitCode ?? 255, stdout: result.stdout, stderr: result.stderr };
  }

  /** Starts a program and gives execa's subprocess, which does not reject. */
  spawn(words: readonly string[], input = '') {
    const line = commandLine(['env', 'HOME=/root', ...words]);
    return execa('ssh', [...this.sshOptions, 'vm', line], { reject: false, input });
  }

  /** Runs the program under test. */
  edgeadm(args: string[], options: RunOptions = {}): Promise<Result> {
    return this.run(PROGRAM, args, options);
  }

  async write(path: string, text: string): Promise<void> {
    const script = 'mkdir -p "$(dirname "$0")" && cat >"$0"';
    const { exitCode, stderr } = await this.run('sh', ['-c', script, path], { input: text });
    if (exitCode !== 0) throw new Error(`${path} of ${this.name}: ${stderr}`);
  }

  async read(path: string): Promise<string> {
    return (await this.must('cat', '--', path)).stdout;
  }

  /** Runs a program that must end well. */
  async must(file: string, ...args: string[]): Promise<Result> {
    const result = await this.run(file, args);
    if (result.exitCode !== 0)
      throw new Error(
        `${commandLine([file, ...args])} on ${this.name} ended with ${result.exitCode}: ${result.stderr}`,
      );
    return result;
  }

  /** What it has said on its console since it was started. */
  console(): Promise<string> {
    return readFile(this.consoleLog, 'utf8');
  }

  private async start(how: Pick<Start, 'state' | 'clock' | 'counting'>): Promise<void> {
    const { disk, medium, parts } = this;
    await rm(join(this.dir, 'ssh'), { force: true });
    await startQemu(this.cgroup, this.dir, { disk, medium, parts, ...how });
    if (!how.state) await booted(this.cgroup, this.dir);
    await this.connect();
    await this.must('mount', '-o', 'ro', '/dev/vdb', MEDIUM);
    await this.run('systemctl', ['is-system-running', '--wait']);
  }

  /** All sessions share one connection, which ends with the machine. */
  private async connect(): Promise<void> {
    const master = ['-M', '-N', '-o', 'ServerAliveInterval=0', ...this.sshOptions, 'vm'];
    const persistent = ['-c', 'until ssh "$@"; do sleep 1; done', 'ssh', ...master];
    await startDaemon(join(this.dir, 'ssh.log'), ...(await inCgroup(this.cgroup, 'sh', persistent)));
    await until(`SSH to ${this.name}`, () => existsSync(join(this.dir, 'ssh')), BOOT_LIMIT);
  }

  private async isRunning(): Promise<boolean> {
    for (const pid of await processesOf(this.cgroup)) {
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      if (name.startsWith('qemu')) return true;
    }
    return false;
  }

  private get sshOptions() {
    return [
      ...['-i', this.parts.sshKey, '-p', PORT, '-l', 'root', '-S', join(this.dir, 'ssh'), '-o', 'BatchMode=yes'],
      ...[
        '-o',
        `HostName=${loopbackNet}.200`,
        '-o',
        'HostKeyAlias=vm',
        '-o',
        `UserKnownHostsFile=${this.parts.knownHosts}`,
      ],
    ];
  }

  private get cgroup() {
    return cgroupName('node', this.name);
  }

  private get disk() {
    return join(this.dir, 'disk.qcow2');
  }

  private get consoleLog() {
    return join(this.dir, 'console.log');
  }
}

/** Makes what is not in the cache yet: a quarter of an hour, or nothing. */
export async function prepareMachine(world: World, say: Say = () => {}): Promise<{ parts: Disk; booted: string }> {
  const parts = await makeDisk(say, world);
  return { parts, booted: await bootedState(say, world, parts) };
}

/** A machine that has just booted, saved: a test goes on from there in two seconds. It is good for one qemu. */
async function bootedState(say: Say, { debian }: World, parts: Disk): Promise<string> {
  await installPackages(['qemu-system-x86', 'qemu-utils', 'seabios'], say);
  const { stdout: version } = await execa('qemu-system-x86_64', ['--version']);
  return cached(
    `vm-booted-${debian}`,
    { version, hardware: [...processors, ...hardware], image: parts.image.split('/').at(-2) },
    (dir) =>
      timed(say, `first boot of the virtual machine (${debian})`, async () => {
        const cgroup = cgroupName('node', 'vm-first-boot');
        const disk = join(dir, 'disk.qcow2');
        await overlay(parts.image, disk);
        const medium = join(dir, 'medium.img');
        await execa('truncate', ['-s', MEDIUM_SIZE, medium]);
        await startQemu(cgroup, dir, { disk, medium, parts });
        await booted(cgroup, dir);
        await saveState(join(dir, 'monitor'), join(dir, 'memory'));
        await removeCgroup(cgroup);
        await rm(medium);
      }),
  );
}

async function saveState(monitorSocket: string, file: string): Promise<void> {
  await using monitor = await Monitor.open(monitorSocket);
  await monitor.call('migrate', { uri: `exec:cat >${file}` });
  await until('the state to be saved', async () => {
    const { status } = (await monitor.call('query-migrate')) as { status: string };
    if (status === 'failed') throw new Error('qemu could not save the state');
    return status === 'completed';
  });
}

async function startQemu(cgroup: string, dir: string, start: Start): Promise<void> {
  const { disk, medium, parts, state, clock, counting } = start;
  const drive = (id: string, ...options: string[]) => [
    ...['-drive', [`id=${id},if=none`, ...options].join(',')],
    ...['-device', `virtio-blk-pci,drive=${id}`],
  ];
  const args = [
    ...(counting ? countingProcessor : processors),
    ...hardware,
    ...['-kernel', parts.kernel, '-initrd', parts.initrd, '-append', commandLineOfKernel],
    // Without a sync of this machine's disk: what the guest has flushed outlives qemu, and only qemu is ever killed.
    ...drive('disk', `file=${disk}`, 'format=qcow2', 'cache=unsafe'),
    ...drive('medium', `file=${medium}`, 'format=raw', 'readonly=on'),
    ...['-netdev', `user,id=net,hostfwd=tcp:${loopbackNet}.200:${PORT}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-serial', `file:${join(dir, 'console.log')}`, '-qmp', `unix:${join(dir, 'monitor')},server=on,wait=off`],
    ...(clock ? ['-rtc', `base=${clock}`] : []),
    ...(state ? ['-incoming', `exec:cat ${state}`] : []),
  ];
  await startDaemon(join(dir, 'qemu.log'), ...(await inCgroup(cgroup, 'qemu-system-x86_64', args)));
}

async function booted(cgroup: string, dir: string): Promise<void> {
  const text = (file: string) => readFile(join(dir, file), 'utf8').catch(() => '');
  await until(
    'a virtual machine to boot',
    async () => (await text('console.log')).includes(UP),
    BOOT_LIMIT,
    async () => `${await text('qemu.log')}${(await text('console.log')).slice(-2000)}${await processesOf(cgroup)}`,
  );
}

async function overlay(base: string, file: string): Promise<void> {
  const format = base.endsWith('.img') ? 'raw' : 'qcow2';
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', format, file]);
}
