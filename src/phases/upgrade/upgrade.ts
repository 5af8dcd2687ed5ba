import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { UpgradeNote } from '../../host/journal/entry.ts';
import { localMachine } from '../../host/local.ts';
import { PATHS } from '../../host/node-paths.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { recorder } from '../../host/recorder.ts';
import { clientFromKubeconfig } from '../../kubernetes/kubeconfig/kubeconfig.ts';
import { now, type PhaseLog, phaseLog } from '../../workflow/events.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { UpgradeContext, UpgradeOptions } from './context.ts';
import { decideBeginning, decideEnd } from './decisions.ts';
import { upgradePhasesOf } from './index.ts';
import { type OpenOptions, openNode } from './open-node.ts';
import { notRecovered, restoreVersion, rollBackUpgrade, rolledBackError } from './roll-back.ts';

export interface UpgradeResult {
  readonly nodeName: string;
  /** Versions of the kubelet. */
  readonly from: string;
  readonly to: string;
  /** What became of the node: it was there already, or an upgrade that was not completed was rolled back. */
  readonly outcome: 'upgraded' | 'unchanged' | 'recovered';
}

/**
 * Upgrades one node. When it fails by itself the version before runs again; when it is interrupted the same command
 * continues, and one for another version rolls the node back first.
 * @throws EdgeadmError UPGRADE_RECOVERED, UPGRADE_NOT_RECOVERED; before the first change that of the check that failed
 */
export async function upgrade(options: UpgradeOptions): Promise<UpgradeResult> {
  const { session, spec, label, emit, signal, dryRun } = options;
  const tell = (action: string, diff?: string): void =>
    emit({ type: 'plan', action, diff, host: label, phase: session.host.phase, time: now() });
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'upgrade', time: now() }));
  const clientOptions = { plan: dryRun ? tell : undefined, signal };
  const admin = spec.kubeconfig && (await clientFromKubeconfig(spec.kubeconfig, localMachine().connect, clientOptions));
  try {
    const host = dryRun ? recorder(session.host, tell) : session.host;
    const parts = { ...options, host, log, admin: admin || undefined };
    if (!dryRun) await session.journal.prune();
    const takenBack = await leaveOther(parts);
    const context = await openNode(parts);
    try {
      return await run(options, context, log, takenBack);
    } finally {
      context.client.close();
    }
  } catch (thrown) {
    throw await beforeFirstPhase(options, thrown);
  } finally {
    if (admin) admin.close();
  }
}

async function run(
  options: UpgradeOptions,
  context: UpgradeContext,
  log: PhaseLog,
  takenBack: boolean,
): Promise<UpgradeResult> {
  const { session, label, emit, signal, dryRun } = options;
  const { nodeName, versions, needed } = context;
  const onPhase = (name: string): void => {
    session.host.phase = name;
  };
  try {
    const phases = upgradePhasesOf((await context.host.facts()).platform);
    await new Pipeline(phases, { host: label, context, emit, signal, wet: !dryRun, onPhase }).run();
  } catch (thrown) {
    throw await afterFailure(options, context, toEdgeadmError(thrown), log);
  }
  const outcome = needed ? 'upgraded' : takenBack ? 'recovered' : 'unchanged';
  if (outcome === 'recovered') log.info(`The node was rolled back: kubelet ${versions.to} is running again`);
  else if (!needed) log.vendor(VENDOR.alreadyUpgraded(versions.to));
  else if (!dryRun) log.vendor(VENDOR.upgraded);
  return { nodeName, from: versions.from, to: versions.to, outcome };
}

/** An upgrade to another version that was killed is rolled back first. @returns true if one was */
async function leaveOther(parts: OpenOptions): Promise<boolean> {
  const { session, spec, dryRun, log } = parts;
  const note = session.journal.upgrade;
  if (!note || dryRun) return false;
  const context = await openNode(parts);
  try {
    const found = { unfinished: note, target: context.versions.to, migrateRuntime: spec.migrateRuntime, dryRun };
    if (decideBeginning(found) !== 'roll back first') return false;
    log.info(`An upgrade to ${note.to} was not completed: the node is rolled back to ${note.from} first.`);
    const left = await rollBackUpgrade({ ...parts, context });
    if (left.length === 0) return true;
    const what = `the node could not be rolled back from ${note.to} to ${note.from}`;
    throw notRecovered({ what, from: note.from, left });
  } finally {
    context.client.close();
  }
}

async function afterFailure(
  options: UpgradeOptions,
  context: UpgradeContext,
  error: EdgeadmError,
  log: PhaseLog,
): Promise<EdgeadmError> {
  const note = context.underWay();
  const wasInterrupted = error.code === 'INTERRUPTED';
  const { dryRun } = options;
  const end = decideEnd({ where: 'in a phase', code: error.code, wasInterrupted, isBegun: note !== undefined, dryRun });
  if (end === 'interrupted') return interrupted(error, note);
  if (end === 'report that nothing was changed')
    return new EdgeadmError({
      ...error.toJSON(),
      why: [error.why, 'nothing was changed'].filter(Boolean).join('\n'),
      cause: error,
    });
  if (end !== 'roll back' || !note) return error;
  const phase = options.session.host.phase.split('/')[0] ?? '';
  log.vendor(VENDOR.upgradeFailed(phase));
  return rolledBackError(phase, error, note.from, await rollBackUpgrade({ ...options, context }));
}

/** What is known of the node if a run ends before its first phase: nothing was changed by it so far. */
async function beforeFirstPhase(options: UpgradeOptions, thrown: unknown): Promise<EdgeadmError> {
  const { session, label, emit, signal, dryRun } = options;
  const { upgrade: note } = session.journal;
  const error = toEdgeadmError(thrown);
  const wasInterrupted = signal.aborted && thrown === signal.reason && error.code === 'INTERNAL';
  const isBegun = note !== undefined;
  const end = decideEnd({ where: 'before the phases', code: error.code, wasInterrupted, isBegun, dryRun });
  if (end === 'interrupted')
    return interrupted(
      new EdgeadmError({ code: 'INTERRUPTED', what: error.message, why: 'no phase was completed' }),
      note,
    );
  if (end !== 'keep the kubelet running' || !note) return error;
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'recover', time: now() }));
  return new EdgeadmError({
    ...error.toJSON(),
    why: [error.why, ...(await keepServing(session, note, log))].filter(Boolean).join('\n'),
    next: `once the API server answers, run the same command again to continue, or edgeadm upgrade --target-version ${note.from} to roll back`,
    cause: error,
  });
}

async function keepServing({ plain, journal }: NodeSession, note: UpgradeNote, log: PhaseLog): Promise<string[]> {
  const state = `an upgrade from ${note.from} to ${note.to} is in progress`;
  if ((await plain.unit(PATHS.kubelet.unit)).active) return [`${state}, and the kubelet is running`];
  const { left } = await restoreVersion(plain, journal, log);
  return [`${state}, and the kubelet was not running: kubelet ${note.from} was restored and started`, ...left];
}

function interrupted(error: EdgeadmError, note: UpgradeNote | undefined): EdgeadmError {
  const next = note
    ? `run the same command again to continue, or edgeadm upgrade --target-version ${note.from} to roll back`
    : 'run the same command again';
  const why = [error.why, note ? '' : 'nothing was changed'].filter(Boolean).join('\n');
  return new EdgeadmError({ ...error.toJSON(), why, next, cause: error });
}
