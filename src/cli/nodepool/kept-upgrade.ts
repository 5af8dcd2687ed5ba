import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../../lib/state-folder.ts';

/** An upgrade that was ordered and whose end this user has not seen. */
interface OrderedUpgrade {
  /** What was requested, as text. */
  readonly request: string;
  /** The newest upgrade of the pool before; empty if there was none. */
  readonly before: string;
}

export interface UpgradeOrderMemory {
  recall(): Promise<OrderedUpgrade | undefined>;
  keep(order: OrderedUpgrade): Promise<void>;
  forget(): Promise<void>;
}

/**
 * Keeps the last order of an upgrade of a node pool in the user's state folder, until its end was seen. If the file cannot
 * be written or read, the command continues: an upgrade in progress is found without it.
 */
export function keptUpgrade(
  clusterId: string,
  poolId: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): UpgradeOrderMemory {
  const state = stateFolder(env);
  if (state === undefined) return { recall: async () => undefined, keep: async () => {}, forget: async () => {} };
  const folder = join(state, 'edgeadm', 'pool-upgrades', encodeURIComponent(clusterId));
  const file = join(folder, encodeURIComponent(poolId));
  return {
    recall: async () => parsed(await readFile(file, 'utf8').catch(() => '')),
    keep: async (order) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
        .then(() => writeFile(file, `${JSON.stringify(order)}\n`, { mode: 0o600 }))
        .catch(() => undefined);
    },
    forget: () => rm(file, { force: true }).catch(() => undefined),
  };
}

function parsed(text: string): OrderedUpgrade | undefined {
  try {
    const { request, before } = JSON.parse(text) as Partial<OrderedUpgrade>;
    return typeof request === 'string' && typeof before === 'string' ? { request, before } : undefined;
  } catch {
    return undefined;
  }
}
