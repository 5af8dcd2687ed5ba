import { randomBytes } from 'node:crypto';
import { pageOf, taskDate } from './cs-answers.ts';
import { type CsRequest, clusterOf } from './cs-request.ts';
import {
  cancelUpgradeRecord,
  pauseUpgradeRecord,
  resumeUpgradeRecord,
  type UpgradeChange,
  upgradeOf,
  upgradesOf,
} from './cs-upgrade.ts';
import { taskAnswer, taskInfoAnswer } from './cs-upgrade-answers.ts';
import type { UpgradeRecord } from './cs-upgrade-record.ts';
import { KIND } from './records.ts';
import { CloudFailure } from './service.ts';

/** A task other than an upgrade, kept under its id. Times are milliseconds since 1970. */
export interface TaskRecord {
  readonly id: string;
  readonly clusterId: string;
  /** `cluster_attach`. Source: the SDK, types of events. */
  readonly type: string;
  readonly target: { readonly type: 'cluster' | 'nodepool'; readonly id: string };
  readonly created: number;
  /** When it ends, or has ended. */
  readonly ends: number;
  readonly error?: string;
  /** What it does, one after the other; each takes the same time. */
  readonly stages?: readonly string[];
  /** When it pauses by itself; times that have passed stay until it is continued. */
  readonly pauses?: readonly number[];
  /** When it was paused by PauseTask. */
  readonly paused?: number;
  readonly canceled?: true;
}

/** Since when a task is paused; undefined if it is not. */
export function pausedSince({ paused, pauses = [], ends, canceled }: TaskRecord, now: number): number | undefined {
  const [first] = pauses;
  const since = Math.min(paused ?? Infinity, first ?? Infinity);
  return !canceled && since <= now && since < ends ? since : undefined;
}

function newTaskId(): string {
  return `T-${randomBytes(12).toString('hex')}`;
}

/** Starts a task that ends by itself. @returns its id */
export function beginTask(
  { parts: { store, now } }: CsRequest,
  task: Pick<TaskRecord, 'clusterId' | 'type' | 'target' | 'error' | 'stages' | 'pauses'> & { readonly ms: number },
): string {
  const { ms, ...what } = task;
  const record: TaskRecord = { id: newTaskId(), ...what, created: now(), ends: now() + ms };
  store.put(KIND.task, record.id, record);
  return record.id;
}

/** The tasks of a cluster, but for its upgrades. */
export function tasksOf({ parts: { store } }: CsRequest, id: string): TaskRecord[] {
  const records = store.list<TaskRecord>(KIND.task).map(({ document }) => document);
  return records.filter(({ clusterId }) => clusterId === id);
}

/** Of all types, in no order that anybody could rely on: the reference names none. */
export async function clusterTasks(asked: CsRequest): Promise<object> {
  const { id } = clusterOf(asked);
  const all = [
    ...upgradesOf(asked, id).map((record) => ({ id: record.id, answer: taskAnswer(record) })),
    ...tasksOf(asked, id).map((record) => ({ id: record.id, answer: shortAnswer(asked, record) })),
  ].sort((a, b) => a.id.localeCompare(b.id));
  const { page_number: number, page_size: size, max_results: most, next_token: token } = asked.request.parameters;
  const { items, page, next } = pageOf(all, token ?? number, most ?? size);
  return { tasks: items.map(({ answer }) => answer), page_info: page, ...(next && { next_token: next }) };
}

export async function taskInfo(asked: CsRequest): Promise<object> {
  const found = taskOf(asked);
  if ('type' in found) {
    const { clusterId, target } = found;
    const stages = stageAnswers(asked, found);
    const current = stages.find(({ state }) => state === 'running')?.message;
    return {
      ...shortAnswer(asked, found),
      cluster_id: clusterId,
      target,
      parameters: {},
      ...(current && { current_stage: current }),
      stages,
      events: [],
    };
  }
  return taskInfoAnswer(found);
}

/** The three actions answer nothing, not even `{}`. */
export const pauseTask = changing(pauseUpgradeRecord, (record, now) =>
  record.ends > now && pausedSince(record, now) === undefined ? { ...record, paused: now } : undefined,
);
export const resumeTask = changing(resumeUpgradeRecord, (record, now) => {
  const since = pausedSince(record, now);
  if (since === undefined) return undefined;
  const { paused: _paused, pauses = [], ends, ...rest } = record;
  const late = now - since;
  const left = pauses.filter((at) => at > since).map((at) => at + late);
  return { ...rest, ends: ends + late, pauses: left };
});
export const cancelTask = changing(cancelUpgradeRecord, (record, now) =>
  pausedSince(record, now) === undefined ? undefined : { ...record, ends: now, canceled: true },
);

/** @param own how a task of a node pool becomes another; undefined: it cannot, in its state */
function changing(
  change: UpgradeChange,
  own: (record: TaskRecord, now: number) => TaskRecord | undefined,
): (asked: CsRequest) => Promise<string> {
  return async (asked) => {
    const found = taskOf(asked);
    if ('type' in found && found.type === 'nodepool_upgrade') {
      const next = own(found, asked.parts.now());
      // The real code is not documented.
      if (!next) throw new CloudFailure(400, 'ErrorTaskState', `the state of task (${found.id}) does not allow it`);
      asked.parts.store.put(KIND.task, found.id, next);
    } else change(asked, 'type' in found ? undefined : found);
    return '';
  };
}

/** @throws CloudFailure */
function taskOf(asked: CsRequest): UpgradeRecord | TaskRecord {
  const [id = ''] = asked.names;
  const found = upgradeOf(asked, id) ?? asked.parts.store.get<TaskRecord>(KIND.task, id);
  if (found) return found;
  // The real code is not documented.
  throw new CloudFailure(404, 'ErrorTaskNotFound', `task (${id}) not found`);
}

function stageAnswers({ parts: { now } }: CsRequest, { stages = [], created, ends }: TaskRecord) {
  const each = (ends - created) / stages.length;
  return stages.flatMap((message, index) => {
    const [from, to] = [created + index * each, created + (index + 1) * each];
    if (from > now()) return [];
    const isOver = to <= now();
    return [
      {
        state: isOver ? 'success' : 'running',
        message,
        start_time: taskDate(from),
        ...(isOver && { end_time: taskDate(to) }),
      },
    ];
  });
}

function shortAnswer({ parts: { now } }: CsRequest, record: TaskRecord): object {
  const { id, type, created, ends, error } = record;
  const running = ends > now() || pausedSince(record, now()) !== undefined;
  return {
    task_id: id,
    task_type: type,
    state: stateOfTask(record, now()),
    created: taskDate(created),
    updated: taskDate(running ? created : ends),
    ...(error && !running && { error: { code: 'TaskFailed', message: error } }),
  };
}

function stateOfTask(record: TaskRecord, now: number): string {
  if (pausedSince(record, now) !== undefined) return 'paused';
  if (record.canceled) return 'canceled';
  if (record.ends > now) return 'running';
  return record.error ? 'fail' : 'success';
}
