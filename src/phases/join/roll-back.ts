import { isRandomName } from '../../config/grammar.ts';
import { CHOICES } from '../../host/journal/choices.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { notePodNetwork } from '../../host/pod-network.ts';
import { type Leftovers, rollBackChanges } from '../../host/roll-back.ts';
import type { EventSink } from '../../workflow/events.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import type { JoinContext } from './context.ts';
import { joinPhasesOf } from './index.ts';

export interface JoinRollBackOptions {
  readonly session: NodeSession;
  readonly context: JoinContext;
  readonly emit: EventSink;
  readonly label: string;
}

/**
 * Rolls back this join: everything on a node that was not joined before, only this run's changes on one
 * that was. A random name stays chosen, so that the next try asks for the same Node.
 * @returns what could not be restored; undefined if nothing had been changed
 */
export async function rollBackJoin({
  session,
  context,
  emit,
  label,
}: JoinRollBackOptions): Promise<Leftovers | undefined> {
  const { journal, plain } = session;
  const wasJoined = journal.joined !== undefined;
  const changes = journal.changedSince('joined');
  if (changes && !wasJoined) {
    await notePodNetwork(plain, journal);
    const pipeline = new Pipeline(joinPhasesOf((await plain.facts()).platform), {
      host: label,
      context: { ...context, host: plain },
      emit,
      signal: AbortSignal.timeout(120_000),
      wet: true,
    });
    await pipeline.rollBack();
  }
  const name = isRandomName(context.spec.nodeName) ? journal.choice(CHOICES.nodeName) : undefined;
  const left = changes ? await rollBackChanges(plain, journal, { since: 'joined' }) : [];
  if (left.length === 0 && !wasJoined) {
    if (name === undefined) await journal.erase();
    else await journal.forgetAllBut(name);
  }
  return changes ? left : undefined;
}
