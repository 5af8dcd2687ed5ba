import type { CloudUpgrade, CloudUpgradePhase } from '../../cloud/cluster-upgrade-state.ts';
import type { UpgradeIntent } from '../../cloud/cluster-upgrades.ts';
import { factLines } from '../../output/columns.ts';
import { table } from '../../output/table.ts';

/** The last ones are shown; `-o json` has them all. */
const EVENTS = 10;

const IN_WORDS: Readonly<Record<CloudUpgradePhase, string>> = {
  NotStarted: 'none is running',
  Prechecking: 'Prechecking',
  Running: 'Running',
  Pausing: 'Pausing: nodes in progress finish',
  Paused: 'Paused',
  Completed: 'Completed',
  Failed: 'Failed',
  Unknown: 'unknown, see the message of the service',
};

/** The upgrade as the service tells it, for people: lines with their ends. */
export function serviceText(upgrade: CloudUpgrade): string {
  const { clusterId, phase, version, offered, error, task, progress } = upgrade;
  const mayStart = phase === 'NotStarted' || phase === 'Completed' || phase === 'Failed';
  const rows: Record<string, string | undefined> = {
    Upgrade: IN_WORDS[phase],
    Cluster: `${clusterId}, control plane at ${version}`,
    Progress: progress,
    Stage: task?.currentStage,
    Task: task?.taskId && `${task.taskId}, since ${task.created}, ${task.state}`,
    Error: error,
    Next: phase === 'Paused' ? '`edgeadm cluster upgrade continue`, or cancel' : undefined,
    Offered: mayStart ? offered.join(', ') || 'no version' : undefined,
  };
  return [factLines(rows), stageTable(upgrade), eventTable(upgrade)].filter(Boolean).join('\n');
}

function stageTable({ task }: CloudUpgrade): string {
  return table(
    (task?.stages ?? []).map(({ message, state, startTime, endTime }) => ({
      stage: message,
      state,
      started: startTime,
      ended: endTime,
    })),
  );
}

function eventTable(upgrade: CloudUpgrade): string {
  return table(eventsOf(upgrade).slice(-EVENTS));
}

function eventsOf({ task }: CloudUpgrade) {
  return (task?.events ?? []).map(({ timestamp = '', level, reason, message }) => ({
    time: timeOf(timestamp),
    level,
    reason,
    message,
  }));
}

/** Milliseconds since 1970, as a text. */
function timeOf(timestamp: string): string {
  const time = new Date(Number(timestamp));
  return Number.isNaN(time.getTime()) ? timestamp : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The same for `-o json`. */
export function serviceData(upgrade: CloudUpgrade): object {
  const { clusterId, phase, version, offered, error, task, progress } = upgrade;
  const stages = (task?.stages ?? []).map(({ message, state, startTime, endTime }) => ({
    message,
    state,
    startTime,
    endTime,
  }));
  return {
    clusterId,
    phase,
    version,
    offered,
    error,
    progress,
    task: task && {
      id: task.taskId,
      state: task.state,
      created: task.created,
      stage: task.currentStage,
      stages,
      events: eventsOf(upgrade),
    },
  };
}

/** What would be ordered, or is. */
export function intentText(clusterId: string, { from, to, masterOnly, existing }: UpgradeIntent): string {
  if (existing) {
    const { phase, task } = existing;
    return `The upgrade of cluster ${clusterId} to ${to} was started before: task ${task?.taskId}, since ${task?.created}, is ${phase}. Nothing is sent.\n`;
  }
  const parts = masterOnly ? 'the control plane only' : 'the control plane, then the worker nodes in batches';
  return `Cluster ${clusterId}: from ${from} to ${to}, ${parts}, by the container service.\n`;
}
