import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';

/** Dials from the node; see Host.connect. */
export type Dial = (
  address: { host: string; port: number },
  options: { timeoutMs?: number; signal?: AbortSignal },
) => Promise<Duplex>;

/** Routers in between forget a connection that is quiet for long. */
const IDLE_MS = 30_000;

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** An agent of http requests whose connections start on the node. */
export function plainAgent(dial: Dial): HttpAgent {
  const agent = new HttpAgent({ keepAlive: true, timeout: IDLE_MS });
  agent.createConnection = ({ host, port }: RequestOptions, callback) => {
    dial({ host: String(host), port: Number(port) }, {}).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined as never;
  };
  return agent;
}

/** An agent of https requests whose connections start on the node; TLS is spoken here, whatever carries the bytes. */
export function dialingAgent(tls: ConnectionOptions, dial: Dial): HttpsAgent {
  const agent = new HttpsAgent({ keepAlive: true, timeout: IDLE_MS });
  agent.createConnection = (options: RequestOptions, callback) => {
    const host = String(options.host ?? '').replace(/^\[|\]$/g, '');
    const servername = /^[\d.]+$|:/.test(host) ? '' : host;
    dial({ host, port: Number(options.port ?? 443) }, {}).then(
      (socket) => {
        const secured = tlsConnect({ ...tls, socket, host, servername, ALPNProtocols: ['http/1.1'] });
        // The time limit of a request begins once it has a connection.
        const silent = setTimeout(
          () => secured.destroy(new Error(`no TLS answer within ${HANDSHAKE_TIMEOUT_MS / 1000} s`)),
          HANDSHAKE_TIMEOUT_MS,
        );
        secured.once('close', () => clearTimeout(silent));
        secured.once('error', (error) => callback?.(error, secured));
        secured.once('secureConnect', () => {
          clearTimeout(silent);
          callback?.(null, secured);
        });
      },
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined as never;
  };
  return agent;
}
