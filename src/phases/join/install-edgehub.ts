import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { probe as probePort } from '../../http/index.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { JoinContext } from './context.ts';
import { kubeletGuard, kubeletTrouble } from './kubelet-guard.ts';

export const HUB_HEALTH = { host: '127.0.0.1', port: 10267, path: '/v1/healthz' };

export const installEdgehub: Phase<JoinContext> = {
  name: 'install-edgehub',
  title: 'Wait for the edge-hub',
  when: (context) => (context.spec.edgeHub === false ? 'no edge-hub' : runsUnits(context)),
  run: async ({ host, node, log, waitFor }) => {
    if (!(await node.edgeHub())) return log.debug('no edge-hub is installed');
    log.vendor(VENDOR.checkingEdgeHub);
    await waitForHub(host, waitFor);
    log.vendor(VENDOR.edgeHubOk);
  },
};

/** The kubelet starts the hub as a static pod; image and port decide how long that takes. */
export async function waitForHub(host: Host, waitFor: PhaseTools['waitFor']): Promise<void> {
  await waitFor({
    what: `the edge-hub to be healthy on ${HUB_HEALTH.host}:${HUB_HEALTH.port}`,
    timeoutMs: 180_000,
    intervalMs: [50, 300],
    code: 'EDGE_HUB_FAILED',
    probe: async (signal) => {
      const answer = await probePort((address, options) => host.connect(address, options), HUB_HEALTH, signal);
      return answer.status === 200 ? { done: true } : { seen: `HTTP ${answer.status} ${answer.text.slice(0, 100)}` };
    },
    guard: kubeletGuard(host),
    evidence: () => hubEvidence(host.unbound ?? host),
    next: 'journalctl -u kubelet; crictl ps -a',
  });
}

/** Files are all that a join leaves on a scratch root, unless a sandbox attends it. */
export function runsUnits({ host }: JoinContext): boolean | string {
  return host.runsUnits || 'nothing runs on a scratch root';
}

/** The end of the hub's own log, else what containerd and the kubelet say. */
async function hubEvidence(host: Host): Promise<string> {
  for (const pod of await host.list(PATHS.pods.logs)) {
    if (!/^kube-system_(edge-hub|yurt-?hub)/.test(pod)) continue;
    for (const container of await host.list(`${PATHS.pods.logs}/${pod}`)) {
      const files = await host.list(`${PATHS.pods.logs}/${pod}/${container}`);
      const text = await host.read(`${PATHS.pods.logs}/${pod}/${container}/${files.at(-1) ?? ''}`);
      if (text) return `log of the edge-hub:\n${text.trim().split('\n').slice(-6).join('\n')}`;
    }
  }
  const runtime = (await host.unitLog(PATHS.containerd.unit, 50))
    .split('\n')
    .filter((line) => line.includes('level=error'));
  return ['the hub has no log yet', ...runtime.slice(-2), await kubeletTrouble(host)].join('\n').trim();
}
