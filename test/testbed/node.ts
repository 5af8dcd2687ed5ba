import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { execa, type Options } from 'execa';
import { cgroupName, createNodeCgroup, inCgroup, processesOf, removeCgroup } from './cgroups.ts';
import {
  checkoutInNode,
  nodejsInNode,
  productInNode,
  programInNode,
  projectDir,
  stateDir,
  subnet,
  unpackedInNode,
  unpackedProgram,
  world as worldOfThisRun,
} from './config.ts';
import { startDaemon } from './daemon.ts';
import { unmountAndDelete } from './mounts.ts';
import { plugIn, unplug } from './network.ts';
import { prepare } from './prepare.ts';
import { prepareSysctls } from './sysctls.ts';
import { until } from './wait.ts';
import type { World } from './worlds.ts';

export interface NodeOptions {
  /** The world whose Debian it is. */
  world?: World;
  /** Last part of its address, 11 to 253; the first free one unless given. */
  octet?: number;
  /** Whether containerd, runc and CNI plug-ins are installed and running (true unless given). */
  containerd?: boolean;
  /** Puts /var on a file system of its own of so many MiB, which can be filled up. */
  varSize?: number;
  /** More folders to show read-only in the node, beside the checkout: [on this machine, in the node]. */
  bind?: [string, string][];
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  /** Seconds after which the program is killed; its exit code is 124 then. */
  timeout?: number;
  /** What the program takes the time to be, as faketime has it: `-1d`, `+2h`. */
  clock?: string;
}

export interface Result {
  exitCode: number;
  stdout: string;
  stderr: string;
}

interface NodeState extends Required<Pick<NodeOptions, 'octet' | 'bind'>> {
  name: string;
  varSize?: number;
}

/** Nothing in a node writes it, and it is nine tenths of the files below /var: nodes see the one of their root. */
const PACKAGES = '/var/lib/dpkg';

const nodesDir = join(stateDir, 'nodes');
const octetsDir = join(stateDir, 'octets');
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Environment that gives one program another time of day; timers keep their own pace. */
const clockEnv = (offset: string) => ({
  LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  FAKETIME: offset,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
});

/** A machine: a Debian that boots systemd, sshd and (if asked) containerd in namespaces of its own. */
export class Node {
  readonly name: string;
  readonly octet: number;
  readonly address: string;
  /** Whether /var is a file system of its own. */
  readonly varSize: number | undefined;
  /** Its root on this machine, without what is mounted inside (/proc, /run, /tmp, the checkout, pods). */
  readonly root: string;
  /** Private key that root, admin and ops accept. */
  readonly sshKey = join(stateDir, 'ssh/id_ed25519');
  /** OpenSSH known_hosts file with this node's keys, read from its disk. */
  readonly knownHosts: string;
  private readonly dir: string;
  private readonly bind: [string, string][];
  private pid: number | undefined;

  private constructor(state: NodeState) {
    this.name = state.name;
    this.octet = state.octet;
    this.varSize = state.varSize;
    this.bind = state.bind;
    this.address = `${subnet}.${state.octet}`;
    this.dir = join(nodesDir, state.name);
    this.root = join(this.dir, 'root');
    this.knownHosts = join(this.dir, 'known_hosts');
  }

  /**
   * Makes and boots a node, and waits until it has booted. What an earlier node of this name left is removed first.
   * @param name host name, lower case
   */
  static async up(name: string, options: NodeOptions = {}): Promise<Node> {
    const { world = worldOfThisRun, containerd = true, varSize, bind = [] } = options;
    const parts = await prepare(undefined, world);
    await Node.remove(name);
    await prepareSysctls();
    const octet = await takeOctet(name, options.octet);
    const rootfs = containerd ? parts.rootfs : parts.bareRootfs;
    const packages: [string, string] = [join(rootfs, PACKAGES), PACKAGES];
    const state: NodeState = { name, octet, varSize, bind: [...productBinds, packages, ...bind] };
    const node = new Node(state);
    await mkdir(node.dir, { recursive: true });
    await node.makeRoot(rootfs);
    await Promise.all([node.makeHostKeys(), node.admitKey()]);
    await writeFile(join(node.dir, 'node.json'), JSON.stringify(state));
    await node.boot();
    return node;
  }

