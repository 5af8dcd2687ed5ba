import { EdgeadmError } from '../errors/index.ts';
import { type ProbeResult, type WaitOptions, waitFor } from '../lib/wait-for.ts';
import type { CloudTask, CloudTaskInfo } from './actions/tasks.ts';
import type { CallAction } from './call-action.ts';
import { isAmbiguous, isPassing } from './errors.ts';
import { allPages } from './pages.ts';

interface UpgradeOrder {
  /** As the service spells it: `1.20.11-aliyunedge.1`. */
  readonly nextVersion: string;
  /** Leaves the worker nodes as they are. */
  readonly masterOnly: boolean;
}

/** What the container service does in tasks, and to them. What its methods throw: see `CloudCaller`. */
export interface TaskVerbs {
  /** @returns id of the task, if the service tells it */
  upgradeCluster(clusterId: string, order: UpgradeOrder): Promise<string | undefined>;
  pauseTask(taskId: string): Promise<void>;
  resumeTask(taskId: string): Promise<void>;
  cancelTask(taskId: string): Promise<void>;
  /** Of any type; in which order, and how far back, is not documented. */
  tasks(clusterId: string): Promise<CloudTask[]>;
  task(taskId: string): Promise<CloudTaskInfo>;
}

const PAGE_SIZE = 50;
const TASK_KEY = ({ taskId }: CloudTask): string => taskId;
/** Node pools take a minute or two. */
const TASK_TIMEOUT_MS = 600_000;

export interface TaskWait<T> extends Pick<WaitOptions<T>, 'what' | 'signal'> {
  readonly probe: () => Promise<ProbeResult<T>>;
  /** Default: ten minutes. */
  readonly timeoutMs?: number;
  /** First and longest pause between two looks, milliseconds. */
  readonly paceMs?: readonly [number, number];
  /** Tells a line for each stage of the task that begins. */
  readonly tell?: (line: string) => void;
}

/**
 * Waits for what a task brings about, and not for longer than the task itself: that may fail.
 * @throws EdgeadmError CLOUD_FAILED with the error of the task; what a look was refused with for good; TIMEOUT
 */
export async function waitForTask<T>(
  service: Pick<TaskVerbs, 'task'>,
  taskId: string | undefined,
  { tell, paceMs, ...wait }: TaskWait<T>,
): Promise<T> {
  let failed: unknown;
  const told = new Set<string>();
  const lookOnce = (): Promise<ProbeResult<T>> =>
    wait.probe().catch((error: unknown) => {
      if (!isPassing(error) && !isAmbiguous(error)) failed = error;
      throw error;
    });
  return waitFor<T>({
    ...wait,
    timeoutMs: wait.timeoutMs ?? TASK_TIMEOUT_MS,
    intervalMs: paceMs ?? [100, 5000],
    guard: async () => {
      if (failed) throw failed;
    },
    probe: async () => {
      const look = await lookOnce();
      if ('done' in look || taskId === undefined) return look;
      // The account may be without the right to see tasks.
      const task = await service.task(taskId).catch(() => undefined);
      for (const line of stagesOf(task)) if (tell && !told.has(line)) tell(line);
      for (const line of stagesOf(task)) told.add(line);
      const why = endOf(task);
      if (!why) return look;
      failed = taskFailed(wait.what, taskId, why.message);
      // What the task was for may have failed after the look, and says more than the task.
      return lookOnce();
    },
  });
}

/** Of the stages that have begun, in the service's own words. */
function stagesOf(task: CloudTaskInfo | undefined): string[] {
  const stages = (task?.stages ?? []).flatMap(({ state, message }) =>
    message && state !== 'waiting' ? [`Task: ${message}.`] : [],
  );
  return task?.state === 'paused' ? [...stages, `Task ${task.taskId} is paused.`] : stages;
}

/** How a task has ended without success; undefined if it has not. */
function endOf(task: CloudTaskInfo | undefined): { readonly message?: string } | undefined {
  if (/^fail/.test(task?.state ?? '')) return { message: task?.error?.message };
  return task?.state === 'canceled' ? { message: 'it was cancelled elsewhere' } : undefined;
}

function taskFailed(what: string, taskId: string, message: string | undefined): EdgeadmError {
  return new EdgeadmError({
    code: 'CLOUD_FAILED',
    what: `a task of the container service failed while waiting for ${what}`,
    why: [message, `task ${taskId}`].filter(Boolean).join('\n'),
  });
}

/**
 * GetUpgradeStatus and its siblings PauseClusterUpgrade, ResumeUpgradeCluster and CancelClusterUpgrade are not used: the
 * service has announced that it switches them off by 2026-09-30. The size of batches is left to the service: it takes
 * `rolling_policy` no longer. Sources: its notice of deprecated parameters and actions; the SDK, UpgradeCluster.
 */
export function taskVerbs(call: CallAction, endpoint: string): TaskVerbs {
  return {
    upgradeCluster: async (ClusterId, { nextVersion, masterOnly }) => {
      const body = { next_version: nextVersion, master_only: masterOnly };
      return (await call('UpgradeCluster', { ClusterId, body })).taskId;
    },
    pauseTask: async (taskId) => void (await call('PauseTask', { taskId })),
    resumeTask: async (taskId) => void (await call('ResumeTask', { taskId })),
    cancelTask: async (taskId) => void (await call('CancelTask', { taskId })),
    tasks: (clusterId) =>
      allPages({ endpoint, action: 'DescribeClusterTasks', size: PAGE_SIZE, key: TASK_KEY }, async (page) => {
        const query = { page_number: page, page_size: PAGE_SIZE };
        const { tasks, pageInfo } = await call('DescribeClusterTasks', { clusterId, query });
        return { items: tasks ?? [], total: pageInfo?.totalCount };
      }),
    task: (taskId) => call('DescribeTaskInfo', { taskId }),
  };
}
