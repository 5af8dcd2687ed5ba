import { removeStaleScratch } from '../../artifacts/scratch.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { journalUnreadable } from '../../host/journal/damage.ts';
import { localMachine } from '../../host/local.ts';
import { NodeHost } from '../../host/node-host.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { recorder } from '../../host/recorder.ts';
import { clientFromKubeconfig } from '../../kubernetes/kubeconfig/kubeconfig.ts';
import { type EventSink, now } from '../../workflow/events.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import type { ResetContext, ResetSpec } from './context.ts';
import { resetPhasesOf } from './index.ts';
import { nodeTraces } from './node-traces.ts';

export interface ResetOptions {
  readonly spec: ResetSpec;
  readonly session: NodeSession;
  /** What users call the host. */
  readonly label: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly confirm?: ResetContext['confirm'];
}

export interface ResetResult {
  readonly nodeName: string;
  /** False if the node was never joined. */
  readonly changed: boolean;
}

/**
 * Takes one node out of its cluster and restores the machine to its state before the join.
 * @throws EdgeadmError of the phase that failed; the same command continues where it stopped
 */
export async function reset(options: ResetOptions): Promise<ResetResult> {
  const { spec, session, label, emit, signal, dryRun } = options;
  const tell = (action: string, diff?: string): void =>
    emit({ type: 'plan', action, diff, host: label, phase: '', time: now() });
  const planWrite = dryRun ? tell : undefined;
  const plain = new NodeHost(session.machine, undefined, session.journal);
  const host = dryRun ? recorder(plain, tell) : plain;
  const { journal } = session;
  await refuseWithoutRoot(host);
  if (journal.damage && !journal.damage.readable && !spec.force) throw journalUnreadable(journal.damage);
  const node = await nodeTraces(host, journal);
  const admin =
    spec.kubeconfig &&
    (await clientFromKubeconfig(spec.kubeconfig, localMachine().connect, { plan: planWrite, signal }));
  const context = { spec, host, journal, node, planWrite, confirm: options.confirm, admin: admin || undefined };
  try {
    await new Pipeline(resetPhasesOf((await host.facts()).platform), {
      host: label,
      context,
      emit,
      signal,
      wet: !dryRun,
    }).run();
    if (!dryRun) await removeStaleScratch();
    return { nodeName: node.name, changed: node.joinedBy !== undefined };
  } finally {
    context.admin?.close();
  }
}

/** Without root the node's state cannot even be read. @throws EdgeadmError NOT_PRIVILEGED */
async function refuseWithoutRoot(host: Host): Promise<void> {
  const { uid } = await host.facts();
  if (!host.runsPrograms || uid === 0) return;
  throw new EdgeadmError({
    code: 'NOT_PRIVILEGED',
    what: 'reset requires root on the node',
    why: `the user id is ${uid}`,
  });
}

/** @throws EdgeadmError USAGE if what was requested needs a kubeconfig and none is given */
export function checkResetSpec(spec: ResetSpec): void {
  const without = [spec.drain && '--drain', spec.deleteNode && '--delete-node'].filter(Boolean);
  if (spec.kubeconfig !== undefined || without.length === 0) return;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `${without.join(' and ')} cannot be used without --kubeconfig`,
    why: 'a node has no permission to do this with its own certificate',
  });
}
