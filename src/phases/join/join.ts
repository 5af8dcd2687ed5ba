import type { BundleStore } from '../../artifacts/bundle-store.ts';
import type { JoinSpec } from '../../config/spec.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { Journal } from '../../host/journal/journal.ts';
import type { NodeSession } from '../../host/node-session.ts';
import { recorder } from '../../host/recorder.ts';
import { PendingRequest } from '../../kubernetes/csr/certificate-signing.ts';
import { type EventSink, now, phaseLog } from '../../workflow/events.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { SourceReply } from './ask-source.ts';
import { clusterView } from './cluster-view.ts';
import type { JoinContext } from './context.ts';
import type { Continuation } from './continuation.ts';
import { credentials } from './credentials.ts';
import { joinPhasesOf } from './index.ts';
import { kubectlPhase } from './install-kubectl.ts';
import { nodeView } from './node-view.ts';
import { refuseForeignMembership } from './preflight.ts';
import { rollBackJoin } from './roll-back.ts';
import { settleNode } from './settle.ts';

export interface JoinOptions {
  readonly spec: JoinSpec;
  /** What the cloud says of cluster and node; undefined if the command line tells it. */
  readonly reply?: SourceReply;
  readonly session: NodeSession;
  /** What users call the host. */
  readonly label: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Shared by all hosts of a command; its owner closes it. */
  readonly bundles: BundleStore;
  readonly confirm?: JoinContext['confirm'];
  /** If the node needs a reboot: reboot it, and have this continue. */
  readonly continuation?: Continuation;
  /** Only this phase (`join phase NAME`). */
  readonly only?: string;
}

/** What became of the node. */
export interface JoinResult {
  readonly nodeName: string;
  /** HOST:PORT of the API server, as requested. */
  readonly apiServer: string;
  /** Whether the Node object says so; undefined if it was not looked at. */
  readonly ready?: boolean;
  /** False if the node already was as it should be. */
  readonly changed: boolean;
}

/**
 * Joins one node. If it fails, the node is restored; if it is interrupted, the
 * same command continues.
 * @throws EdgeadmError of the phase that failed
 */
export async function join(options: JoinOptions): Promise<JoinResult> {
  const { spec, session, label, emit, signal, dryRun } = options;
  const start = session.journal.mark();
  const opened = openContext(options);
  const { platform } = await session.host.facts();
  const pipeline = new Pipeline(joinPhasesOf(platform), {
    host: label,
    context: opened.context,
    emit,
    signal,
    wet: !dryRun,
    skip: spec.skipPhases,
    only: options.only,
    onPhase: (name) => {
      session.host.phase = name;
    },
  });
  try {
    refuseDuringUpgrade(session.journal);
    refuseConverted(session.journal);
    await refuseForeignMembership(opened.context);
    await pipeline.run();
    const log = phaseLog((body) => emit({ ...body, host: label, phase: 'post-check', time: now() }));
    await settleNode(opened.context.host, log);
    const nodeName = await opened.context.node.name();
    if (!dryRun && options.only === undefined && pipeline.done.includes('join-node'))
      await noteJoined(options, opened.context, nodeName);
    return {
      nodeName,
      apiServer: (spec.apiServers[0] ?? '').replace(/^https:\/\//, ''),
      ready: opened.context.seen.ready,
      changed: session.journal.changedSince(start),
    };
  } catch (thrown) {
    const error = toEdgeadmError(thrown);
    // What another join did must not be rolled back by this one.
    const ours = !dryRun && options.only === undefined && error.code !== 'ALREADY_JOINED';
    throw ours ? await afterFailure(options, opened.context, error) : error;
  } finally {
    opened.close();
  }
}

/** Its changes come after the last join in the journal: a failed join would roll them back as its own. */
function refuseDuringUpgrade({ upgrade }: Journal): void {
  if (!upgrade) return;
  throw new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: `an upgrade of this node from ${upgrade.from} to ${upgrade.to} was not completed`,
    why: `it started at ${upgrade.time}`,
    next: `to continue: edgeadm upgrade --target-version ${upgrade.to}; to roll back: edgeadm upgrade --target-version ${upgrade.from}`,
  });
}

