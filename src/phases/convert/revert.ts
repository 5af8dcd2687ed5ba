import { hubServiceMark } from '../../edge-hub/service-mark.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { ConversionNote, NotedChange } from '../../host/journal/entry.ts';
import type { Journal } from '../../host/journal/journal.ts';
import { NodeHost } from '../../host/node-host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { recorder } from '../../host/recorder.ts';
import { rollBackChanges } from '../../host/roll-back.ts';
import { ApiClient } from '../../kubernetes/api/client.ts';
import { now, phaseLog } from '../../workflow/events.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { Pipeline } from '../../workflow/pipeline.ts';
import { nodeCredentials } from '../node-credentials.ts';
import { waitForHubToEnd } from '../upgrade/edge-hub.ts';
import { getNode, waitUntilHealthy } from '../upgrade/node-health.ts';
import type { NodeOptions } from './context.ts';
import { REDIRECTED_FILES } from './kubelet.ts';

export interface ReversionResult {
  readonly nodeName: string | undefined;
  /** False if the node was not converted. */
  readonly changed: boolean;
}

interface ReversionContext {
  /** Without a journal of its own: a reversion is run again, not rolled back. */
  readonly host: Host;
  readonly journal: Journal;
  readonly note: ConversionNote;
  /** Speaks as the node, with the API server itself. */
  readonly client: ApiClient;
  readonly restarted: { before: number; after: number };
  readonly steadyMs?: number;
}

type Context = ReversionContext & PhaseTools;

/** A roll-back is not cut short by what cut the conversion short: it has a limit of its own. */
const TIMEOUT_MS = 300_000;

/** The kubelet first: until it speaks to the API server itself it needs the hub. */
const phases: readonly Phase<ReversionContext>[] = [
  { name: 'kubelet', title: 'Point the kubelet at the API server', run: restoreKubelet },
  {
    name: 'hub-end',
    title: 'Wait for the static pod of the edge-hub to end',
    when: ({ host }) => host.runsUnits || 'nothing runs on a scratch root',
    check: async ({ host }) => (await host.unit(PATHS.edgeHub.unit)).exists,
    run: ({ host, waitFor }) => waitForHubToEnd(host, waitFor),
  },
  { name: 'edge-hub', title: 'Remove the edge-hub', run: restoreRest },
  {
    name: 'verify',
    title: 'Verify the node',
    when: ({ host }) => host.runsUnits || 'nothing runs on a scratch root',
    run: verify,
  },
  { name: 'labels', title: 'Restore the labels of the node', run: restoreLabels },
  {
    name: 'forget',
    title: 'Delete the journal of the conversion',
    run: async ({ journal, wet }) => {
      if (wet) await journal.forgetConversion();
    },
  },
];

/**
 * Makes of a converted node again what another tool had joined.
 * @throws EdgeadmError REVERT_INCOMPLETE; the same command continues. API_UNREACHABLE before the first change
 */
export async function revert(options: NodeOptions): Promise<ReversionResult> {
  const { session, dryRun, emit, label, confirm, signal } = options;
  const { journal } = session;
  const { conversion: note, joined } = journal;
  if (!note) {
    await refuseForeign(session.host, joined?.node);
    if (!dryRun && journal.hasOnlyRuns) await journal.erase();
    return { nodeName: undefined, changed: false };
  }
  const tell = (action: string, diff?: string): void =>
    emit({ type: 'plan', action, diff, host: label, phase: '', time: now() });
  const plain = new NodeHost(session.machine, undefined, journal);
  const host = dryRun ? recorder(plain, tell) : plain;
  await confirm?.(`node ${note.node}`);
  const client = await clientOf(host, { signal, plan: dryRun ? tell : undefined });
  try {
    // A kubelet that is sent to an API server that does not answer would lose its pods at the next restart.
    await getNode({ client, nodeName: note.node }, signal);
    await runPhases(options, { host, client }, note, signal);
  } finally {
    client.close();
  }
  return { nodeName: note.node, changed: true };
}

/**
 * The same, for a conversion that failed.
 * @returns what could not be restored
 */
