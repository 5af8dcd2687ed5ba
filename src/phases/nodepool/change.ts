import type { CloudNodePool, NodePoolChangeBody } from '../../cloud/actions/node-pools.ts';
import type { CloudTask, CloudTaskInfo } from '../../cloud/actions/tasks.ts';
import { type TaskVerbs, waitForTask } from '../../cloud/cs-tasks.ts';
import { orderOnce } from '../../cloud/order-once.ts';
import type { OrderRun } from '../../cloud/order-run.ts';
import { EdgeadmError } from '../../errors/index.ts';

interface TaintMark {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** The request of `nodepool update`; what is left out stays. */
export interface PoolChangeRequest {
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly removeLabels: readonly string[];
  readonly taints: readonly TaintMark[];
  /** Keys. */
  readonly removeTaints: readonly string[];
  readonly unschedulable?: boolean;
  readonly autoRepair?: boolean;
  readonly autoUpgrade?: boolean;
  readonly updateNodes: boolean;
}

/** What differs, for people, and what is sent; undefined if nothing differs. */
export interface PoolChange {
  readonly lines: readonly string[];
  readonly body: NodePoolChangeBody;
}

/** The service replaces all labels and all taints, so those that stay are sent too. */
export function poolChange(pool: CloudNodePool, wanted: PoolChangeRequest): PoolChange | undefined {
  const { kubernetesConfig: now, management } = pool;
  const labels = labelsAfter(pool, wanted);
  const taints = taintsAfter(pool, wanted);
  const rows: (readonly [key: string, before: string, after: string])[] = [
    ['name', pool.nodepoolInfo.name, wanted.name ?? pool.nodepoolInfo.name],
    ['labels', shownPairs(labelsOf(pool)), shownPairs(labels)],
    ['taints', shownTaints(taintsOf(pool)), shownTaints(taints)],
    ['unschedulable', shownFlag(now?.unschedulable), shownFlag(wanted.unschedulable ?? now?.unschedulable)],
    ['auto-repair', shownFlag(management?.autoRepair), shownFlag(wanted.autoRepair ?? management?.autoRepair)],
    ['auto-upgrade', shownFlag(management?.autoUpgrade), shownFlag(wanted.autoUpgrade ?? management?.autoUpgrade)],
  ];
  const lines = rows.filter(([, before, after]) => before !== after).map(([key, a, b]) => `${key}: ${a} -> ${b}`);
  if (lines.length === 0) return undefined;
  const changed = (key: string) => lines.some((line) => line.startsWith(`${key}:`));
  const autoRepair = wanted.autoRepair ?? management?.autoRepair ?? false;
  const autoUpgrade = wanted.autoUpgrade ?? management?.autoUpgrade ?? false;
  return {
    lines,
    body: {
      ...(wanted.name !== undefined && changed('name') && { nodepool_info: { name: wanted.name } }),
      kubernetes_config: {
        ...(changed('labels') && { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) }),
        ...(changed('taints') && { taints }),
        ...(changed('unschedulable') && { unschedulable: wanted.unschedulable }),
      },
      ...((changed('auto-repair') || changed('auto-upgrade')) && {
        management: { enable: autoRepair || autoUpgrade, auto_repair: autoRepair, auto_upgrade: autoUpgrade },
      }),
      update_nodes: wanted.updateNodes,
    },
  };
}

function labelsOf({ kubernetesConfig }: CloudNodePool): Record<string, string> {
  return Object.fromEntries((kubernetesConfig?.labels ?? []).map(({ key = '', value = '' }) => [key, value]));
}

function labelsAfter(pool: CloudNodePool, { labels, removeLabels }: PoolChangeRequest): Record<string, string> {
  const all = Object.entries({ ...labelsOf(pool), ...labels });
  return Object.fromEntries(all.filter(([key]) => !removeLabels.includes(key)));
}

function taintsOf({ kubernetesConfig }: CloudNodePool): TaintMark[] {
  const found = kubernetesConfig?.taints ?? [];
  return found.map(({ key = '', value = '', effect = '' }) => ({ key, value, effect }));
}

/** A taint is known by its key and its effect. */
function taintsAfter(pool: CloudNodePool, { taints, removeTaints }: PoolChangeRequest): TaintMark[] {
  const isReplaced = ({ key, effect }: TaintMark) => taints.some((each) => each.key === key && each.effect === effect);
  const kept = taintsOf(pool).filter((taint) => !isReplaced(taint) && !removeTaints.includes(taint.key));
  return [...kept, ...taints];
}

function shownPairs(pairs: Readonly<Record<string, string>>): string {
  const texts = Object.entries(pairs).map(([key, value]) => `${key}=${value}`);
  return texts.sort().join(',') || '-';
}

function shownTaints(taints: readonly TaintMark[]): string {
  const texts = taints.map(({ key, value, effect }) => `${key}${value && `=${value}`}:${effect}`);
  return texts.sort().join(',') || '-';
}

