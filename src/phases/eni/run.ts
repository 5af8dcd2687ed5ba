import type { CloudCaller } from '../../cloud/caller.ts';
import { ens } from '../../cloud/ens.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { formatDuration } from '../../lib/duration.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { type EventSink, now as eventTime, type PhaseLog, phaseLog } from '../../workflow/events.ts';
import type { Phase } from '../../workflow/phase.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import { type EdgeNode, removeCordon } from './cluster-node.ts';
import type { BindPlan, BindSpec, EniContext, EniFacts, ReleaseSpec } from './context.ts';
import { cordonedNode } from './drain.ts';
import { bindPhases, releasePhases } from './index.ts';
import { type LeftOverSpec, leftOver } from './left-over.ts';
import { setPowerState } from './power.ts';
import { downtimeOf } from './verify.ts';

const LIST_TIMEOUT_MS = 60_000;
const UNCORDON_TIMEOUT_MS = 30_000;

export interface EniOptions<S> {
  readonly spec: S;
  /** With the door of the dry run, if it is one. */
  readonly caller: CloudCaller;
  readonly cluster?: ApiClient;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly assumeYes: boolean;
  readonly ask?: (question: string) => Promise<boolean>;
  /** Milliseconds since 1970; default: the clock. */
  readonly now?: () => number;
  readonly paceMs?: readonly [number, number];
  readonly listDelayMs?: number;
}

export interface EniResult {
  readonly instanceId: string;
  readonly changed: boolean;
  /** Milliseconds; undefined if the instance was not stopped. */
  readonly downtimeMs?: number;
  /** Those on the instance that edgeadm bought, or with `--reuse-available` all secondary ones. */
  readonly attached: readonly string[];
  readonly plan: BindPlan | undefined;
}

/**
 * Gives an instance the ENIs requested. The same call continues where an earlier one stopped, wherever that was.
 * @throws EdgeadmError of the phase that failed; the instance runs again (INSTANCE_NOT_RUNNING if not), and what was
 * bought and is not attached is named
 */
export async function bind(options: EniOptions<BindSpec>): Promise<EniResult> {
  const { spec } = options;
  const facts = await run(bindPhases, options);
  const attached = facts.attached ?? facts.plan?.attached ?? [];
  return {
    instanceId: spec.instanceId,
    changed: facts.agreed,
    downtimeMs: downtimeOf(facts),
    attached: attached.map(({ id }) => id),
    plan: facts.plan,
  };
}

/** The opposite of {@link bind}: detaches and deletes it. @throws EdgeadmError as bind does */
export async function release(options: EniOptions<ReleaseSpec>): Promise<Omit<EniResult, 'attached' | 'plan'>> {
  const facts = await run(releasePhases, options);
  return { instanceId: options.spec.instanceId, changed: facts.agreed, downtimeMs: downtimeOf(facts) };
}

async function run<S extends { readonly instanceId: string; readonly region: string }>(
  phases: readonly Phase<EniContext<S>>[],
  options: EniOptions<S>,
): Promise<EniFacts> {
  const { spec, caller, emit, signal, dryRun, paceMs = [200, 3000], listDelayMs = 10_000 } = options;
  const host = spec.instanceId;
  const log = phaseLog((body) => emit({ ...body, host, phase: 'eni', time: eventTime() }));
  const say = (line: string): void =>
    dryRun ? emit({ type: 'plan', action: line, host, phase: '', time: eventTime() }) : log.info(line);
  const facts: EniFacts = { agreed: false, ready: [], refused: new Map() };
  const context: EniContext<S> = {
    spec,
    ens: ens(caller, signal),
    cluster: options.cluster,
    facts,
    say,
    ask: options.ask,
    assumeYes: options.assumeYes,
    now: options.now ?? Date.now,
    paceMs,
    listDelayMs,
  };
  try {
    await new Pipeline(phases, { host, context, emit, signal, wet: !dryRun }).run();
    return facts;
  } catch (error) {
    if (!facts.agreed) throw error;
    throw await bringBack({ ...context, ens: ens(caller) }, toEdgeadmError(error), log);
  }
}

