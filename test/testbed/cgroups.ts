import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prefix } from './config.ts';
import { until } from './wait.ts';

const top = '/sys/fs/cgroup';

/** Present only if the controllers live in hierarchies of their own (cgroup v1). */
const killable = join(top, 'pids');

/** Whether this machine has the cgroup v1 hierarchies that nodes are built on. */
export const hasCgroupV1 = () => existsSync(killable);

/**
 * The test bed finds its processes again by the cgroup they sit in, never by a process id kept in a file:
 * ids are reused, and a killed test run writes no files.
 */
export const cgroupName = (...parts: string[]) => [prefix, ...parts].join('-');

/** Names of all cgroups of the test bed, of this run and of killed earlier ones. */
export async function listCgroups(): Promise<string[]> {
  const found = new Set<string>();
  for (const hierarchy of await readdir(top)) {
    for (const name of await readdir(join(top, hierarchy))) if (name.startsWith(`${prefix}-`)) found.add(name);
  }
  return [...found];
}

/** Whether any test bed of this machine, also one of another number, has something running. */
export async function anyTestbed(): Promise<boolean> {
  return (await readdir(killable)).some((name) => /^edgelab\d?-/.test(name));
}

/** Makes the cgroup in every hierarchy, for a whole node. */
export async function createNodeCgroup(name: string): Promise<void> {
  for (const hierarchy of await readdir(top)) await mkdir(join(top, hierarchy, name), { recursive: true });
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(top, 'cpuset', name, file), await readFile(join(top, 'cpuset', file)));
  }
}

/** A command that runs another one in a cgroup, so that a clean-up finds it even if this process is killed meanwhile. */
export async function inCgroup(name: string, file: string, args: string[]): Promise<[string, string[]]> {
  await mkdir(join(killable, name), { recursive: true });
  const procs = join(killable, name, 'cgroup.procs');
  return ['sh', ['-c', 'echo $$ >"$0"; exec "$@"', procs, file, ...args]];
}

/** Folders of a cgroup and those below it, deepest first. */
async function tree(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(entries.filter((e) => e.isDirectory()).map((e) => tree(join(dir, e.name))));
  return existsSync(dir) ? [...below.flat(), dir] : [];
}

/** Process ids (the host's) of everything in the cgroup. */
export async function processesOf(name: string): Promise<number[]> {
  const files = (await tree(join(killable, name))).map((dir) => readFile(join(dir, 'cgroup.procs'), 'utf8'));
  const texts = await Promise.all(files.map((file) => file.catch(() => '')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean).map(Number));
}

/** Kills what runs in the cgroup and waits until it is gone. */
export async function killCgroup(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  await until(`the processes of ${name} to end`, async () => {
    const pids = await processesOf(name);
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // gone in the meantime
      }
    }
    return pids.length === 0;
  });
}

/** Kills what runs in the cgroup and removes it from every hierarchy. */
export async function removeCgroup(name: string): Promise<void> {
  await killCgroup(name);
  for (const hierarchy of await readdir(top)) {
    for (const dir of await tree(join(top, hierarchy, name))) {
      await until(`${dir} to be empty`, () =>
        rmdir(dir).then(
          () => true,
          () => !existsSync(dir),
        ),
      );
    }
  }
}
