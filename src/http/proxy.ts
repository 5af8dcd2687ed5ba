import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Dial, startTls } from './agents.ts';

/** Ports that a proxy's URL need not name, as curl has them. */
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'socks5:': 1080 };

type Address = Parameters<Dial>[0];

/**
 * Dials through a proxy, as `proxy-url` of a kubeconfig asks for.
 * @param proxy http, https or socks5, perhaps with a user and a password
 * @param dial reaches the proxy
 */
export function proxyDial(proxy: URL, dial: Dial): Dial {
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const port = Number(proxy.port) || (PORTS[proxy.protocol] ?? 80);
  return async (address, options) => {
    const stream = await dial({ host, port }, options);
    try {
      if (proxy.protocol === 'socks5:') return await socksTo(address, { proxy, host, port, stream }, options.signal);
      const carrier = proxy.protocol === 'https:' ? await startTls(stream, host, {}, options.signal) : stream;
      return await tunnelTo(address, proxy, carrier, options.signal);
    } catch (error) {
      stream.destroy();
      throw error;
    }
  };
}

/** @see RFC 9110, section 9.3.6 (CONNECT) */
function tunnelTo(address: Address, proxy: URL, carrier: Duplex, signal: AbortSignal | undefined): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const path = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const login = proxy.username && { 'Proxy-Authorization': `Basic ${Buffer.from(user).toString('base64')}` };
  const headers = { Host: path, ...login };
  request({ method: 'CONNECT', path, headers, signal, createConnection: () => carrier })
    .on('connect', ({ statusCode }, socket, head) => {
      if (statusCode !== 200)
        return reject(new Error(`the proxy ${proxy.host} answered ${statusCode} to CONNECT ${path}`));
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    })
    .on('response', ({ statusCode }) => reject(new Error(`the proxy ${proxy.host} answered ${statusCode}`)))
    .on('close', () => reject(new Error(`the proxy ${proxy.host} closed the connection`)))
    .on('error', (error) => reject(new Error(`the proxy ${proxy.host}: ${error.message}`, { cause: error })))
    .end();
  return promise;
}

interface SocksProxy {
  readonly proxy: URL;
  readonly host: string;
  readonly port: number;
  readonly stream: Duplex;
}

async function socksTo(
  destination: Address,
  { proxy, host, port, stream }: SocksProxy,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const { SocksClient } = await import('socks');
  const end = (): unknown => stream.destroy();
  signal?.addEventListener('abort', end, { once: true });
  const login = proxy.username
    ? { userId: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password) }
    : {};
  try {
    const { socket } = await SocksClient.createConnection({
      proxy: { host, port, type: 5, ...login },
      command: 'connect',
      destination,
      existing_socket: stream as Socket,
    });
    return socket;
  } catch (error) {
    throw new Error(`the proxy ${proxy.host}: ${(error as Error).message}`, { cause: error });
  } finally {
    signal?.removeEventListener('abort', end);
  }
}
