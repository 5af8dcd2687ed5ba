import { EdgeadmError } from '../errors/index.ts';
import type { Clock } from '../lib/clock.ts';
import { waitFor } from '../lib/wait-for.ts';
import {
  ACTIVE_PHASES,
  type CloudUpgrade,
  type CloudUpgradePhase,
  isIdle,
  type KeptUpgrade,
  readClusterUpgrade,
} from './cluster-upgrade-state.ts';
import type { ContainerService } from './cs.ts';
import { isAmbiguous } from './errors.ts';

/** How long an order that was not answered may take to show, milliseconds. */
const EFFECT_TIMEOUT_MS = 15_000;

/** What `start` would order. */
export interface UpgradeIntent {
  readonly from: string;
  readonly to: string;
  readonly masterOnly: boolean;
  /** The upgrade that is requested is in progress or complete: an earlier run has ordered it. */
  readonly existing?: CloudUpgrade;
}

/**
 * The upgrades of one cluster through the container service. An order is sent once; if its answer is lost, the state
 * of the upgrade tells whether it took effect. All throw EdgeadmError CLOUD_*.
 */
export interface CloudUpgrades {
  look(): Promise<CloudUpgrade>;
  /**
   * Changes nothing. An upgrade in progress to the same target is taken for the one that is requested.
   * @param version default: the one that the service offers
   * @throws EdgeadmError UPGRADE_VERSION, UPGRADE_UNDER_WAY
   */
  intent(version: string | undefined, masterOnly: boolean): Promise<UpgradeIntent>;
  start(intent: UpgradeIntent): Promise<CloudUpgrade>;
  /** Changes nothing. @throws EdgeadmError NO_UPGRADE, UPGRADE_NOT_POSSIBLE */
  intended(verb: UpgradeVerb): Promise<IntendedChange>;
  /** What is paused or pausing already stays so. @throws EdgeadmError NO_UPGRADE, UPGRADE_NOT_POSSIBLE */
  pause(): Promise<CloudUpgrade>;
  /** What runs already continues. @throws EdgeadmError NO_UPGRADE, UPGRADE_NOT_POSSIBLE */
  resume(): Promise<CloudUpgrade>;
  /** Nodes that are done stay. @throws EdgeadmError NO_UPGRADE, UPGRADE_NOT_POSSIBLE */
  cancel(): Promise<CloudUpgrade>;
}

/** What a change of an upgrade would begin from. */
interface IntendedChange {
  readonly now: CloudUpgrade;
  /** Nothing would be sent. */
  readonly isUnchanged: boolean;
}

/** Keeps the task of an upgrade, with its target, for later commands on this machine. Neither of its methods throws. */
export interface UpgradeMemory {
  recall(): Promise<KeptUpgrade | undefined>;
  keep(upgrade: KeptUpgrade): Promise<void>;
}

interface CloudUpgradesOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Default: none. The service's list of tasks tells as much, if the account may see it. */
  readonly memory?: UpgradeMemory;
}

