import type { CloudCluster, ContainerService } from './cs.ts';
import type { CloudTaskInfo, CloudUpgradeStatus } from './cs-upgrades.ts';

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
  readonly told: CloudUpgradeStatus;
  /** Of the newest upgrade; undefined if the service lists none. */
  readonly task?: CloudTaskInfo;
  /** False if tasks could not be checked: the account may be without the right to. */
  readonly taskKnown: boolean;
  /** Why it failed, or paused by itself. */
  readonly error?: string;
}

/** Phases that change without an order. */
export const ACTIVE_PHASES: readonly CloudUpgradePhase[] = ['Prechecking', 'Running', 'Pausing'];

/** True if nothing changes without another order. */
export function isIdle({ phase }: CloudUpgrade): boolean {
  return phase !== 'Unknown' && !ACTIVE_PHASES.includes(phase);
}

/** @throws EdgeadmError CLOUD_* */
export async function readClusterUpgrade(service: ContainerService, clusterId: string): Promise<CloudUpgrade> {
  const [told, cluster, { task, taskKnown }] = await Promise.all([
    service.upgradeStatus(clusterId),
    service.cluster(clusterId),
    newestTask(service, clusterId).then(
      (found) => ({ task: found, taskKnown: true }),
      () => ({ task: undefined, taskKnown: false }),
    ),
  ]);
  const phase = phaseOf(told);
  const begins = task?.state?.toLowerCase() === 'running' && (phase === 'NotStarted' || phase === 'Completed');
  const failed = phase === 'Failed' || phase === 'Paused' || phase === 'Pausing';
  return {
    clusterId,
    // The task is made first.
    phase: begins ? 'Running' : phase,
    version: cluster.currentVersion || cluster.initVersion || '',
    offered: offeredBy(cluster),
    told,
    task,
    taskKnown,
    error: told.errorMessage || (failed && task?.error?.message) || undefined,
  };
}

/** Types of tasks are not documented, that of a scale-out (`cluster_scaleout`) excepted. */
async function newestTask(service: ContainerService, clusterId: string): Promise<CloudTaskInfo | undefined> {
  const upgrades = (await service.tasks(clusterId)).filter(
    ({ taskType = '' }) => /upgrade/.test(taskType) && !/addon|component|nodepool/.test(taskType),
  );
  const [newest] = upgrades.sort((a, b) => Date.parse(b.created ?? '') - Date.parse(a.created ?? ''));
  return newest?.taskId ? service.task(newest.taskId) : undefined;
}

/**
 * Values: the reference of GetUpgradeStatus. `status` is the outcome so far, `upgrade_step` the step it has reached.
 */
export function phaseOf({ status = '', upgradeStep = '' }: CloudUpgradeStatus): CloudUpgradePhase {
  const [is, at] = [status.toLowerCase(), upgradeStep.toLowerCase()];
  if (is === 'success') return 'Completed';
  if (is === 'running') return at === 'pause' ? 'Pausing' : at === 'prechecking' ? 'Prechecking' : 'Running';
  if (is === 'pause' || at === 'pause') return 'Paused';
  if (is === 'fail') return 'Failed';
  if (is !== '') return 'Unknown';
  return BY_STEP[at] ?? 'Unknown';
}

const BY_STEP: Readonly<Record<string, CloudUpgradePhase>> = {
  '': 'NotStarted',
  not_start: 'NotStarted',
  prechecking: 'Prechecking',
  upgrading: 'Running',
  success: 'Completed',
};

/** One version today; the field is a text. */
function offeredBy({ nextVersion = '' }: CloudCluster): string[] {
  return nextVersion.split(/[\s,;]+/).filter(Boolean);
}
