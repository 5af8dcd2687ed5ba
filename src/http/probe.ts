import { type Dial, plainAgent } from './agents.ts';
import { PROBE_LIMITS } from './limits.ts';
import { type HttpResponse, sendRequest } from './request.ts';

/** A health port of a node. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/**
 * A plain GET of a port on the node, over a connection that starts there. Any local user may listen on a port that is
 * free, so the answer is small and quick, or it is an error.
 * @param dial connects from the node
 * @throws HttpError; the reason of the signal if it aborts
 */
export async function probe(dial: Dial, { host, port, path }: ProbeTarget, signal: AbortSignal): Promise<HttpResponse> {
  const agent = plainAgent(dial);
  try {
    const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`);
    return await sendRequest({ url, agent, limits: PROBE_LIMITS, signal, headers: { Connection: 'close' } });
  } finally {
    agent.destroy();
  }
}
