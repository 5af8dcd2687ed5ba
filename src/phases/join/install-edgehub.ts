import type { Host } from '../../host/host.ts';
import type { OperatingSystem } from '../../host/host-facts.ts';
import { PATHS } from '../../host/node-paths.ts';
import { probe as probePort } from '../../http/index.ts';
import { ApiClient } from '../../kubernetes/api/client.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { JoinContext } from './context.ts';
import { hasFatal, hubComplaints, hubGuard, hubLogs, hubServiceLog } from './hub-guard.ts';
import { kubeletGuard, kubeletTrouble } from './kubelet-guard.ts';

export const HUB_HEALTH = { host: '127.0.0.1', port: 10267, path: '/v1/healthz' };

export const installEdgehub: Phase<JoinContext> = {
  name: 'install-edgehub',
  title: 'Wait for the edge-hub',
  when: (context) => (context.spec.edgeHub === false ? 'no edge-hub' : runsUnits(context)),
  run: async ({ host, node, log, waitFor }) => {
    if (!(await node.edgeHub())) return log.debug('no edge-hub is installed');
    log.vendor(VENDOR.checkingEdgeHub);
    await waitForHub(host, await node.name(), waitFor);
    log.vendor(VENDOR.edgeHubOk);
  },
};

/**
 * The kubelet starts the hub as a static pod, or systemd as a service; image and port decide how long that takes. A hub that is healthy may
 * still refuse every request, so this node is read through it.
 * @throws EdgeadmError EDGE_HUB_FAILED; as soon as it is clear that the hub does not stay up
 */
export async function waitForHub(host: Host, nodeName: string, waitFor: PhaseTools['waitFor']): Promise<void> {
  const guards = [kubeletGuard(host), hubGuard(host)];
  const guard = async (): Promise<void> => {
    for (const each of guards) await each();
  };
  await waitFor({
    what: `the edge-hub to be healthy on ${HUB_HEALTH.host}:${HUB_HEALTH.port}`,
    timeoutMs: 180_000,
    intervalMs: [50, 300],
    code: 'EDGE_HUB_FAILED',
    probe: async (signal) => {
      const seen = await hubTrouble(host, signal);
      return seen === undefined ? { done: true } : { seen };
    },
    guard,
    evidence: () => hubEvidence(host.unbound ?? host),
    next: LOOK_AT[(await host.facts()).platform],
  });
  await readThroughHub(host, nodeName, waitFor, guard);
}

/** Why the edge-hub is not healthy now; undefined if it is. */
export async function hubTrouble(host: Host, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await probePort((address, options) => host.connect(address, options), HUB_HEALTH, signal);
    return answer.status === 200 ? undefined : `HTTP ${answer.status} ${answer.text.slice(0, 100)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const ON_LINUX = 'journalctl -u kubelet; crictl ps -a (as a service: journalctl -u yurthub)';
const LOOK_AT: Readonly<Record<OperatingSystem, string>> = {
  linux: ON_LINUX,
  windows: 'Get-Service yurthub, kubelet; Get-WinEvent -LogName System -MaxEvents 50',
  other: ON_LINUX,
};

/** Where the kubelet of an edge node finds the API. */
export const HUB_PROXY = 'http://127.0.0.1:10261';
/** Its caches are filled within seconds, if the cluster lets it read. */
const PROXY_TIMEOUT_MS = 30_000;
const NOT_SYNCED = [
  'The edge-hub may not read what it needs. The group system:nodes has to list and watch ConfigMaps, Endpoints, EndpointSlices',
  'and nodepools.apps.openyurt.io (ClusterRole yurt-hub), and the ConfigMap kube-system/yurt-hub-cfg has to exist:',
  "kubectl auth can-i list nodepools.apps.openyurt.io --as=system:node:NODE --as-group=system:nodes; install OpenYurt's yurt-manager of the release of this edge-hub",
].join('\n');

async function readThroughHub(
  host: Host,
  nodeName: string,
  waitFor: PhaseTools['waitFor'],
  guard: () => Promise<void>,
): Promise<void> {
  const client = new ApiClient({ servers: [HUB_PROXY] }, (address, options) => host.connect(address, options));
  try {
    await waitFor({
      what: `the edge-hub to answer requests for the node ${nodeName}`,
      timeoutMs: PROXY_TIMEOUT_MS,
      intervalMs: [50, 500],
      code: 'EDGE_HUB_FAILED',
      probe: async (signal) => {
        const { status, body } = await client.send<unknown>('GET', `/api/v1/nodes/${nodeName}`, { signal });
        // The kubelet registers the node through the hub: before that it is not found.
        if (status === 200 || status === 404) return { done: true };
        return { seen: `HTTP ${status} ${JSON.stringify(body).slice(0, 300)}` };
      },
      guard,
      evidence: () => hubEvidence(host.unbound ?? host),
      next: NOT_SYNCED.replace('NODE', nodeName),
    });
  } finally {
    client.close();
  }
}

/** Files are all that a join leaves on a scratch root, unless a sandbox attends it. */
export function runsUnits({ host }: JoinContext): boolean | string {
  return host.runsUnits || 'nothing runs on a scratch root';
}

/** The end of the hub's own log, else what containerd and the kubelet say. */
async function hubEvidence(host: Host): Promise<string> {
  const logs = [...(await hubLogs(host)).values()];
  const isService = (await host.unit(PATHS.edgeHub.unit).catch(() => undefined))?.exists;
  const log = isService ? await hubServiceLog(host) : (logs.find(hasFatal) ?? logs.at(-1));
  if (log) return `log of the edge-hub:\n${hubComplaints(log)}`;
  const runtime = (await host.unitLog(PATHS.containerd.unit, 50))
    .split('\n')
    .filter((line) => line.includes('level=error'));
  return ['the edge-hub has no log yet', ...runtime.slice(-2), await kubeletTrouble(host)].join('\n').trim();
}