/** Its journal begins where another tool had joined the node. */
function refuseConverted({ conversion }: Journal): void {
  if (!conversion) return;
  throw new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: `the node ${conversion.node} was joined with another tool and converted to an edge node`,
    why: `its conversion started at ${conversion.time}`,
    next: 'edgeadm revert, then edgeadm reset and the same command again',
  });
}

/** What phases work with; `close` ends connections. */
export function openContext(options: Omit<JoinOptions, 'only'>): { context: JoinContext; close(): void } {
  const { spec, reply, session, label, emit, signal, dryRun } = options;
  const tell = (action: string, diff?: string): void =>
    emit({ type: 'plan', action, diff, host: label, phase: session.host.phase, time: now() });
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'join', time: now() }));
  const host = dryRun ? recorder(session.host, tell) : session.host;
  const cluster = clusterView(spec, host, { plan: dryRun ? tell : undefined, signal });
  const node = nodeView({ ...options, host, journal: session.journal, name: reply?.nodeName, log });
  const asked = credentials({ host, cluster, node, log, signal });
  const callback = reply && callbackOf(reply, session.journal, dryRun ? tell : undefined);
  const { confirm, continuation } = options;
  const context = {
    spec,
    host,
    cluster,
    node,
    credentials: asked,
    endpoint: reply?.source.endpoint,
    callback,
    confirm,
    continuation,
    seen: {},
  };
  return { context, close: () => cluster.close() };
}

/** It is reported again only if something has changed since; in a dry run `plan` shows it instead. */
function callbackOf(
  { source, answer }: SourceReply,
  journal: Journal,
  plan?: (action: string) => void,
): JoinContext['callback'] {
  const send = answer.callback;
  if (!send) return undefined;
  const started = performance.now();
  return {
    // kubectl is installed after the report, in the same run.
    isDue: () => !journal.wasReported || journal.changedByOthersSince('reported', [kubectlPhase.name]),
    send: async (nodeName, signal) => {
      if (plan) return plan(`notify ${source.name} that the node has joined`);
      await send({ nodeName, status: 'joined', durationMs: Math.round(performance.now() - started) }, signal);
      await journal.noteReported();
    },
  };
}

async function noteJoined(
  { session, emit, label }: JoinOptions,
  { cluster }: JoinContext,
  node: string,
): Promise<void> {
  const { caHash } = await cluster.trusted();
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'post-check', time: now() }));
  await session.journal.noteJoined({ cluster: caHash, node });
  log.vendor(VENDOR.joined);
}

async function afterFailure(options: JoinOptions, context: JoinContext, error: EdgeadmError): Promise<EdgeadmError> {
  const interrupted = error.code === 'INTERRUPTED';
  // A roll-back would take the key away, and the next run would wait for the approval of another request, forever. After
  // a reboot the join continues with what it did before.
  if (error.cause instanceof PendingRequest || error.code === 'REBOOT_NEEDED') return error;
  if (options.session.journal.hasChanges && (interrupted || !options.spec.rollbackOnFailure)) {
    const again = 'run the same command again to continue, or edgeadm reset';
    const next = interrupted ? again : [error.next, `then ${again}`].filter(Boolean).join('\n');
    const kept = interrupted ? '' : 'the node was not rolled back (--no-rollback-on-failure)';
    const why = [error.why, kept].filter(Boolean).join('\n');
    return new EdgeadmError({ ...error.toJSON(), why, next, cause: error });
  }
  const left = await rollBackJoin({ ...options, context });
  if (left === undefined) return error;
  if (left.length === 0)
    return new EdgeadmError({
      ...error.toJSON(),
      why: [error.why, 'the node was rolled back'].filter(Boolean).join('\n'),
      next: `${error.next}\nto keep the failed state for inspection, rerun with --no-rollback-on-failure`,
      cause: error,
    });
  return new EdgeadmError({
    ...error.toJSON(),
    why: [error.why, 'the node could not be rolled back completely:', ...left].filter(Boolean).join('\n'),
    next: ['edgeadm reset', `then: ${error.next}`].join('\n'),
    cause: error,
  });
}
