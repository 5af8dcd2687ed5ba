import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** Times are milliseconds. */
export interface TransferLimits {
  readonly connectTimeoutMs: number;
  /** The longest silence of a connection. */
  readonly idleTimeoutMs: number;
  /** Tries without progress before it is given up. */
  readonly tries: number;
  /** The first and the longest pause between two tries. */
  readonly pauseMs: readonly [number, number];
}

export const TRANSFER_LIMITS: TransferLimits = {
  connectTimeoutMs: 5000,
  idleTimeoutMs: 30_000,
  tries: 5,
  pauseMs: [500, 30_000],
};

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Codes of Node's TLS errors that no further try changes. */
export const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

/** A failed request; `retry` says whether another try may help. The message carries no query string and no password. */
export class TransferError extends Error {
  readonly retry: boolean;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number;

  constructor(message: string, retry: boolean, retryAfterMs = 0) {
    super(message);
    this.retry = retry;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Asks web servers for files. */
export interface HttpClient {
  /**
   * Asks for a file and follows redirects, never from https to http.
   * @returns the answer with its body still to be read: 200 or 206
   * @throws TransferError
   */
  get(url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** A client that goes through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. */
export function httpClient(limits: TransferLimits): HttpClient {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, proxyEnv: process.env }),
    'https:': new HttpsAgent({ keepAlive: true, proxyEnv: process.env }),
  };
  const ask = (url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<IncomingMessage> => {
    const secure = url.protocol === 'https:';
    const options = { agent: agents[secure ? 'https:' : 'http:'], headers, signal };
    return send(secure ? httpsRequest : httpRequest, url, options, limits);
  };
  return {
    get: (url, headers, signal) => follow(url, headers, signal, ask),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

type Ask = (url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal) => Promise<IncomingMessage>;

async function follow(
  start: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  ask: Ask,
): Promise<IncomingMessage> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // Credentials are for the server they were given for, not for wherever it sends us.
    const own = url.origin === start.origin ? { ...headers, ...authorization(start) } : headers;
    const response = await ask(withoutCredentials(url), own, signal);
    const status = response.statusCode ?? 0;
    if (status === 200 || status === 206) return response;
    response.destroy();
    if (!REDIRECTS.has(status)) throw refusal(url, response);
    url = redirectTarget(url, response.headers.location);
  }
  throw new TransferError(`more than ${MAX_REDIRECTS} redirects`, false);
}

function redirectTarget(from: URL, location: string | undefined): URL {
  const target = location === undefined ? null : URL.parse(location, from);
  if (!target) throw new TransferError(`${showUrl(from)} redirects to nowhere`, false);
  const downgrade = from.protocol === 'https:' && target.protocol !== 'https:';
  if (downgrade || !/^https?:$/.test(target.protocol)) {
    throw new TransferError(`${showUrl(from)} redirects to ${showUrl(target)}, which is not https`, false);
  }
  return target;
}

function refusal(url: URL, response: IncomingMessage): TransferError {
  const status = response.statusCode ?? 0;
  const retry = status >= 500 || status === 408 || status === 425 || status === 429;
  const text = `${showUrl(url)} answered ${status} ${response.statusMessage ?? ''}`.trim();
  return new TransferError(text, retry, retryAfter(response.headers['retry-after']));
}

/** Milliseconds of a Retry-After header: seconds or a date, as RFC 9110 has it. */
export function retryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function send(
  request: typeof httpRequest,
  url: URL,
  options: RequestOptions,
  limits: TransferLimits,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options);
    const seconds = (ms: number): string => `${ms / 1000} s`;
    const tooSlow = setTimeout(
      () => outgoing.destroy(new Error(`no connection within ${seconds(limits.connectTimeoutMs)}`)),
      limits.connectTimeoutMs,
    );
    const connected = (): void => clearTimeout(tooSlow);
    outgoing.on('socket', (socket) => (socket.connecting ? socket.once('connect', connected) : connected()));
    outgoing.on('close', connected);
    let answer: IncomingMessage | undefined;
    outgoing.setTimeout(limits.idleTimeoutMs, () =>
      (answer ?? outgoing).destroy(new Error(`no data for ${seconds(limits.idleTimeoutMs)}`)),
    );
    outgoing.on('error', (error) => reject(transferError(url, error)));
    outgoing.on('response', (response) => {
      answer = response;
      resolve(response);
    });
    outgoing.end();
  });
}

/** What went wrong with a connection or in the middle of an answer. */
export function transferError(url: URL, thrown: unknown): TransferError {
  if (thrown instanceof TransferError) return thrown;
  const error = thrown as Error & { code?: string; cause?: { message?: string } };
  const final = CERTIFICATE_FAULT.test(error.code ?? '') || error.code === 'ERR_PROXY_INVALID_CONFIG';
  const detail = error.message || error.code || error.cause?.message || 'the connection broke';
  return new TransferError(scrub(`${showUrl(url)}: ${detail}`), !final);
}

function authorization(url: URL): Record<string, string> {
  if (!url.username) return {};
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

/** A URL for messages: credentials, query string and fragment may be secrets. */
export function showUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Takes credentials and query strings out of URLs in a text of somebody else. */
function scrub(text: string): string {
  return text.replace(/(\w+:\/\/)[^/\s@]*@/g, '$1').replace(/(\w+:\/\/[^\s?#]*)[?#]\S*/g, '$1');
}
