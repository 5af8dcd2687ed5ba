import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';

const LOOK_EVERY_MS = 500;
/** A kubelet restarts a container that ended at once: one that ends for good has ended again by then. */
const GRACE_MS = 2000;
/** klog's fatal lines, what cobra says of a flag, and Go's panic; klog prints the stacks of all goroutines after one. */
const FATAL = /^F\d{4} |^Error: |^panic: /;
const LINES = 6;
/** After a fatal line klog prints the stacks of all goroutines. */
const SERVICE_LINES = 600;
const IN_USE = /address already in use/;
const PORTS_GRACE_MS = 60_000;

/** What is known of a hub that ends by itself, by its last words. */
const CAUSES: readonly (readonly [words: RegExp, next: string])[] = [
  [/node-pool-name is empty/, 'this edge-hub needs a node pool: join with --nodepool NAME'],
  [/discovery-token|CACertHashes/, 'this edge-hub needs the hash of the CA: join with a newer release of edgeadm'],
  [
    /unknown flag/,
    'this edge-hub is not of the version that the tag of its image (or --edge-hub-version) says: name the right one',
  ],
  [/dummy|ensure.*interface/i, 'the kernel has no dummy interfaces: load the module dummy, then join again'],
  [/certificate/, 'kubectl get csr: a request of this node may have to be approved'],
];

/** The newest log of each container of a hub, by its folder, without the runtime's columns. */
export async function hubLogs(host: Pick<Host, 'list' | 'read'>): Promise<Map<string, string>> {
  const logs = new Map<string, string>();
  for (const pod of await host.list(PATHS.pods.logs)) {
    if (!/^kube-system_(edge-hub|yurt-?hub)/.test(pod)) continue;
    for (const container of await host.list(`${PATHS.pods.logs}/${pod}`)) {
      const folder = `${PATHS.pods.logs}/${pod}/${container}`;
      const starts = (await host.list(folder)).flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? []).map(Number);
      const text = starts.length > 0 ? await host.read(`${folder}/${Math.max(...starts)}.log`) : undefined;
      if (text?.trim()) logs.set(folder, text.replace(/^\S+ std(?:out|err) [FP] /gm, '').trim());
    }
  }
  return logs;
}

/** The lines of the hub's log that say why it is not well: its fatal line first, and none of the flags it prints. */
export function hubComplaints(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !/\] FLAG: --/.test(line));
  const fatal = lines.findLastIndex((line) => FATAL.test(line));
  if (fatal < 0) return lines.slice(-LINES).join('\n');
  return [lines[fatal], ...lines.slice(Math.max(0, fatal - 2), fatal)].join('\n');
}

export function hasFatal(log: string): boolean {
  return log.split('\n').some((line) => FATAL.test(line));
}

/**
 * For waits for the hub: fails within seconds if the hub ends by itself, which the kubelet (or systemd) hides by
 * starting it again and again. The log of an earlier hub does not count.
 */
export function hubGuard(host: Host): () => Promise<void> {
  const guards = [podGuard(host), serviceGuard(host)];
  return async () => {
    for (const guard of guards) await guard();
  };
}

function podGuard(host: Host): () => Promise<void> {
  let before: Map<string, string> | undefined;
  let looked = Number.NEGATIVE_INFINITY;
  let fatalSince: number | undefined;
  return async () => {
    const now = performance.now();
    if (now - looked < LOOK_EVERY_MS) return;
    looked = now;
    const logs = await hubLogs(host).catch(() => new Map<string, string>());
    before ??= logs;
    const earlier = before;
    const ended = [...logs].find(([folder, log]) => log !== earlier.get(folder) && hasFatal(log))?.[1];
    fatalSince = ended === undefined ? undefined : (fatalSince ?? now);
    if (ended === undefined || fatalSince === undefined || now - fatalSince < GRACE_MS) return;
    throw endsByItself(hubComplaints(ended));
  };
}

function serviceGuard(host: Host): () => Promise<void> {
  let looked = Number.NEGATIVE_INFINITY;
  let downSince: number | undefined;
  return async () => {
    const now = performance.now();
    if (now - looked < LOOK_EVERY_MS) return;
    looked = now;
    const state = await host.unit(PATHS.edgeHub.unit).catch(() => undefined);
    if (!state?.exists || state.active || /^deactivating/.test(state.detail)) return;
    downSince ??= now;
    const log = await hubServiceLog(host);
    if (!hasFatal(log) && now - downSince < GRACE_MS) return;
    const complaints = hubComplaints(log);
    // The static pod that the service replaces takes its time to end.
    if (IN_USE.test(complaints) && now - downSince < PORTS_GRACE_MS) return;
    throw endsByItself(complaints || `${PATHS.edgeHub.unit} is ${state.detail}`);
  };
}

/**
 * What the service said since this program began, without what systemd says of it; it may have been started before the
 * wait for it.
 */
export async function hubServiceLog(host: Host): Promise<string> {
  const since = (await host.clock()).now - performance.now();
  const log = await host.unitLog(PATHS.edgeHub.unit, SERVICE_LINES, since);
  return withoutSystemd(log).trim();
}

/** Takes away systemd's own lines about the service. */
export function withoutSystemd(log: string): string {
  const lines = log.split('\n');
  return lines.filter((line) => !/^(yurthub\.service: |(Start|Stopp)(ed|ing) yurthub)/.test(line)).join('\n');
}

function endsByItself(complaints: string): EdgeadmError {
  return new EdgeadmError({
    code: 'EDGE_HUB_FAILED',
    what: 'the edge-hub ends by itself',
    why: complaints,
    next: CAUSES.find(([words]) => words.test(complaints.split('\n')[0] ?? ''))?.[1],
  });
}
