/** Names as DescribeTaskInfo gives them, the last three being ours: the reference has `running`, `fail`, `success`. */
export type UpgradeState = 'running' | 'success' | 'fail' | 'pausing' | 'paused' | 'canceled';

/** The upgrade of a cluster, kept under the id of its task. Times are milliseconds since 1970. */
export interface UpgradeRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly from: string;
  readonly to: string;
  /** The worker nodes in their order; none if only the control plane is upgraded. */
  readonly nodes: readonly string[];
  readonly state: UpgradeState;
  readonly created: number;
  /** When each step that is done ended: the precheck, the control plane, then one node after the other. */
  readonly ended: readonly number[];
  /** When the step in progress began; if none is, when it stopped. */
  readonly since: number;
  readonly error?: string;
  /** Its steps last so many times as long; 1 by default. */
  readonly slowness?: number;
}

export type UpgradeStep = 'precheck' | 'master' | 'node';

/** How long a step takes here; the real service takes minutes. */
export const UPGRADE_STEP_MS: Readonly<Record<UpgradeStep, number>> = { precheck: 500, master: 1500, node: 1500 };

/** Source: the guide. */
const LONGEST_PAUSE_MS = 15 * 86_400_000;
/** Steps before the first node. */
const BEFORE_NODES = 2;

/** The step that comes next, or is in progress; undefined if all are done. */
export function stepOf({ ended, nodes }: UpgradeRecord): UpgradeStep | undefined {
  if (ended.length < BEFORE_NODES) return ended.length === 0 ? 'precheck' : 'master';
  return nodesDone({ ended }) < nodes.length ? 'node' : undefined;
}

/** How many worker nodes are upgraded. */
export function nodesDone({ ended }: Pick<UpgradeRecord, 'ended'>): number {
  return Math.max(0, ended.length - BEFORE_NODES);
}

/** The version that the control plane has by now. */
export function controlPlaneOf({ ended, from, to }: UpgradeRecord): string {
  return ended.length < BEFORE_NODES ? from : to;
}

/** True while no other upgrade may begin. */
export function isInProgress({ state }: UpgradeRecord): boolean {
  return isMoving(state) || state === 'paused';
}

function isMoving(state: UpgradeState): boolean {
  return state === 'running' || state === 'pausing';
}

/**
 * What time has made of an upgrade. The same record if nothing has changed.
 * @param fails asked at the end of each step
 */
export function advance(record: UpgradeRecord, now: number, fails: (step: UpgradeStep) => boolean): UpgradeRecord {
  const { state, since, slowness = 1 } = record;
  if (state === 'paused' && now - since > LONGEST_PAUSE_MS) return { ...record, state: 'canceled', since: now };
  const step = stepOf(record);
  if (!isMoving(state) || step === undefined) return record;
  const end = since + UPGRADE_STEP_MS[step] * slowness;
  return end > now ? record : advance(afterStep(record, step, { end, failed: fails(step) }), now, fails);
}

function afterStep(
  record: UpgradeRecord,
  step: UpgradeStep,
  { end: since, failed }: { readonly end: number; readonly failed: boolean },
): UpgradeRecord {
  if (failed) return { ...record, state: step === 'precheck' ? 'fail' : 'paused', since, error: errorOf(record, step) };
  const done = { ...record, ended: [...record.ended, since], since };
  if (stepOf(done) === undefined) return { ...done, state: 'success' };
  return record.state === 'pausing' ? { ...done, state: 'paused' } : done;
}

function errorOf(record: UpgradeRecord, step: UpgradeStep): string {
  if (step === 'precheck') return 'the precheck found errors';
  if (step === 'master') return 'the control plane could not be upgraded';
  return `node ${record.nodes[nodesDone(record)]} could not be upgraded`;
}