  /** A node that is up, perhaps started by another process. */
  static async find(name: string): Promise<Node> {
    const file = join(nodesDir, name, 'node.json');
    if (!existsSync(file)) throw new Error(`there is no node ${name}`);
    const node = new Node(JSON.parse(await readFile(file, 'utf8')));
    node.pid = await node.findInit();
    return node;
  }

  /** Names of the nodes that are there. */
  static async list(): Promise<string[]> {
    const names = existsSync(nodesDir) ? await readdir(nodesDir) : [];
    return names.filter((name) => existsSync(join(nodesDir, name, 'node.json')));
  }

  /** Removes a node by its name with all it left on this machine; nothing happens if there is none. */
  static async remove(name: string): Promise<void> {
    await removeCgroup(cgroupName('node', name));
    for (const octet of await octetsOf(name)) await unplug(octet);
    await unmountAndDelete(join(nodesDir, name));
    for (const octet of await octetsOf(name)) await rm(join(octetsDir, String(octet)));
  }

  down(): Promise<void> {
    return Node.remove(this.name);
  }

  /** Cuts the power and boots again from the same disk. */
  async reboot(): Promise<void> {
    await removeCgroup(cgroupName('node', this.name));
    await unplug(this.octet);
    await this.boot();
  }

  /** Runs a program in the node as root, without a shell, and waits for it. A bad exit code is not an error here. */
  exec(file: string, ...args: string[]): Promise<Result> {
    return this.run(file, args);
  }

  /** As {@link exec}, with more to say. */
  async run(file: string, args: string[], options: RunOptions = {}): Promise<Result> {
    const { input = '', timeout } = options;
    const command = timeout ? ['timeout', '--signal=KILL', String(timeout), file, ...args] : [file, ...args];
    const { exitCode, signal, stdout, stderr } = await execa('nsenter', this.enter(command, options), {
      input,
      reject: false,
    });
    const killed =
      timeout && signal === 'SIGKILL' ? 124 : 128 + constants.signals[(signal ?? 'SIGKILL') as NodeJS.Signals];
    return { exitCode: exitCode ?? killed, stdout: String(stdout), stderr: String(stderr) };
  }

  /**
   * Starts a program in the node and gives execa's subprocess (not rejecting; `execaOptions` are its own). Killing
   * that one does not kill the program: use {@link killInside}.
   */
  spawn<const T extends Options = Record<never, never>>(
    file: string,
    args: string[],
    options: Pick<RunOptions, 'env' | 'clock'> = {},
    execaOptions?: T,
  ) {
    return execa('nsenter', this.enter([file, ...args], options), { reject: false as const, ...execaOptions });
  }

  /** Runs the program under test in the node. */
  edgeadm(args: string[], options: RunOptions = {}): Promise<Result> {
    const [file, ...words] = programFor(options);
    return this.run(file, [...words, ...args], options);
  }

  /** Starts the program under test in the node, as {@link spawn} does. */
  spawnEdgeadm(args: string[], options: Pick<RunOptions, 'env' | 'clock'> = {}) {
    const [file, ...words] = programFor(options);
    return this.spawn(file, [...words, ...args], options);
  }

