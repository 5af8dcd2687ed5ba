import { hubFormOf, nameOfHub } from '../../edge-hub/releases.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import { recorder } from '../../host/recorder.ts';
import { now, phaseLog } from '../../workflow/events.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import { settleNode } from '../join/settle.ts';
import type { ConversionContext, ConversionOptions } from './context.ts';
import { conversionPhases } from './index.ts';
import { openConversion } from './open-node.ts';
import { rollBackConversion } from './revert.ts';

export interface ConversionResult {
  readonly nodeName: string;
  readonly edgeHub: string;
  readonly edgeHubAs: 'pod' | 'service';
  /** False if the node already was as it should be. */
  readonly changed: boolean;
}

/**
 * Makes an edge node of a node that another tool has joined. If it fails, the node is as before; if it is interrupted,
 * the same command continues.
 * @throws EdgeadmError of the phase that failed
 */
export async function convert(options: ConversionOptions): Promise<ConversionResult> {
  const { session, label, emit, dryRun } = options;
  const { journal } = session;
  const start = journal.mark();
  const wasConverted = journal.isConverted;
  const plan = (action: string, diff?: string): void =>
    emit({ type: 'plan', action, diff, host: label, phase: session.host.phase, time: now() });
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'convert', time: now() }));
  if (!dryRun) await journal.prune();
  const host = dryRun ? recorder(session.host, plan) : session.host;
  const context = await openConversion({ ...options, host, log, plan: dryRun ? plan : undefined });
  try {
    await runPhases(options, context);
    await settleNode(host, log);
    const changed = journal.changedSince(start);
    if (!dryRun) await journal.completeConversion();
    const { nodeName, hub } = context;
    return { nodeName, edgeHub: nameOfHub(hub), edgeHubAs: hubFormOf(hub), changed };
  } catch (thrown) {
    throw await afterFailure(options, toEdgeadmError(thrown), wasConverted);
  } finally {
    context.client.close();
  }
}

async function runPhases({ session, label, emit, signal, dryRun }: ConversionOptions, context: ConversionContext) {
  const onPhase = (name: string): void => {
    session.host.phase = name;
  };
  await new Pipeline(conversionPhases, { host: label, context, emit, signal, wet: !dryRun, onPhase }).run();
}

async function afterFailure(
  options: ConversionOptions,
  error: EdgeadmError,
  wasConverted: boolean,
): Promise<EdgeadmError> {
  if (options.dryRun || !options.session.journal.conversion) return error;
  if (error.code === 'INTERRUPTED')
    return withMore(error, [], ['run the same command again to continue, or edgeadm revert']);
  if (wasConverted) return withMore(error, ['the node stays converted'], [error.next]);
  const left = await rollBackConversion(options).catch((thrown: unknown) => [toEdgeadmError(thrown).message]);
  if (left.length === 0) return withMore(error, ['the node was rolled back'], [error.next]);
  return withMore(error, ['the node could not be rolled back completely:', ...left], ['edgeadm revert', error.next]);
}

function withMore(error: EdgeadmError, why: readonly string[], next: readonly (string | undefined)[]): EdgeadmError {
  return new EdgeadmError({
    ...error.toJSON(),
    why: [error.why, ...why].filter(Boolean).join('\n'),
    next: next.filter(Boolean).join('\n') || undefined,
    cause: error,
  });
}
