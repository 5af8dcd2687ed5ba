import type { NodeRecord, NodeState } from '../../cluster-upgrade/plan/plan.ts';
import type { BatchStatus, UpgradeStatus } from '../../cluster-upgrade/status.ts';
import { count } from '../../lib/count.ts';
import { formatDuration } from '../../lib/duration.ts';
import { factLines } from '../../output/columns.ts';
import { table } from '../../output/table.ts';

/** With more nodes than this, those that wait or are done are counted, not listed. */
const LISTED = 50;
/** Lines of a failed pod's log. */
const LOG_LINES = 15;

/** How far an upgrade is, for people: lines with their ends. */
export function statusText(status: UpgradeStatus, now: number, all = false): string {
  return [
    headOf(status, now),
    table(status.batches.map((batch) => batchRow(batch, now))),
    nodeTable(status, now, all),
    ...status.failedPods.map(({ pod, node, log }) => `Failed pod ${pod} on ${node}:\n${endOf(log)}`),
  ]
    .filter(Boolean)
    .join('\n');
}

function headOf(status: UpgradeStatus, now: number): string {
  const { spec, phase, reason, nextBatches, controller, left, unknown } = status;
  const counts = (['upgraded', 'running', 'waiting', 'failed', 'offline', 'gone'] as const)
    .map((state) => [status.nodes.filter((node) => node.state === state).length, state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`);
  const active = phase === 'Running' || phase === 'Pausing';
  const rows: Record<string, string | undefined> = {
    Upgrade: `to ${spec.targetVersion}, ${phase}${reason ? `: ${reason}` : ''}`,
    Started: `${timeOf(status.started)} by ${spec.startedBy}`,
    Took: active ? undefined : span(status.elapsed),
    Elapsed: active ? `${span(status.elapsed)}${left === undefined ? '' : `; about ${span(left)} left`}` : undefined,
    Nodes: counts.join(', '),
    Remaining: nextBatches.length > 0 ? batchesText(nextBatches) : undefined,
    Controller: active && (controller || unknown.length === 0) ? controllerLine(controller, now) : undefined,
    'Not shown': unknown.join('; ') || undefined,
    Next: phase === 'Paused' ? '`edgeadm cluster upgrade continue`, or cancel' : undefined,
  };
  return factLines(rows);
}

function controllerLine(controller: UpgradeStatus['controller'], now: number): string {
  if (!controller) return 'none yet; `edgeadm cluster upgrade continue` starts one';
  const ago = Math.max(0, now - Math.floor(Date.parse(controller.renewed) / 1000));
  return `${controller.identity}, last seen ${span(ago)} ago`;
}

function batchRow({ number, nodes, upgraded, failed, started, ended }: BatchStatus, now: number) {
  return { batch: number, nodes, upgraded, failed, started: timeOf(started), took: span((ended ?? now) - started) };
}

function nodeTable({ nodes, spec }: UpgradeStatus, now: number, all: boolean): string {
  const quiet: readonly NodeState[] = ['waiting', 'upgraded'];
  const shown = all || nodes.length <= LISTED ? nodes : nodes.filter(({ state }) => !quiet.includes(state));
  return table(shown.map((node) => nodeRow(node, spec.targetVersion, now)));
}

function nodeRow(node: NodeRecord, target: string, now: number) {
  return {
    node: node.name,
    'node-pool': node.pool || '-',
    version: node.state === 'upgraded' ? target : node.from,
    state: node.state,
    batch: node.batch || '-',
    took: node.started === 0 ? '-' : span((node.ended || now) - node.started),
    message: node.message,
  };
}

/** `3 batches of 1 node`, or `12 batches: 1, 2, 4, 8 × 20, 9`: equal sizes in a row are counted. */
export function batchesText(sizes: readonly number[]): string {
  const [first = 0] = sizes;
  const batches = sizes.length === 1 ? '1 batch' : `${sizes.length} batches`;
  if (sizes.every((size) => size === first)) return `${batches} of ${count('node', first)}`;
  const runs: { size: number; count: number }[] = [];
  for (const size of sizes) {
    const last = runs.at(-1);
    if (last?.size === size) last.count++;
    else runs.push({ size, count: 1 });
  }
  const shown = runs.flatMap(({ size, count }) => (count < 3 ? Array(count).fill(size) : [`${count} × ${size}`]));
  return `${batches}: ${shown.join(', ')}`;
}

function endOf(log: string): string {
  return log
    .split('\n')
    .slice(-LOG_LINES)
    .map((line) => `  ${line}\n`)
    .join('');
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

function span(seconds: number): string {
  return formatDuration(Math.max(0, seconds) * 1000)
    .replace(/^(\d+)\.0s$/, '$1s')
    .replace(/^0ms$/, '0s');
}
