import { type Check, fail, pass, skip } from '../check.ts';
import { listenerOn } from '../listeners.ts';
import { ownState } from '../own-state.ts';

/** @see https://kubernetes.io/docs/reference/networking/ports-and-protocols/ and OpenYurt's yurthub */
export const NODE_PORTS: readonly { port: number; purpose: string; ofHub: boolean }[] = [
  { port: 10250, purpose: "the kubelet's API", ofHub: false },
  { port: 10255, purpose: "the kubelet's read-only API", ofHub: false },
  { port: 10248, purpose: "the kubelet's health endpoint", ofHub: false },
  { port: 10261, purpose: "the edge-hub's proxy to the API server", ofHub: true },
  { port: 10266, purpose: "the tunnel agent's metrics", ofHub: true },
  { port: 10267, purpose: "the edge-hub's health endpoint", ofHub: true },
  { port: 10268, purpose: "the edge-hub's proxy for pods", ofHub: true },
  { port: 10269, purpose: 'yurthub 1.7 and newer, which other nodes of the pool connect to', ofHub: true },
];

/** `Port-10250` and so on. */
export const ports: readonly Check[] = NODE_PORTS.map(({ port, purpose, ofHub }) => ({
  name: `Port-${port}`,
  concerns: 'node',
  severity: 'error',
  about: `TCP port ${port} is free for ${purpose}, or used by a service that an earlier join of this node started.`,
  remedy: 'Stop the program that listens on this port.',
  run: async (context) => {
    const { host, node } = context;
    // A bundle that cannot be opened is reported by the checks that need what is in it.
    if (ofHub && !(await node.edgeHub().catch(() => true))) return skip('no edge-hub is installed');
    const listener = await listenerOn(host, port);
    if (listener === 'unknown') return skip('/proc/net/tcp does not exist');
    if (!listener) return pass();
    const { unit } = listener;
    const holder = `${listener.process ?? 'an unknown process'}${unit ? ` (${unit})` : ''}`;
    // Where ss is missing, whatever listens on a node that is already joined is taken for the node's own.
    const own = listener.ofNode || listener.process === undefined;
    if (own && (await ownState(context)).rerun) return pass(`used by ${holder}, from the earlier join`);
    return fail(`used by ${holder}`, { remedy: unit && remedyFor(unit) });
  },
}));

/** Other Kubernetes of this machine, each with what takes it away. Sources: k3s-io/k3s#1011, kubernetes/kubeadm#2218. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^k3s-agent/, 'Remove K3s: `k3s-agent-uninstall.sh`.'],
  [/^k3s/, 'Remove K3s: `k3s-uninstall.sh`.'],
  [/^rke2-/, 'Remove RKE2: `rke2-uninstall.sh`.'],
  [/^k0s/, 'Remove k0s: `k0s stop`, then `k0s reset`.'],
  [/^snap\.microk8s\./, 'Remove MicroK8s: `snap remove --purge microk8s`.'],
];

function remedyFor(unit: string): string {
  const other = OTHERS.find(([pattern]) => pattern.test(unit))?.[1];
  return other ?? `Stop the service, also after the next boot: \`systemctl disable --now ${unit}\`.`;
}
