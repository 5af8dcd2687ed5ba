import type { CloudCluster } from './actions/clusters.ts';
import type { CloudTaskInfo } from './actions/tasks.ts';
import type { ContainerService } from './cs.ts';
import { refusalOf } from './errors.ts';

/**
 * - `Pausing`: nodes that have begun finish, no others begin.
 * - `Failed`: it ended and cannot be continued; a node that fails pauses instead.
 * - `Unknown`: the service uses words that its reference does not have.
 */
export type CloudUpgradePhase =
  | 'NotStarted'
  | 'Prechecking'
  | 'Running'
  | 'Pausing'
  | 'Paused'
  | 'Completed'
  | 'Failed'
  | 'Unknown';

/** The upgrade of a cluster as the container service tells it. */
export interface CloudUpgrade {
  readonly clusterId: string;
  readonly phase: CloudUpgradePhase;
  /** Of the control plane. */
  readonly version: string;
  /** The versions that the service offers, as it spells them. */
  readonly offered: readonly string[];
  /** Of the newest upgrade; undefined if the service lists none. */
  readonly task?: CloudTaskInfo;
  /** Its target, and whether the worker nodes stay; undefined if neither the task nor a start from here tells. */
  readonly to?: string;
  readonly masterOnly?: boolean;
  /** What the newest stage of the task says. */
  readonly progress?: string;
  /** Why it failed, or paused by itself. */
  readonly error?: string;
}

/** The last upgrade of a cluster that was started from here. */
export interface KeptUpgrade {
  readonly taskId: string;
  readonly to?: string;
}

/** Phases that change without an order. */
export const ACTIVE_PHASES: readonly CloudUpgradePhase[] = ['Prechecking', 'Running', 'Pausing'];

/** True if nothing changes without another order. */
export function isIdle({ phase }: CloudUpgrade): boolean {
  return phase !== 'Unknown' && !ACTIVE_PHASES.includes(phase);
}

/** @throws EdgeadmError CLOUD_* */
export async function readClusterUpgrade(
  service: ContainerService,
  clusterId: string,
  kept?: KeptUpgrade,
): Promise<CloudUpgrade> {
  const task = await newestUpgrade(service, clusterId, kept?.taskId);
  // After the task: a cluster that was read before it may have the old version of an upgrade that is completed.
  const cluster = await service.cluster(clusterId);
  const phase = phaseOf(task, cluster.state);
  return {
    clusterId,
    phase,
    version: cluster.currentVersion || cluster.initVersion || '',
    offered: offeredBy(cluster),
    task,
    ...targetOf(task, kept),
    progress: task?.stages?.at(-1)?.message,
    error: ((phase === 'Failed' || phase === 'Paused' || phase === 'Pausing') && task?.error?.message) || undefined,
  };
}

/** Parameters of a task are those of the request, if the service tells them. */
function targetOf(
  task: CloudTaskInfo | undefined,
  kept: KeptUpgrade | undefined,
): Pick<CloudUpgrade, 'to' | 'masterOnly'> {
  if (!task) return {};
  const { next_version: to, master_only: masterOnly } = task.parameters ?? {};
  return {
    to: typeof to === 'string' && to !== '' ? to : task.taskId === kept?.taskId ? kept?.to : undefined,
    masterOnly: typeof masterOnly === 'boolean' ? masterOnly : undefined,
  };
}

/** Type of the task of UpgradeCluster; `runtime_upgrade` is another thing. Source: the SDK, types of events. */
const UPGRADE = 'cluster_upgrade';

/**
 * The list tells, in which order is not documented. It may be behind, and the account may be without the right to see it:
 * a task that is known by its id counts, too.
 */
async function newestUpgrade(
  service: ContainerService,
  clusterId: string,
  known: string | undefined,
): Promise<CloudTaskInfo | undefined> {
  const tasks = await service.tasks(clusterId).catch((error: unknown) => {
    if (known === undefined) throw error;
    return [];
  });
  const [listed] = tasks.filter(({ taskType }) => taskType === UPGRADE).sort(byAge);
  // Times are whole seconds: of two tasks of the same one, that which was started from here is the newer.
  const ids = new Set([known, listed?.taskId].filter((id) => id !== undefined));
  const infos = await Promise.all([...ids].map((id) => taskIfThere(service, id)));
  return infos.filter((info) => info !== undefined).sort(byAge)[0];
}

/** The service forgets tasks after some time. */
async function taskIfThere(service: ContainerService, id: string): Promise<CloudTaskInfo | undefined> {
  return service.task(id).catch((error: unknown) => {
    if (/NotFound/.test(refusalOf(error) ?? '')) return undefined;
    throw error;
  });
}

/** The newest first. */
function byAge(a: { readonly created?: string }, b: { readonly created?: string }): number {
  return Date.parse(b.created ?? '') - Date.parse(a.created ?? '');
}

/**
 * States of a task: `running`, `success` and `fail` by the SDK, `failed` by older pages, `paused` and `canceled` by the
 * vendor's command line. `pausing` is a guess.
 */
const PHASES: Readonly<Record<string, CloudUpgradePhase>> = {
  running: 'Running',
  pausing: 'Pausing',
  paused: 'Paused',
  success: 'Completed',
  fail: 'Failed',
  failed: 'Failed',
  canceled: 'NotStarted',
};

/** @param clusterState `upgrading` before the task shows */
export function phaseOf(
  task: Pick<CloudTaskInfo, 'state' | 'currentStage'> | undefined,
  clusterState?: string,
): CloudUpgradePhase {
  if (!task) return clusterState === 'upgrading' ? 'Running' : 'NotStarted';
  const phase = PHASES[task.state?.toLowerCase() ?? ''] ?? 'Unknown';
  return phase === 'Running' && /precheck/i.test(task.currentStage ?? '') ? 'Prechecking' : phase;
}

/** One version today; the field is a text. */
function offeredBy({ nextVersion = '' }: CloudCluster): string[] {
  return nextVersion.split(/[\s,;]+/).filter(Boolean);
}
