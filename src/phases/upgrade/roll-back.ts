import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { UpgradeNote } from '../../host/journal/entry.ts';
import type { Journal } from '../../host/journal/journal.ts';
import type { NodeHost } from '../../host/node-host.ts';
import { PATHS } from '../../host/node-paths.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { podNetwork } from '../../host/pod-network.ts';
import { rollBackChanges } from '../../host/roll-back.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { type EventSink, now, type PhaseLog, phaseLog } from '../../workflow/events.ts';
import { installedHub } from '../join/node-view.ts';
import { removePods } from '../reset/teardown/pods.ts';
import type { UpgradeContext } from './context.ts';
import { allowPods } from './drain.ts';
import { CRI_SOCKET_ANNOTATION, waitUntilHealthy } from './node-health.ts';

export interface UpgradeRollBackOptions {
  readonly session: NodeSession;
  readonly context: Pick<UpgradeContext, 'client' | 'admin' | 'nodeName' | 'steadyMs'>;
  readonly label: string;
  readonly emit: EventSink;
}

/** A roll-back is not cut short by what cut the upgrade short: it has a limit of its own. */
const TIMEOUT_MS = 300_000;

/**
 * Restores the previous version, waits until it works, and lets pods in again. Only then is the upgrade forgotten: a
 * roll-back that was killed is found by the next call.
 * @returns what does not work or could not be restored; empty if all works as before
 */
export async function rollBackUpgrade(options: UpgradeRollBackOptions): Promise<string[]> {
  const { session, label, emit } = options;
  const { upgrade: note } = session.journal;
  if (!note) return [];
  const tell = { host: label, phase: 'recover' };
  const started = now();
  emit({ ...tell, type: 'phase-start', title: `Roll the node back to ${note.from}`, time: started });
  const left = await rollBackNode(options).catch((error: unknown) => [toEdgeadmError(error).message]);
  const outcome = left.length === 0 ? 'done' : 'failed';
  emit({ ...tell, type: 'phase-end', outcome, durationMs: Math.round(now() - started), time: now() });
  return left;
}

async function rollBackNode({ session, label, emit, ...options }: UpgradeRollBackOptions): Promise<string[]> {
  const { journal, plain } = session;
  const note = journal.upgrade;
  if (!note) return [];
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'recover', time: now() }));
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { client, admin } = options.context;
  const context = { ...options.context, client: client.withSignal(signal), admin: admin?.withSignal(signal) };
  const before = (await plain.clock()).now;
  const { left, restarts } = await restoreVersion(plain, journal, log);
  const restarted = restarts ? { before, after: (await plain.clock()).now } : { before: 0, after: 0 };
  log.info(`The files of ${note.from} are restored. Checking kubelet, edge-hub and pods`);
  const parts = { ...context, host: plain, restarted };
  const wait: Parameters<typeof waitUntilHealthy>[0]['waitFor'] = (each) => waitFor({ ...each, signal });
  try {
    const hub = await installedHub(plain, journal);
    const runtime = note.docker && 'docker';
    await waitUntilHealthy({ ...parts, hub, runtime, waitFor: wait }, note.from, note.pods, hub?.image);
    await restoreAnnotation(context, note);
    if (note.cordoned) await allowPods(context.admin, context.nodeName, log);
  } catch (error) {
    left.push(toEdgeadmError(error).message);
  }
  if (left.length === 0) await journal.forgetUpgrade();
  return left;
}

/**
 * Files and services as they were before the upgrade, which needs no cluster. The upgrade stays noted.
 * @returns what could not be restored, and whether the kubelet was restarted
 */
export async function restoreVersion(
  host: NodeHost,
  journal: Journal,
  log: PhaseLog,
): Promise<{ left: string[]; restarts: boolean }> {
  const units = journal.unitsSince('upgrade');
  const left: string[] = [];
  if (journal.upgrade?.docker && units.includes(PATHS.kubelet.unit))
    await removeContainerdPods(host, journal, log).catch((error: unknown) => left.push(toEdgeadmError(error).message));
  left.push(...(await rollBackChanges(host, journal, { since: 'upgrade' })));
  // One that did not stay up may have been given up by systemd; one whose containerd was restarted has to tell again.
  const { active } = await host.unit(PATHS.kubelet.unit);
  if (!active || (units.length > 0 && !units.includes(PATHS.kubelet.unit)))
    await host.restartUnit(PATHS.kubelet.unit).catch((error: unknown) => left.push(toEdgeadmError(error).message));
  return { left, restarts: !active || units.length > 0 };
}

/** Docker is to run the pods again, and each of them once. */
async function removeContainerdPods(host: NodeHost, journal: Journal, log: PhaseLog): Promise<void> {
  await host.stopUnit(PATHS.kubelet.unit);
  const runtime = { socket: PATHS.containerd.socket, unit: PATHS.containerd.unit };
  await removePods(host, runtime, { log, network: await podNetwork(host, journal) });
}

async function restoreAnnotation(
  { client, nodeName }: UpgradeRollBackOptions['context'],
  note: UpgradeNote,
): Promise<void> {
  const criSocket = note.docker?.criSocket;
  if (criSocket === undefined) return;
  const metadata = { annotations: { [CRI_SOCKET_ANNOTATION]: criSocket } };
  await client.patch<V1Node>(`/api/v1/nodes/${nodeName}`, { metadata });
}

/** The error of an upgrade that failed, in the two endings that it has. */
export function rolledBackError(
  phase: string,
  error: EdgeadmError,
  from: string,
  left: readonly string[],
): EdgeadmError {
  const what = `the upgrade failed in phase ${phase}`;
  const why = `${error.code}: ${error.message}`;
  if (left.length > 0) return notRecovered({ what: `${what}, and so did the rollback`, why, from, left, cause: error });
  return new EdgeadmError({
    code: 'UPGRADE_RECOVERED',
    what: `${what}; the node was rolled back`,
    why: `${why}\nkubelet ${from} is running again, and the node is Ready`,
    next: error.next,
    cause: error,
  });
}

/** The error of a node that is neither here nor there, with the command that tries the roll-back again. */
export function notRecovered(parts: {
  readonly what: string;
  readonly why?: string;
  readonly from: string;
  readonly left: readonly string[];
  readonly cause?: unknown;
}): EdgeadmError {
  const { what, why, from, left, cause } = parts;
  return new EdgeadmError({
    code: 'UPGRADE_NOT_RECOVERED',
    what,
    why: [why, `kubelet ${from} is not running, or could not be verified:`, ...new Set(left)]
      .filter(Boolean)
      .join('\n'),
    next: [
      'fix the problems above, then retry the rollback:',
      `edgeadm upgrade --target-version ${from}`,
      'a reset and a new join always work: edgeadm reset',
    ].join('\n'),
    cause,
  });
}