export function cloudUpgrades(
  service: ContainerService,
  clusterId: string,
  { clock, signal, memory }: CloudUpgradesOptions = {},
): CloudUpgrades {
  let known: KeptUpgrade | undefined;
  const look = async () => {
    known ??= await memory?.recall();
    return readClusterUpgrade(service, clusterId, known);
  };
  /** Sends an order and looks until it shows. One that does not show may not have arrived, unless it was answered. */
  const order = async (what: string, send: () => Promise<unknown>, shows: (now: CloudUpgrade) => boolean) => {
    let lost: unknown;
    await send().catch((error: unknown) => {
      if (!isAmbiguous(error)) throw error;
      lost = error;
    });
    return waitForEffect({ what, look, shows, clock, signal, lost });
  };
  const intendedChange = async (verb: UpgradeVerb): Promise<IntendedChange> => {
    const now = await look();
    const { from, unchanged } = RULES[verb];
    const isUnchanged = unchanged.includes(now.phase);
    if (!isUnchanged && !from.includes(now.phase)) throw notPossible(verb, now);
    return { now, isUnchanged };
  };
  const change = async (verb: UpgradeVerb, send: (taskId: string) => Promise<void>) => {
    const { now, isUnchanged } = await intendedChange(verb);
    if (isUnchanged) return now;
    const { to } = RULES[verb];
    const { taskId } = now.task ?? {};
    if (!taskId) throw taskNotShown(now);
    const what = `the upgrade of ${clusterId} to be ${PAST[verb]}`;
    return order(
      what,
      () => send(taskId),
      ({ phase }) => to.includes(phase),
    );
  };
  return {
    look,
    intent: async (version, masterOnly) => intended(await look(), version, masterOnly),
    start: async ({ to, masterOnly }) => {
      const before = await look();
      if (isInProgress(before, to, masterOnly)) return before;
      refuseUnderWay(before);
      const keep = async (taskId: string | undefined) => {
        if (taskId === undefined || taskId === known?.taskId) return;
        known = { taskId, to };
        await memory?.keep(known);
      };
      // Kept as soon as it is known: from here on the program may be killed.
      const send = async () => keep(await service.upgradeCluster(clusterId, { nextVersion: to, masterOnly }));
      const begun = await order(`the upgrade of ${clusterId} to ${to} to begin`, send, (now) => hasBegun(now, before));
      await keep(begun.task?.taskId);
      return begun;
    },
    intended: intendedChange,
    pause: () => change('pause', (taskId) => service.pauseTask(taskId)),
    resume: () => change('continue', (taskId) => service.resumeTask(taskId)),
    cancel: () => change('cancel', (taskId) => service.cancelTask(taskId)),
  };
}

interface EffectWait {
  readonly what: string;
  readonly look: () => Promise<CloudUpgrade>;
  readonly shows: (now: CloudUpgrade) => boolean;
  readonly clock: Clock | undefined;
  readonly signal: AbortSignal | undefined;
  /** What was thrown instead of an answer. */
  readonly lost: unknown;
}

async function waitForEffect({ what, look, shows, clock, signal, lost }: EffectWait): Promise<CloudUpgrade> {
  try {
    return await waitFor<CloudUpgrade>({
      what: `${what}${lost ? ' after the request got no answer' : ''}`,
      probe: async () => {
        const now = await look();
        return shows(now) ? { done: now } : { seen: `it is ${now.phase}` };
      },
      timeoutMs: EFFECT_TIMEOUT_MS,
      clock,
      signal,
      intervalMs: [200, 2000],
      code: 'CLOUD_NO_ANSWER',
      next: 'check it with `edgeadm cluster upgrade status`, then run the same command again: it checks the state first',
    });
  } catch (error) {
    // The service has taken the order; it is slow to show it.
    if (!lost) return look();
    throw error;
  }
}

/** An upgrade is in progress, or has ended since: its task is another one, or the control plane's version is. */
function hasBegun(now: CloudUpgrade, before: CloudUpgrade): boolean {
  const newTask = now.task?.taskId !== before.task?.taskId;
  return !isIdle(now) || now.phase === 'Paused' || newTask || now.version !== before.version;
}

function intended(now: CloudUpgrade, wanted: string | undefined, masterOnly: boolean): UpgradeIntent {
  const { offered, version: from, to: existing } = now;
  if (existing && (isInProgress(now, wanted, masterOnly) || isComplete(now, wanted, masterOnly)))
    return { from, to: existing, masterOnly, existing: now };
  refuseUnderWay(now);
  const to = wanted ?? (offered.length === 1 ? offered[0] : undefined);
  if (to !== undefined && offered.includes(to)) return { from, to, masterOnly };
  throw new EdgeadmError({
    code: 'UPGRADE_VERSION',
    what: wanted ? `the cluster cannot be upgraded to ${wanted}` : 'the target version is ambiguous',
    why: [`it is at ${from}`, offered.length > 0 ? `offered: ${offered.join(', ')}` : 'no version is offered'].join(
      '\n',
    ),
    next:
      offered.length > 0
        ? `choose one of these, spelled as above: --target-version ${offered[0]}`
        : 'wait until the container service offers a newer version',
  });
}

