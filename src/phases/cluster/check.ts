import type { CloudCheck } from '../../cloud/actions/checks.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { isAmbiguous } from '../../cloud/errors.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { waitFor } from '../../lib/wait-for.ts';

/** What can be checked, as the service spells it. Source: the SDK, RunClusterCheck. */
export const CHECK_TYPES = {
  upgrade: 'ClusterUpgrade',
  'control-plane': 'MasterUpgrade',
  'node-pool': 'NodePoolUpgrade',
  migration: 'ClusterMigrate',
} as const;

type CheckType = (typeof CHECK_TYPES)[keyof typeof CHECK_TYPES];

const CHECK_MS = 600_000;
const SETTLE_MS = 15_000;

export interface CheckRun {
  readonly service: ContainerService;
  readonly clusterId: string;
  readonly type: CheckType;
  /** ID of a node pool. */
  readonly target?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Tells a line that stays on the screen. */
  readonly tell: (line: string) => void;
}

/**
 * Checks a cluster and waits for the result. A check of this type that is running is taken, so that a second run after a
 * kill starts no other one.
 * @throws EdgeadmError CLOUD_FAILED if the check itself failed; CLOUD_*, TIMEOUT
 */
export async function runClusterCheck(run: CheckRun): Promise<CloudCheck> {
  const { service, clusterId, type, timeoutMs = CHECK_MS, signal, tell } = run;
  const id = (await runningCheck(run)) ?? (await startCheck(run));
  tell(`The container service checks cluster ${clusterId} (${type}): ${id}`);
  const check = await waitFor<CloudCheck>({
    what: `check ${id} of cluster ${clusterId}`,
    timeoutMs,
    intervalMs: [100, 3000],
    signal,
    probe: async () => {
      const found = await service.check(clusterId, id);
      return isRunning(found) ? { seen: `it is ${found.status}` } : { done: found };
    },
  });
  if (/^succe/i.test(check.status ?? '')) return check;
  throw new EdgeadmError({
    code: 'CLOUD_FAILED',
    what: `check ${id} of cluster ${clusterId} ended as ${check.status}`,
    why: check.message,
  });
}

async function runningCheck({ service, clusterId, type, target }: CheckRun): Promise<string | undefined> {
  const checks = await service.checks(clusterId, type, target).catch(() => []);
  return checks.find(isRunning)?.checkId;
}

/** The states of a check are not documented, but for `Succeeded`. */
function isRunning({ status, finishedAt }: Pick<CloudCheck, 'status' | 'finishedAt'>): boolean {
  return !finishedAt && !/^(succe|fail|error|cancel|timeout)/i.test(status ?? '');
}

/** If the answer is lost, the new one in the list is it. A check that is started twice changes nothing. */
async function startCheck({ service, clusterId, type, target, signal }: CheckRun): Promise<string> {
  const list = () => service.checks(clusterId, type, target).catch(() => []);
  const before = new Set((await list()).map(({ checkId }) => checkId));
  const id = await service.runCheck(clusterId, type, target).catch((error: unknown) => {
    if (!isAmbiguous(error)) throw error;
    return undefined;
  });
  if (id) return id;
  return waitFor<string>({
    what: `the ${type} check of cluster ${clusterId} to appear after the request got no answer`,
    timeoutMs: SETTLE_MS,
    signal,
    code: 'CLOUD_NO_ANSWER',
    probe: async () => {
      const fresh = (await list()).find(({ checkId }) => !before.has(checkId));
      return fresh ? { done: fresh.checkId } : { seen: 'it is not in the list' };
    },
  });
}
