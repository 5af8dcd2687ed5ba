/** Root file systems to start the executable in, each with mounts of its own that end with the process. */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { CACHE } from '../../scripts/dist/paths.ts';
import { executable } from './release.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  /** Shell commands on this machine before the change of root; `$R` is the root, mounts are private. */
  readonly before?: string;
  /** Words in front of `chroot`: what limits the process. */
  readonly under?: readonly string[];
  readonly env?: Record<string, string>;
  readonly user?: number;
}

/** A root with busybox, linked statically, and nothing else: no libc, no /var, no /etc. */
export async function bareRoot(): Promise<Root> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-root-'));
  await chmod(dir, 0o755);
  for (const name of ['bin', 'dev', 'proc', 'run', 'tmp']) await mkdir(join(dir, name));
  await chmod(join(dir, 'tmp'), 0o1777);
  await copyFile('/bin/busybox', join(dir, 'bin/busybox'));
  await execa('chroot', [dir, '/bin/busybox', '--install', '-s', '/bin']);
  await copyFile(await executable(), join(dir, 'edgeadm'));
  return new Root(dir);
}

let unpacked: Promise<Root> | undefined;

/** The same after the first start. */
export async function usedRoot(): Promise<Root> {
  unpacked ??= bareRoot().then(async (root) => {
    const { exitCode, stderr } = await root.run('/edgeadm version -v');
    if (exitCode !== 0) throw new Error(stderr);
    return root;
  });
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-root-'));
  await execa('cp', ['-a', `${(await unpacked).dir}/.`, dir]);
  return new Root(dir);
}

/** To be called when all is done. */
export const removeUsedRoot = async (): Promise<void> => (await unpacked)?.remove();

/** The oldest Debian that its mirrors still have; bootstrapped once, kept in the cache. */
export async function oldDebian(suite: string, mirror: string): Promise<Root> {
  const kept = join(CACHE, `root-${suite}`);
  if (!existsSync(kept)) {
    await mkdir(CACHE, { recursive: true });
    const part = `${kept}-part-${process.pid}`;
    await execa('debootstrap', ['--variant=minbase', suite, part, mirror]);
    await rename(part, kept);
  }
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-root-'));
  await execa('cp', ['-a', `${kept}/.`, dir]);
  await copyFile(await executable(), join(dir, 'edgeadm'));
  return new Root(dir);
}

export class Root {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Runs a line of shell in the root, as root or another user, with nothing in the environment but what is given. */
  async run(line: string, { before = '', under = [], env = {}, user = 0 }: Options = {}): Promise<Ran> {
    const mounts = `R=$1; mount --bind "$R" "$R"
mount -t tmpfs -o mode=755 tmpfs "$R/dev"; mknod -m 666 "$R/dev/null" c 1 3; mknod -m 666 "$R/dev/random" c 1 8; mknod -m 666 "$R/dev/urandom" c 1 9; mkdir -m 1777 "$R/dev/shm"
mount -t proc proc "$R/proc"
${before}
shift; exec "$@"`;
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const chroot = ['env', '-i', ...variables, '/usr/sbin/chroot', `--userspec=${user}:${user}`, this.dir];
    const command = [...under, ...chroot, '/bin/sh', '-c', line];
    const result = await execa(
      'unshare',
      ['--mount', '--pid', '--fork', 'sh', '-ec', mounts, 'sh', this.dir, ...command],
      { reject: false, input: '', cwd: '/' },
    );
    return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A program that answers every system call newer than Linux 3.10 with ENOSYS and then becomes another one. */
export async function linux310(): Promise<string> {
  const path = join(CACHE, 'linux-3.10');
  await execa('gcc', ['-static', '-O1', '-o', path, join(import.meta.dirname, 'linux-3.10.c')]);
  return path;
}

/** Words that start a program with that much memory, page cache included. */
export async function withMemory(megabytes: number, use: (under: readonly string[]) => Promise<void>): Promise<void> {
  const group = `/sys/fs/cgroup/memory/edgeadm-dist-${process.pid}`;
  await mkdir(group);
  try {
    const enter = `echo ${megabytes}M > ${group}/memory.limit_in_bytes; echo $$ > ${group}/cgroup.procs; exec "$@"`;
    await use(['sh', '-ec', enter, 'sh']);
  } finally {
    await rm(group, { recursive: true }).catch(() => execa('rmdir', [group]));
  }
}
