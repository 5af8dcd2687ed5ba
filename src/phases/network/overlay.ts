import type { Machine } from '../../host/machine.ts';
import { addressAt, covers } from '../../lib/cidr.ts';
import type { Reachable } from './reach.ts';

/** A node, as others reach it through Flannel's VXLAN. */
export interface OverlayPeer {
  readonly node: string;
  /** Its range of pods, whose first address is that of flannel.1 there. */
  readonly podCidr: string;
  /** What the interconnection of the pools lets expect. */
  readonly expected: Reachable;
}

/** Whether packets go both ways between this node and another one. */
export interface OverlayCheck {
  readonly node: string;
  readonly address: string;
  readonly result: 'ok' | 'failed' | 'unknown';
  readonly found: string;
  readonly expected: Reachable;
}

const FLANNEL_INTERFACE = 'flannel.1';
/** The kubelet's port. One that is closed is answered as well: what counts is that an answer comes back. */
const KUBELET_PORT = 10250;
/** How long an answer may take over a slow line. Milliseconds. */
const ANSWER_MS = 5_000;

/**
 * Tries the VXLAN between this node and others: a TCP connection to the address of flannel.1 there goes out in packets
 * of UDP 8472, and its answer, a refusal included, comes back in others.
 */
export async function tryOverlay(
  machine: Pick<Machine, 'network' | 'connect'>,
  peers: readonly OverlayPeer[],
  signal: AbortSignal,
): Promise<OverlayCheck[]> {
  const { interfaces, routes } = await machine.network();
  const own = interfaces.find(({ name }) => name === FLANNEL_INTERFACE)?.addresses ?? [];
  const others = peers.filter(({ podCidr }) => !own.some((address) => covers(podCidr, address.split('/')[0] ?? '')));
  return Promise.all(
    others.map(async ({ node, podCidr, expected }): Promise<OverlayCheck> => {
      const address = addressAt(podCidr, 0) ?? podCidr;
      const unknown = (found: string): OverlayCheck => ({ node, address, result: 'unknown', found, expected });
      if (own.length === 0) return unknown(`this node has no ${FLANNEL_INTERFACE}: nothing here sends to UDP 8472`);
      const route = routes.find(({ destination }) => destination !== '0.0.0.0/0' && covers(destination, podCidr));
      if (route && route.interface !== FLANNEL_INTERFACE)
        return unknown(`the route to ${podCidr} is through ${route.interface}, not through VXLAN`);
      const why = route ? await dial(machine, address, signal) : `no route to ${podCidr}: Flannel has not set one`;
      const result = why === undefined ? 'ok' : 'failed';
      return { node, address, result, found: why ?? 'packets go both ways', expected };
    }),
  );
}

/** @returns why no answer came back */
async function dial(machine: Pick<Machine, 'connect'>, host: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    (await machine.connect({ host, port: KUBELET_PORT }, { timeoutMs: ANSWER_MS, signal })).destroy();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const text = [(error as Error).message, (error as { why?: string }).why].filter(Boolean).join(': ');
    return /refused/i.test(text) ? undefined : text;
  }
}