  /** Sends a signal to the node's processes whose command line matches; tells whether there were any. */
  async killInside(pattern: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<boolean> {
    const { exitCode } = await this.exec('pkill', `--signal=${signal}`, '-f', '--', pattern);
    return exitCode === 0;
  }

  /** Kills the program under test, whatever its command line begins with; tells whether it ran. */
  async killEdgeadm(): Promise<boolean> {
    const { exitCode } = await this.exec('pkill', '--signal=KILL', '--exact', 'edgeadm');
    return exitCode === 0;
  }

  /** Copies a file or folder of this machine into the node. */
  async put(localPath: string, nodePath: string): Promise<void> {
    const info = await stat(localPath);
    if (!info.isDirectory()) {
      const mode = (info.mode & 0o7777).toString(8);
      await this.must(storing(nodePath, mode), { inputFile: localPath });
      return;
    }
    await this.must(['mkdir', '-p', nodePath]);
    const unpack = this.enter(['tar', '-xf', '-', '-C', nodePath]);
    await execa('tar', ['-C', localPath, '-cf', '-', '.'], { buffer: false }).pipe('nsenter', unpack);
  }

  /** Writes a file in the node. */
  async write(nodePath: string, text: string, mode = 0o644): Promise<void> {
    await this.must(storing(nodePath, mode.toString(8)), { input: text });
  }

  /** Text of a file in the node. */
  async read(nodePath: string): Promise<string> {
    const { stdout } = await this.must(['cat', '--', nodePath], { stripFinalNewline: false });
    return stdout;
  }

  /** Process id of the node's systemd, as this machine counts. */
  get initPid(): number {
    if (!this.pid || !existsSync(`/proc/${this.pid}`)) throw new Error(`node ${this.name} is not running`);
    return this.pid;
  }

  private async findInit(): Promise<number | undefined> {
    for (const pid of await processesOf(cgroupName('node', this.name))) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (/^Name:\tsystemd$/m.test(status) && /^NSpid:\t\d+\t1$/m.test(status)) return pid;
    }
    return undefined;
  }

  /** Arguments of nsenter that run a command in the node. */
  enter(command: string[], { env = {}, clock }: RunOptions = {}): string[] {
    const variables = { PATH: path, HOME: '/root', ...(clock ? clockEnv(clock) : {}), ...env };
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return ['-t', String(this.initPid), '-a', '--', 'env', '-i', ...assignments, ...command];
  }

  private async must(
    command: string[],
    options: { input?: string; inputFile?: string; stripFinalNewline?: boolean } = {},
  ) {
    return execa('nsenter', this.enter(command), options);
  }

  /**
   * The root is an overlay on the cached one, so that eight nodes are made at once in no time. /var is a plain
   * folder or a file system of its own: containerd stacks overlays there, which cannot lie on an overlay.
   */
  private async makeRoot(lower: string): Promise<void> {
    const [upper, work, varDir] = [join(this.dir, 'upper'), join(this.dir, 'work'), join(this.dir, 'var')];
    for (const dir of [upper, work, varDir, this.root]) await mkdir(dir);
    const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    await this.setUp('mount', '-t', 'overlay', 'overlay', '-o', layers, this.root);
    if (this.varSize) {
      const image = join(this.dir, 'var.img');
      await this.setUp('truncate', '-s', `${this.varSize}M`, image);
      await this.setUp('mkfs.ext4', '-q', '-m', '0', image);
      await this.setUp('mount', '-o', 'loop', image, varDir);
    }
    const copy = `tar -C "$0/var" --exclude=".${PACKAGES.slice('/var'.length)}" -c . | tar -C "$1" -x`;
    await this.setUp('sh', '-c', copy, lower, varDir);
    await this.setUp('mount', '--bind', varDir, join(this.root, 'var'));

    const etc = join(this.root, 'etc');
    const generators = join(this.root, 'usr/lib/systemd/system-generators');
    const masks = join(etc, 'systemd/system-generators');
    await mkdir(masks);
    // They find nothing in a node, and each reload of systemd would start a dozen processes for them.
    for (const name of await readdir(generators)) await symlink('/dev/null', join(masks, name));
    await writeFile(join(etc, 'hostname'), `${this.name}\n`);
    await writeFile(join(etc, 'hosts'), `127.0.0.1 localhost\n${this.address} ${this.name}\n`);
    await writeFile(join(etc, 'machine-id'), `${crypto.randomUUID().replaceAll('-', '')}\n`);
    for (const [, to] of this.bind) await mkdir(join(this.root, to), { recursive: true });
  }

  /** Runs a program of this machine on behalf of the node. */
  private async setUp(file: string, ...args: string[]): Promise<void> {
    await execa(...(await inCgroup(cgroupName('node', this.name), file, args)));
  }

