import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../../lib/state-folder.ts';
import type { ScriptMemory } from '../../phases/node/attachment.ts';

/**
 * Keeps in the user's state folder when the attach script was sent to an instance. If the file cannot be written or read,
 * the command continues: a script that is sent twice joins once.
 */
export function keptScripts(
  clusterId: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ScriptMemory {
  const state = stateFolder(env);
  if (state === undefined) return { recall: async () => undefined, keep: async () => {} };
  const folder = join(state, 'edgeadm', 'attach-scripts', encodeURIComponent(clusterId));
  const fileOf = (instanceId: string) => join(folder, encodeURIComponent(instanceId));
  return {
    recall: async (instanceId) => {
      const time = Number(await readFile(fileOf(instanceId), 'utf8').catch(() => ''));
      return time > 0 ? time : undefined;
    },
    keep: async (instanceId, time) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
        .then(() => writeFile(fileOf(instanceId), `${time}\n`, { mode: 0o600 }))
        .catch(() => undefined);
    },
  };
}
