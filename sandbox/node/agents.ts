import { type FSWatcher, watch } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takePrivateFolder } from '../private-files.ts';
import { NodeAgent } from './agent.ts';

const LOOK_MS = 1000;

export interface NodeAgents {
  close(): Promise<void>;
}

/**
 * Attends every node whose root is in a folder, those that come later too.
 * @param folder is made if it is not there
 */
export async function runNodeAgents(folder: string, clusterVersion: string): Promise<NodeAgents> {
  await takePrivateFolder(folder);
  // Not below the sandbox's folder, which may lie deep: a socket address has room for 107 bytes.
  const sockets = await mkdtemp(join(tmpdir(), 'edgeadm-'));
  const agents = new Map<string, NodeAgent>();
  let work: Promise<void> = Promise.resolve();
  const sync = async (): Promise<void> => {
    const names = new Set((await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.')));
    for (const [name, agent] of agents) {
      if (names.has(name)) continue;
      agents.delete(name);
      await agent.leave();
    }
    for (const name of names) {
      if (agents.has(name)) continue;
      const agent = new NodeAgent(join(folder, name), { sockets, clusterVersion, hasAddons: true });
      agents.set(name, agent);
      await agent.attend().catch(() => agents.delete(name));
    }
  };
  const look = (): void => {
    // What a node's folder holds is not ours: the next look tries again.
    work = work.then(sync).catch(() => {});
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, look).on('error', () => {});
  } catch {
    // A limit of the kernel: the timer alone will do.
  }
  const timer = setInterval(look, LOOK_MS);
  await sync();
  return {
    close: async () => {
      watcher?.close();
      clearInterval(timer);
      await work;
      await Promise.all([...agents.values()].map((agent) => agent.leave()));
      await rm(sockets, { recursive: true, force: true });
    },
  };
}