  /** No RSA key: making eight of them takes longer than booting eight nodes. */
  private async makeHostKeys(): Promise<void> {
    const lines: string[] = [];
    for (const type of ['ecdsa', 'ed25519']) {
      const file = join(this.root, `etc/ssh/ssh_host_${type}_key`);
      await this.setUp('ssh-keygen', '-q', '-t', type, '-N', '', '-C', `root@${this.name}`, '-f', file);
      const [algorithm, key] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
      lines.push(`${this.address} ${algorithm} ${key}\n`);
    }
    await writeFile(this.knownHosts, lines.join(''));
  }

  private async admitKey(): Promise<void> {
    const publicKey = await clientKey(this.sshKey);
    for (const [home, owner] of [
      ['root', 'root'],
      ['home/admin', 'admin'],
      ['home/ops', 'ops'],
    ] as const) {
      const file = join(this.root, home, '.ssh/authorized_keys');
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, publicKey, { mode: 0o600 });
      await execa('chroot', [this.root, 'chown', '-R', `${owner}:`, `/${home}/.ssh`]);
    }
  }

  private async boot(): Promise<void> {
    const cgroup = cgroupName('node', this.name);
    await createNodeCgroup(cgroup);
    const netns = await plugIn(this.octet);
    const args = [this.name, this.root, netns, cgroup, ...this.bind.flat()];
    await startDaemon(join(this.dir, 'console.log'), join(import.meta.dirname, 'node-boot.sh'), args);
    this.pid = await until(`${this.name} to boot (see ${this.dir}/console.log)`, async () => {
      const pid = await this.findInit();
      return pid && existsSync(`/proc/${pid}/root/run/systemd/private`) && pid;
    });
    await this.run('systemctl', ['is-system-running', '--wait'], { timeout: 60 });
  }
}

/** A command that stores its input in a file of this (octal) mode. */
const storing = (file: string, mode: string) => [
  'sh',
  '-c',
  'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0"',
  file,
  mode,
];

/** The checkout, the Node.js that runs these tests, and the built program, as nodes see them. */
const productBinds: [string, string][] = [
  [projectDir, productInNode],
  [dirname(process.execPath), nodejsInNode],
  ...(unpackedProgram ? [[unpackedProgram, unpackedInNode] as [string, string]] : []),
];

/** faketime is made for the node's own C library, and the built program brings another one. */
const programFor = ({ clock }: RunOptions) => (clock ? checkoutInNode : programInNode);

/** Takes an address, so that no two nodes share one, and returns its last part. */
async function takeOctet(name: string, wanted?: number): Promise<number> {
  await mkdir(octetsDir, { recursive: true });
  for (let octet = wanted ?? 11; octet < 254; octet++) {
    const taken = await writeFile(join(octetsDir, String(octet)), name, { flag: 'wx' }).then(
      () => true,
      () => false,
    );
    if (taken) return octet;
    if (wanted)
      throw new Error(`${subnet}.${wanted} belongs to node ${await readFile(join(octetsDir, String(wanted)), 'utf8')}`);
  }
  throw new Error('no address is left');
}

async function octetsOf(name: string): Promise<number[]> {
  if (!existsSync(octetsDir)) return [];
  const octets = await readdir(octetsDir);
  const owners = await Promise.all(octets.map((octet) => readFile(join(octetsDir, octet), 'utf8').catch(() => '')));
  return octets.filter((_, i) => owners[i] === name).map(Number);
}

/** Makes the key pair that all nodes accept, unless another process has; returns the public half. */
async function clientKey(file: string): Promise<string> {
  if (!existsSync(file)) {
    const mine = `${file}.${crypto.randomUUID()}`;
    await mkdir(dirname(file), { recursive: true });
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'edgeadm-testbed', '-f', mine]);
    await link(mine, file).catch(() => {});
    await rm(mine);
    await rm(`${mine}.pub`);
  }
  const { stdout } = await execa('ssh-keygen', ['-y', '-f', file]);
  return `${stdout}\n`;
}
