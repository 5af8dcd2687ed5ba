import { type ClientRequestArgs, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Host } from '../../host/host.ts';

/** A plain HTTP GET of a port on the node, over a connection that starts there. */
export async function httpGet(
  host: Host,
  target: { host: string; port: number; path: string },
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  const socket = await host.connect({ host: target.host, port: target.port }, { timeoutMs: 3000, signal });
  // Not the request's own time limit: over SSH the connection is no socket and has none.
  const late = AbortSignal.timeout(5000);
  return new Promise((resolve, reject) => {
    const options: ClientRequestArgs = {
      ...target,
      headers: { Connection: 'close' },
      signal: AbortSignal.any([signal, late]),
      createConnection: () => socket as Duplex,
    };
    const outgoing = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.on('error', (error) => reject(late.aborted ? new Error('no answer within 5 s') : error)).end();
  });
}
