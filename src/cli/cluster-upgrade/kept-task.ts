import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UpgradeMemory } from '../../cloud/cluster-upgrades.ts';
import { stateFolder } from '../../lib/state-folder.ts';

/**
 * Keeps the task of the last upgrade of a cluster, and its target on a second line, in the user's state folder. The command continues if
 * the file cannot be written or read: the service's list of tasks tells the same, later.
 */
export function keptTask(
  clusterId: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): UpgradeMemory {
  const state = stateFolder(env);
  if (state === undefined) return { recall: async () => undefined, keep: async () => {} };
  const folder = join(state, 'edgeadm', 'upgrade-tasks');
  const file = join(folder, encodeURIComponent(clusterId));
  return {
    recall: async () => {
      const [taskId, to] = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
      return taskId ? { taskId, to } : undefined;
    },
    keep: async ({ taskId, to }) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
        .then(() => writeFile(file, `${[taskId, to].filter(Boolean).join('\n')}\n`, { mode: 0o600 }))
        .catch(() => undefined);
    },
  };
}
