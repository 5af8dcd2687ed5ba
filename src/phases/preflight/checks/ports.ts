import { type Check, fail, pass, skip } from '../check.ts';
import { listenerOn } from '../listeners.ts';
import { ownState } from '../own-state.ts';

/** @see https://kubernetes.io/docs/reference/networking/ports-and-protocols/ and OpenYurt's yurthub */
const PORTS: readonly { port: number; purpose: string; ofHub: boolean }[] = [
  { port: 10250, purpose: "the kubelet's API", ofHub: false },
  { port: 10255, purpose: "the kubelet's read-only API", ofHub: false },
  { port: 10248, purpose: "the kubelet's health", ofHub: false },
  { port: 10261, purpose: "the edge-hub's proxy to the API server", ofHub: true },
  { port: 10266, purpose: "the tunnel agent's metrics", ofHub: true },
  { port: 10267, purpose: "the edge-hub's health", ofHub: true },
  { port: 10268, purpose: "the edge-hub's proxy for pods", ofHub: true },
];

/** `Port-10250` and so on. */
export const ports: readonly Check[] = PORTS.map(({ port, purpose, ofHub }) => ({
  name: `Port-${port}`,
  concerns: 'node',
  severity: 'error',
  about: `TCP port ${port} is free for ${purpose}, or held by what an earlier join of this node started.`,
  remedy: 'Stop the program that listens there.',
  run: async (context) => {
    const { host, node } = context;
    // A bundle that cannot be opened is told by the checks that need what is in it.
    if (ofHub && !(await node.edgeHub().catch(() => true))) return skip('no edge-hub is installed');
    const listener = await listenerOn(host, port);
    if (listener === 'unknown') return skip('there is no /proc/net/tcp here');
    if (!listener) return pass();
    const holder = listener.process ?? 'a process that the node does not name';
    // Where ss is missing, whatever listens on a node that is already joined is taken for the node's own.
    const own = listener.ofKubelet || listener.process === undefined;
    if (own && (await ownState(context)).rerun) return pass(`held by ${holder}, of the earlier join`);
    return fail(`held by ${holder}`);
  },
}));
