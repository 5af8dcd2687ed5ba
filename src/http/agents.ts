import { Agent as HttpAgent, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, createSecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { memoize } from '../lib/memoize.ts';
import { timeLimit } from '../lib/time-limit.ts';

/** Dials from the node; see Host.connect. */
export type Dial = (
  address: { host: string; port: number },
  options: { timeoutMs?: number; signal?: AbortSignal },
) => Promise<Duplex>;

/** Routers in between forget a connection that is quiet for long. Milliseconds. */
const IDLE_MS = 30_000;

/** Shorter than the silence that a request allows, so that the error says what was missing. Milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 8_000;

type Connected = (error: Error | null, stream: Duplex) => void;
/** Node passes the signal of the request that needs the connection. */
type DialOptions = RequestOptions & { readonly signal?: AbortSignal };

/** Agents of this machine, by the protocol of a URL, that keep their connections and use the proxies of the environment. */
export function localAgents(env: NodeJS.ProcessEnv): Readonly<Record<'http:' | 'https:', HttpAgent>> {
  return {
    'http:': new HttpAgent({ keepAlive: true, proxyEnv: env }),
    'https:': new HttpsAgent({ keepAlive: true, proxyEnv: env }),
  };
}

interface LocalTls {
  /** PEM; default: the CAs that Node trusts. */
  readonly ca?: string;
  /** Where every connection goes, whatever the host of the URL; the certificate must still be the host's. */
  readonly address?: { readonly host: string; readonly port: number };
  /** False: each request has its own connection. */
  readonly keepAlive: boolean;
}

/** An agent of this machine. */
export function localTlsAgent({ ca, address, keepAlive }: LocalTls): HttpAgent {
  const agent = new HttpsAgent({ keepAlive, ca });
  if (!address) return agent;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) =>
    connect({ ...options, servername: String(options.host), ...address }, callback);
  return agent;
}

/**
 * An agent of http requests whose connections start on the node. Each request has its own: Node keeps sockets for reuse,
 * not streams such as those of SSH, which have no `setTimeout`.
 */
export function plainAgent(dial: Dial): HttpAgent {
  const agent = new HttpAgent({ keepAlive: false });
  agent.createConnection = ({ host, port, signal }: DialOptions, callback?: Connected) => {
    dial({ host: String(host), port: Number(port) }, { signal }).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined as never;
  };
  return agent;
}

/**
 * An agent of https requests whose connections start on the node; TLS is spoken here, whatever carries the bytes.
 * @param tls `servername` there takes the place of the host's name, for the certificate and for SNI
 */
export function dialingAgent(tls: ConnectionOptions, dial: Dial): HttpsAgent {
  const agent = new HttpsAgent({ keepAlive: true, timeout: IDLE_MS });
  // As Node's own agents do: certificates are read once, and a second connection to a server continues the session.
  const context = memoize(async () => createSecureContext(tls));
  const sessions = new Map<string, Buffer>();
  const connect = async ({ host: name, port: number, signal }: DialOptions): Promise<Duplex> => {
    const host = String(name ?? '').replace(/^\[|\]$/g, '');
    const port = Number(number ?? 443);
    const server = `${host}:${port}`;
    const secureContext = await context();
    const socket = await dial({ host, port }, { signal });
    const secured = await startTls(socket, host, { ...tls, secureContext, session: sessions.get(server) }, signal);
    return secured.on('session', (session: Buffer) => sessions.set(server, session));
  };
  agent.createConnection = (options: DialOptions, callback?: Connected) => {
    connect(options).then(
      (secured) => callback?.(null, secured),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined as never;
  };
  return agent;
}

/** Speaks TLS over a connection, whatever carries it. */
export function startTls(
  socket: Duplex,
  host: string,
  tls: ConnectionOptions,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const name = tls.servername ?? host;
  // SNI has no addresses; the certificate is checked against them by `host`.
  const servername = isIP(name) ? '' : name;
  const secured = tlsConnect({ ...tls, socket, host: name, servername, ALPNProtocols: ['http/1.1'] });
  const giveUp = (error: Error): void => {
    secured.destroy();
    socket.destroy();
    reject(error);
  };
  const aborted = (): void => giveUp(new Error('the request was cancelled'));
  const late = (): void => giveUp(new Error(`no TLS answer within ${HANDSHAKE_TIMEOUT_MS / 1000} s`));
  const endLimit = timeLimit(HANDSHAKE_TIMEOUT_MS, late);
  signal?.addEventListener('abort', aborted, { once: true });
  const done = (): void => {
    endLimit();
    signal?.removeEventListener('abort', aborted);
  };
  secured.once('close', done).once('error', giveUp);
  secured.once('secureConnect', () => {
    done();
    secured.off('error', giveUp);
    resolve(secured);
  });
  return promise;
}