function shownFlag(value: boolean | undefined): string {
  return value ? 'yes' : 'no';
}

interface PoolOrderCall {
  /** `node pool shops to be upgraded` */
  readonly what: string;
  readonly send: () => Promise<string | undefined>;
  /** It sets values: after a change by another command it is sent nevertheless. */
  readonly isSetting?: boolean;
  /** A paused task that `send` continues. */
  readonly continues?: string;
}

export interface PoolTaskRun extends OrderRun {
  readonly clusterId: string;
  readonly pool: { readonly id: string; readonly name: string };
}

/** The newest task of a pool that has not ended; undefined if there is none, or the account may not see tasks. */
export async function openPoolTask(
  service: Pick<TaskVerbs, 'task' | 'tasks'>,
  clusterId: string,
  poolId: string,
): Promise<CloudTaskInfo | undefined> {
  const tasks = await service.tasks(clusterId).catch(() => []);
  const open = tasks.filter(({ taskType, state }) => /^nodepool_/.test(taskType ?? '') && OPEN.includes(state ?? ''));
  const infos = await Promise.all(open.map(({ taskId }) => service.task(taskId).catch(() => undefined)));
  const own = infos.filter((info) => info?.target?.id === poolId);
  return own.filter((info) => info !== undefined).sort(newestFirst)[0];
}

function newestFirst(a: Pick<CloudTask, 'created'>, b: Pick<CloudTask, 'created'>): number {
  return Date.parse(b.created ?? '') - Date.parse(a.created ?? '');
}

/** The newest upgrade of a pool, ended or not; undefined if there is none, or the account may not see tasks. */
export async function newestUpgrade(
  service: Pick<TaskVerbs, 'task' | 'tasks'>,
  clusterId: string,
  poolId: string,
): Promise<CloudTaskInfo | undefined> {
  const tasks = await service.tasks(clusterId).catch(() => []);
  const upgrades = tasks.filter(({ taskType }) => taskType === 'nodepool_upgrade').sort(newestFirst);
  for (const { taskId } of upgrades) {
    const info = await service.task(taskId).catch(() => undefined);
    if (info?.target?.id === poolId) return info;
  }
  return undefined;
}

const OPEN: readonly string[] = ['running', 'paused', 'pausing'];

/**
 * Sends one order for a pool and waits until its task has ended and the pool is active. What an earlier run has begun is
 * waited for, and not ordered again.
 * @throws EdgeadmError CLOUD_*, TIMEOUT; UPGRADE_PAUSED if the task pauses
 */
export async function orderForPool(
  { what, send, isSetting, continues }: PoolOrderCall,
  run: PoolTaskRun,
): Promise<void> {
  const { service, clusterId, pool, listDelayMs, paceMs, signal, tell } = run;
  const state = await stateOf(run);
  if (continues === undefined && state !== 'active') {
    tell(`The node pool ${pool.name} is ${state}: waiting for it.`);
    await waitUntilActive(what, (await openPoolTask(service, clusterId, pool.id))?.taskId, run);
    if (!isSetting) return;
  }
  const isPaused = async () => (await service.task(continues ?? '')).state === 'paused';
  const taskId = await orderOnce({
    what,
    send,
    shows: async () => (continues === undefined ? (await stateOf(run)) !== 'active' : !(await isPaused())),
    listDelayMs,
    paceMs,
    signal,
  });
  if (run.wait) await waitUntilActive(what, taskId ?? continues, run);
}

async function waitUntilActive(what: string, taskId: string | undefined, run: PoolTaskRun): Promise<void> {
  const { service, pool, timeoutMs, paceMs, signal, tell } = run;
  let paused: EdgeadmError | undefined;
  await waitForTask<void>(service, taskId, {
    what,
    signal,
    timeoutMs,
    paceMs,
    tell,
    probe: async () => {
      const task = taskId === undefined ? undefined : await service.task(taskId).catch(() => undefined);
      if (task?.state === 'paused') paused = pausedTask(pool.name, taskId);
      if (paused) return { done: undefined };
      const state = await stateOf(run);
      const isOver = task === undefined || ['success', 'canceled'].includes(task.state ?? '');
      return isOver && state === 'active' ? { done: undefined } : { seen: `it is ${state}` };
    },
  });
  if (paused) throw paused;
}

async function stateOf({ service, clusterId, pool }: PoolTaskRun): Promise<string> {
  const pools = await service.nodePools(clusterId);
  return pools.find(({ nodepoolInfo }) => nodepoolInfo.nodepoolId === pool.id)?.status?.state || 'active';
}

function pausedTask(name: string, taskId: string | undefined): EdgeadmError {
  return new EdgeadmError({
    code: 'UPGRADE_PAUSED',
    what: `the upgrade of the node pool ${name} is paused`,
    why: `task ${taskId}`,
    next: 'check the nodes that are done, then run the same command again: it continues the task',
  });
}
