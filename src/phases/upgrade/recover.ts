import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
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

/**
 * Puts the version before back, waits until it works, and lets pods in again. Only then is the upgrade forgotten: a
 * roll-back that was killed is found by the next call.
 * @returns what does not work or could not be put back; empty where all is as it was
 */
export async function recover({ session, context, label, emit }: RecoverOptions): Promise<string[]> {
  const { journal, plain } = session;
  const note = journal.upgrade;
  const begun = journal.entries.findIndex(({ kind }) => kind === 'upgrade');
  if (!note) return [];
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'recover', time: now() }));
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const touched = journal.entries.slice(begun).some((entry) => entry.kind === 'service');
  const since = touched ? Math.floor((await plain.clock()).now / 1000) : 0;
  const left: string[] = await revert(plain, journal, begun + 1);
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
    why: [why, `kubelet ${from} does not work again:`, ...left].join('\n'),
    cause: error,
  });
}
