import type { JoinSource, SourceAnswer } from '../../cloud/join-source.ts';
import { refuseNodeLabel } from '../../config/grammar.ts';
import type { JoinDraft } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { recorder } from '../../host/recorder.ts';
import { type EventSink, now, phaseLog } from '../../workflow/events.ts';
import { chooseNodeName } from './node-name.ts';
import { membershipOf } from './node-view.ts';

export interface AskOptions {
  readonly source: JoinSource;
  readonly draft: JoinDraft;
  readonly session: { readonly host: Host; readonly journal: NodeSession['journal'] };
  /** What users call the host. */
  readonly label: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

/** What a join is given of it. */
export interface SourceReply {
  readonly source: JoinSource;
  readonly answer: SourceAnswer;
  readonly nodeName: string;
}

/**
 * Asks which cluster the node is to join, before anything on it is changed. A random name is chosen, and stored, before
 * it is sent.
 * @throws EdgeadmError of a cloud API; USAGE if the node has no name
 */
export async function askSource(options: AskOptions): Promise<SourceReply> {
  const { source, draft, session, label, emit, signal, dryRun } = options;
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'join', time: now() }));
  const host = dryRun ? recorder(session.host, () => {}) : session.host;
  const name = await chooseNodeName(draft, host, log);
  const { nodePool } = membershipOf(session.journal) ?? {};
  const node = { host, name, draft, nodePool, dryRun, log, signal };
  const { pool, ...answer } = await source.resolve(node).catch((error: unknown) => {
    throw signal.aborted ? interrupted(signal.reason) : error;
  });
  return { source, answer: { ...answer, pool: withoutReserved(pool, log.warning) }, nodeName: name };
}

/** Of a join that had not begun. */
function interrupted(reason: unknown): EdgeadmError {
  if (reason instanceof EdgeadmError) return reason;
  const what = 'interrupted while asking which cluster to join';
  return new EdgeadmError({ code: 'INTERRUPTED', what, why: 'the node was not changed', cause: reason });
}

/** A node pool may have labels that only an administrator can set: those are not worth a node. */
function withoutReserved(pool: SourceAnswer['pool'], warn: (text: string) => void): SourceAnswer['pool'] {
  const labels = Object.entries((pool.labels ?? {}) as Record<string, string>);
  for (const [key] of labels) {
    const refusal = refuseNodeLabel(key);
    if (refusal) warn(`A label of the node pool is ignored: ${refusal}`);
  }
  return { ...pool, labels: Object.fromEntries(labels.filter(([key]) => !refuseNodeLabel(key))) };
}
