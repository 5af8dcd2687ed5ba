import { taskDate } from './cs-answers.ts';
import { nodesDone, stepOf, type UpgradeRecord, type UpgradeStep } from './cs-upgrade-record.ts';

/** Type of the task. The reference has that of another one, `cluster_scaleout`. */
const TASK_TYPE = 'cluster_upgrade';
/** The reference names no stage of an upgrade. */
const STAGES: Readonly<Record<UpgradeStep, string>> = {
  precheck: 'precheck',
  master: 'upgrade_master',
  node: 'upgrade_worker',
};

/**
 * As GetUpgradeStatus answers. Values: its reference, which leaves open what it says while nodes that have begun finish
 * (here: running, at step `pause`), after a precheck that failed, and after a cancellation (here: not started).
 */
export function statusAnswer(record: UpgradeRecord | undefined): object {
  if (!record || record.state === 'canceled') return { status: '', upgrade_step: 'not_start', error_message: '' };
  const { id, state, error = '' } = record;
  const report = record.ended.length > 0 || state === 'fail' ? { precheck_report_id: id.replace(/^T-/, '') } : {};
  const [status, step] = wordsOf(record);
  const taskStatus = state === 'success' ? 'Success' : state === 'fail' ? 'Failed' : 'running';
  return {
    status,
    upgrade_step: step,
    error_message: error,
    ...report,
    upgrade_task: { status: taskStatus, message: messageOf(record) },
  };
}

function wordsOf(record: UpgradeRecord): [status: string, step: string] {
  const step = stepOf(record) === 'precheck' ? 'prechecking' : 'upgrading';
  switch (record.state) {
    case 'success':
      return ['success', 'success'];
    case 'paused':
      return ['pause', 'pause'];
    case 'pausing':
      return ['running', 'pause'];
    case 'fail':
      return ['fail', step];
    default:
      return ['running', step];
  }
}

function messageOf(record: UpgradeRecord): string {
  const step = stepOf(record);
  if (step === 'precheck') return 'checking the cluster';
  if (step === 'master') return `upgrading the control plane to ${record.to}`;
  const { length } = record.nodes;
  return length === 0 ? 'the control plane is upgraded' : `${nodesDone(record)} of ${length} worker nodes are upgraded`;
}

/** As DescribeClusterTasks lists it. */
export function taskAnswer({ id, state, created, since, error }: UpgradeRecord): object {
  return {
    task_id: id,
    task_type: TASK_TYPE,
    state,
    created: taskDate(created),
    updated: taskDate(since),
    ...(error && { error: { code: 'UpgradeFailed', message: error } }),
  };
}

/** As DescribeTaskInfo answers. */
export function taskInfoAnswer(record: UpgradeRecord): object {
  const { clusterId, to, nodes } = record;
  const step = stepOf(record);
  return {
    ...taskAnswer(record),
    cluster_id: clusterId,
    target: { type: 'cluster', id: clusterId },
    parameters: { next_version: to, master_only: nodes.length === 0 },
    current_stage: step ? STAGES[step] : '',
    stages: stagesOf(record),
    events: eventsOf(record),
  };
}

function stagesOf(record: UpgradeRecord): object[] {
  const { ended, nodes, created, to } = record;
  const [checked, control] = ended;
  const last = nodesDone(record) === nodes.length ? ended.at(-1) : undefined;
  const stage = (message: string, start: number | undefined, end: number | undefined) =>
    start === undefined
      ? []
      : [
          {
            message,
            start_time: taskDate(start),
            ...(end && { end_time: taskDate(end) }),
            state: stateOf(record, end),
          },
        ];
  return [
    ...stage('precheck', created, checked),
    ...stage(`control plane to ${to}`, checked, control),
    ...(nodes.length > 0 ? stage(`worker nodes to ${to}: ${nodesDone(record)} of ${nodes.length}`, control, last) : []),
  ];
}

function stateOf({ state }: UpgradeRecord, end: number | undefined): string {
  return end === undefined ? state : 'success';
}

function eventsOf({ ended, nodes, to, error, since }: UpgradeRecord): object[] {
  const told = ended.slice(ended.length - nodesDone({ ended })).map((at, index) => ({
    action: 'finish',
    level: 'Normal',
    reason: 'NodeUpgradeSuccess',
    message: `node ${nodes[index]} is at ${to}`,
    source: 'ACK',
    timestamp: `${at}`,
  }));
  if (!error) return told;
  const failure = { action: 'fail', level: 'Warning', reason: 'UpgradeFailed', message: error, source: 'ACK' };
  return [...told, { ...failure, timestamp: `${since}` }];
}