/** @param wanted undefined: whichever it is */
function isInProgress(now: CloudUpgrade, wanted: string | undefined, masterOnly: boolean): boolean {
  return ACTIVE_PHASES.includes(now.phase) && isTheSame(now, wanted ?? now.to, masterOnly);
}

/** Without a version the next one is meant. */
function isComplete(now: CloudUpgrade, wanted: string | undefined, masterOnly: boolean): boolean {
  const isOffered = wanted === undefined || now.offered.includes(wanted);
  return now.phase === 'Completed' && !isOffered && isTheSame(now, wanted, masterOnly);
}

function isTheSame(now: CloudUpgrade, to: string | undefined, masterOnly: boolean): boolean {
  return to !== undefined && to === now.to && (now.masterOnly ?? masterOnly) === masterOnly;
}

function refuseUnderWay({ phase, task, clusterId, to, masterOnly }: CloudUpgrade): void {
  if (phase !== 'Paused' && phase !== 'Unknown' && !ACTIVE_PHASES.includes(phase)) return;
  throw new EdgeadmError({
    code: 'UPGRADE_UNDER_WAY',
    what: `cluster ${clusterId} is already being upgraded`,
    why: [
      `it is ${phase}`,
      to && `its target is ${to}${masterOnly ? ', the control plane only' : ''}`,
      task?.taskId && `task ${task.taskId}, since ${task.created}`,
    ]
      .filter(Boolean)
      .join('\n'),
  });
}

export type UpgradeVerb = 'pause' | 'continue' | 'cancel';

interface Rule {
  /** The possible targets, and whether nothing needs to be done. */
  readonly from: readonly CloudUpgradePhase[];
  readonly to: readonly CloudUpgradePhase[];
  readonly unchanged: readonly CloudUpgradePhase[];
}

const RULES: Readonly<Record<UpgradeVerb, Rule>> = {
  pause: {
    from: ['Prechecking', 'Running'],
    to: ['Pausing', 'Paused', 'Completed', 'Failed'],
    unchanged: ['Pausing', 'Paused'],
  },
  continue: { from: ['Paused'], to: [...ACTIVE_PHASES, 'Completed', 'Failed'], unchanged: ['Prechecking', 'Running'] },
  cancel: { from: ['Paused'], to: ['NotStarted', 'Completed', 'Failed', 'Unknown'], unchanged: [] },
};

const PAST: Readonly<Record<UpgradeVerb, string>> = { pause: 'paused', continue: 'continued', cancel: 'cancelled' };

/** The cluster says that it is being upgraded; only a task can be paused. */
function taskNotShown({ clusterId, phase }: CloudUpgrade): EdgeadmError {
  return new EdgeadmError({
    code: 'CLOUD_FAILED',
    what: `the container service does not show the task that upgrades cluster ${clusterId}`,
    why: `the upgrade is ${phase}`,
  });
}

function notPossible(verb: UpgradeVerb, { phase, clusterId, error }: CloudUpgrade): EdgeadmError {
  const none = phase === 'NotStarted';
  return new EdgeadmError({
    code: none ? 'NO_UPGRADE' : 'UPGRADE_NOT_POSSIBLE',
    what: none
      ? `cluster ${clusterId} has no upgrade that can be ${PAST[verb]}`
      : `the upgrade of cluster ${clusterId} cannot be ${PAST[verb]}`,
    why: [`it is ${phase}`, error].filter(Boolean).join(': '),
  });
}