export async function rollBackConversion(options: NodeOptions): Promise<string[]> {
  const { plain, journal } = options.session;
  const note = journal.conversion;
  if (!note) return [];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const client = await clientOf(plain, { signal });
  try {
    await runPhases({ ...options, dryRun: false }, { host: plain, client }, note, signal);
    return [];
  } catch (error) {
    return [toEdgeadmError(error).message];
  } finally {
    client.close();
  }
}

async function runPhases(
  { session, label, emit, dryRun, steadyMs }: NodeOptions,
  { host, client }: Pick<ReversionContext, 'host' | 'client'>,
  note: ConversionNote,
  signal: AbortSignal,
): Promise<void> {
  const { journal } = session;
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'revert', time: now() }));
  const context = { host, journal, note, client, restarted: { before: 0, after: 0 }, steadyMs };
  await new Pipeline(phases, { host: label, context, emit, signal, wet: !dryRun }).run();
  log.debug('everything that the conversion changed is as before');
}

async function clientOf(host: Host, options: { signal: AbortSignal; plan?: (action: string) => void }) {
  const credentials = await nodeCredentials(host);
  if (!credentials)
    throw new EdgeadmError({
      code: 'REVERT_INCOMPLETE',
      what: 'the node no longer has a certificate of its cluster',
      next: 'edgeadm reset --force, then join it again',
    });
  return new ApiClient(credentials.connection, (address, more) => host.connect(address, more), options);
}

/** @throws EdgeadmError CONVERT_REFUSED for a node that OpenYurt's own tools have converted */
async function refuseForeign(host: Host, joined: string | undefined): Promise<void> {
  const isForeign = joined === undefined && (await host.stat(PATHS.edgeHub.unitFile)) !== undefined;
  if (joined === undefined && !isForeign) return;
  throw new EdgeadmError({
    code: 'CONVERT_REFUSED',
    what: 'edgeadm has not converted this node',
    why: isForeign
      ? `${PATHS.edgeHub.unitFile} belongs to another tool: edgeadm has no journal of the previous state`
      : `it was joined as ${joined}, and its edge-hub is part of the join`,
    next: isForeign ? "revert it with OpenYurt's own tool (node-servant revert)" : 'edgeadm reset',
  });
}

async function restoreKubelet({ host, journal, restarted }: Context): Promise<void> {
  const restarts = journal.unitsSince('conversion').includes(PATHS.kubelet.unit);
  restarted.before = restarts ? (await host.clock()).now : 0;
  await restore(host, journal, (change) => !concernsKubelet(change));
  restarted.after = restarts ? (await host.clock()).now : 0;
}

/** Its files, its service, and the manifest by which it runs the hub. */
function concernsKubelet(change: NotedChange): boolean {
  if (change.kind === 'service') return change.unit === PATHS.kubelet.unit;
  if (change.kind !== 'file') return false;
  return REDIRECTED_FILES.includes(change.path) || change.path.startsWith(`${PATHS.kubernetes.manifests}/`);
}

async function restoreRest({ host, journal }: Context): Promise<void> {
  await restore(host, journal);
  if (host.runsUnits) await host.reloadUnits();
}

async function restore(host: Host, journal: Journal, keep?: (change: NotedChange) => boolean): Promise<void> {
  const left = await rollBackChanges(host, journal, { since: 'conversion', keep });
  if (left.length === 0) return;
  throw new EdgeadmError({
    code: 'REVERT_INCOMPLETE',
    what: 'some changes of the conversion could not be rolled back',
    why: left.join('\n'),
  });
}

async function verify({ host, client, note, restarted, steadyMs, waitFor, signal }: Context): Promise<void> {
  const node = await getNode({ client, nodeName: note.node }, signal);
  const version = node.status?.nodeInfo?.kubeletVersion ?? '';
  const parts = { host, client, nodeName: note.node, restarted, steadyMs, waitFor };
  await waitUntilHealthy(parts, version, note.pods);
}

async function restoreLabels({ client, note, signal }: Context): Promise<void> {
  const metadata = { labels: note.labels, annotations: hubServiceMark(undefined) };
  await client.patch(`/api/v1/nodes/${note.node}`, { metadata }, { signal });
}