type Agreed = EniContext<LeftOverSpec>;

/** After a failure, and after an interrupt: the instance runs again, and what is left over is named. */
async function bringBack(context: Agreed, error: EdgeadmError, log: PhaseLog): Promise<EdgeadmError> {
  const { spec, ens, cluster, facts, paceMs, now } = context;
  const node = cordonedNode(facts);
  const down = await setPowerState(ens, spec.instanceId, 'Running', { paceMs, code: 'INSTANCE_NOT_RUNNING' }).then(
    () => undefined,
    (thrown: unknown) => toEdgeadmError(thrown),
  );
  if (!down && facts.stoppedAt !== undefined && facts.runningAt === undefined)
    log.info(`${spec.instanceId} was down for ${formatDuration(now() - facts.stoppedAt)}.`);
  // What ended the command does not end this.
  const free = cluster?.withSignal(AbortSignal.timeout(UNCORDON_TIMEOUT_MS));
  if (!down && free && node)
    await removeCordon(free, node.name).catch((thrown: Error) =>
      log.warning(`${node.name} stays cordoned: ${thrown.message}`),
    );
  const end = down ? notRunning(spec.instanceId, { first: error, last: down, node }) : error;
  return facts.plan && end.code !== 'ENI_INCOMPLETE' ? withLeftOver(context, facts.plan, end) : end;
}

function notRunning(
  instanceId: string,
  { first, last, node }: { readonly first: EdgeadmError; readonly last: EdgeadmError; readonly node?: EdgeNode },
): EdgeadmError {
  const cordon = node ? [`node ${node.name} stays cordoned until the same command completes`] : [];
  return new EdgeadmError({
    code: 'INSTANCE_NOT_RUNNING',
    what: `${instanceId} is not running`,
    why: [`first: ${first.message}`, `then: ${last.message}`, ...cordon].join('\n'),
    cause: first,
  });
}

/** The error, with what was bought and is not attached. */
async function withLeftOver({ spec, ens, facts, paceMs }: Agreed, plan: BindPlan, error: EdgeadmError) {
  const { networkId } = facts.inspection?.instance ?? {};
  const interfaces = await waitFor({
    what: 'the list of ENIs',
    timeoutMs: LIST_TIMEOUT_MS,
    intervalMs: paceMs,
    probe: async () => ({ done: await ens.interfaces({ networkId }).catch(unlessRefused) }),
  }).catch(() => undefined);
  const wanted = { ...spec, eniNumber: plan.attached.length + plan.attach.length + plan.buy.length };
  const [left, ...commands] = interfaces ? leftOver(wanted, interfaces) : notKnown(spec, plan);
  if (!left) return error;
  const down = error.code === 'INSTANCE_NOT_RUNNING';
  const why = [error.why, !down && `${spec.instanceId} is running`, left].filter(Boolean).join('\n');
  const next = [...(down ? [error.next] : []), ...commands].join('\n') || undefined;
  return new EdgeadmError({ code: error.code, what: error.what, why, next, cause: error.cause });
}

/** Who may not see the list is not let in a minute later either. */
function unlessRefused(thrown: unknown): undefined {
  if (!['CLOUD_CREDENTIALS', 'CLOUD_REFUSED'].includes(toEdgeadmError(thrown).code)) throw thrown;
}

/** What to say of it where the list cannot be read. */
function notKnown({ instanceId, region }: LeftOverSpec, { attach, buy }: BindPlan): string[] {
  const names = [...attach.map(({ id }) => id), ...buy];
  if (names.length === 0) return [];
  const list = `edgeadm eni list --instance ${instanceId} --region ${region}`;
  return [`it is unknown which of ${names.join(', ')} were bought but not attached: ${list}`];
}
