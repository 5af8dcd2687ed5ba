import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { Journal } from '../../host/journal.ts';
import type { NodeHost } from '../../host/node-host.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { revert } from '../../host/revert.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { type EventSink, now, phaseLog } from '../../workflow/events.ts';
import type { UpgradeContext } from './context.ts';
import { allowPods } from './drain.ts';
import { waitUntilHealthy } from './node-health.ts';

export interface RecoverOptions {
  readonly session: NodeSession;
  readonly context: Pick<UpgradeContext, 'client' | 'admin' | 'nodeName' | 'hub'>;
  readonly label: string;
  readonly emit: EventSink;
}

/** A roll-back is not cut short by what cut the upgrade short. */
const TIMEOUT_MS = 300_000;
const KUBELET = 'kubelet.service';

/**
 * Puts the version before back, waits until it works, and lets pods in again. Only then is the upgrade forgotten: a
 * roll-back that was killed is found by the next call.
 * @returns what does not work or could not be put back; empty where all is as it was
 */
export async function recover(options: RecoverOptions): Promise<string[]> {
  const { session, label, emit } = options;
  const { upgrade: note } = session.journal;
  if (!note) return [];
  const tell = { host: label, phase: 'recover' };
  const started = now();
  emit({ ...tell, type: 'phase-start', title: `Take the node back to ${note.from}`, time: started });
  const left = await takeBack(options).catch((error: unknown) => [toEdgeadmError(error).message]);
  const outcome = left.length === 0 ? 'done' : 'failed';
  emit({ ...tell, type: 'phase-end', outcome, durationMs: Math.round(now() - started), time: now() });
  return left;
}

async function takeBack({ session, context, label, emit }: RecoverOptions): Promise<string[]> {
  const { journal, plain } = session;
  const note = journal.upgrade;
  const begun = begunAt(journal);
  if (!note) return [];
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'recover', time: now() }));
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const touched = journal.entries.slice(begun).some((entry) => entry.kind === 'service');
  const since = touched ? Math.floor((await plain.clock()).now / 1000) : 0;
  const left = await putBack(plain, journal);
  log.info(`The files of ${note.from} are back. Checking kubelet, edgehub and pods`);
  const parts = { ...context, host: plain, restarted: { since } };
  const wait: Parameters<typeof waitUntilHealthy>[0]['waitFor'] = (each) => waitFor({ ...each, signal });
  try {
    await waitUntilHealthy({ ...parts, waitFor: wait }, note.from, note.pods);
    if (note.cordoned) await allowPods(context.admin, context.nodeName, log);
  } catch (error) {
    left.push(toEdgeadmError(error).message);
  }
  if (left.length === 0) await journal.rewrite(journal.entries.slice(0, begun));
  return left;
}

/**
 * Files and services as they were before the upgrade, which needs no cluster. The upgrade stays noted.
 * @returns what could not be put back
 */
export async function putBack(host: NodeHost, journal: Journal): Promise<string[]> {
  const left: string[] = await revert(host, journal, begunAt(journal) + 1);
  // A kubelet that did not stay up may have been given up by systemd since.
  if (!(await host.unit(KUBELET)).active)
    await host.startUnit(KUBELET).catch((error: unknown) => left.push(toEdgeadmError(error).message));
  return left;
}

function begunAt(journal: Journal): number {
  return journal.entries.findIndex(({ kind }) => kind === 'upgrade');
}

/** The error of an upgrade that failed, in the two endings that it has. */
export function recoveredError(
  phase: string,
  error: EdgeadmError,
  from: string,
  left: readonly string[],
): EdgeadmError {
  const what = `upgrade kubelet failed at phase ${phase}, recover to previous state`;
  const why = `${error.code}: ${error.message}`;
  if (left.length === 0) {
    const next = `${error.next}\nthe node was recovered: kubelet ${from} runs again and the node is Ready`;
    return new EdgeadmError({ code: 'UPGRADE_RECOVERED', what, why, next, cause: error });
  }
  return new EdgeadmError({
    code: 'UPGRADE_NOT_RECOVERED',
    what: `${what}: the node was not recovered`,
    why: [why, `kubelet ${from} is not back, or not known to work:`, ...new Set(left)].join('\n'),
    next: [
      'mend what is named, then take the node back once more:',
      `edgeadm upgrade --target-version ${from}`,
      'a reset and a new join always work: edgeadm reset',
    ].join('\n'),
    cause: error,
  });
}
