import { HttpError, localAgents, type OpenAnswer, openRequest, retryAfter } from '../http/index.ts';
import type { RetryPolicy } from '../lib/retry.ts';

/** Times are milliseconds. Tries are those without progress. */
export interface TransferLimits extends RetryPolicy {
  readonly connectTimeoutMs: number;
  /** The longest silence of a connection. */
  readonly idleTimeoutMs: number;
  /** Bytes a second. A try that is slower after `trySlowMs` ends; so does a download that is after `slowMs`. */
  readonly lowestRate: number;
  readonly trySlowMs: number;
  readonly slowMs: number;
}

/** The lowest rate is that of an ISDN line: a kubelet takes four hours. */
export const TRANSFER_LIMITS: TransferLimits = {
  connectTimeoutMs: 5000,
  idleTimeoutMs: 30_000,
  tries: 5,
  pauseMs: [500, 30_000],
  lowestRate: 8 * 1024,
  trySlowMs: 60_000,
  slowMs: 300_000,
};

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

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

/** What is asked of a web server. */
interface FileRequest {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the body. */
  readonly maxBytes: number;
  /** Until the last byte, milliseconds; undefined: as long as bytes come. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal;
}

/** Asks web servers for files. */
export interface HttpClient {
  /**
   * Asks for a file and follows redirects, never from https to http.
   * @returns the answer with its body still to be read: 200 or 206
   * @throws TransferError; the reason of the signal
   */
  get(request: FileRequest): Promise<OpenAnswer>;
  close(): void;
}

/** A client that goes through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. */
export function httpClient({ connectTimeoutMs: connectMs, idleTimeoutMs: idleMs }: TransferLimits): HttpClient {
  const agents = localAgents(process.env);
  const ask = async ({ url, headers, maxBytes, totalMs, signal }: FileRequest): Promise<OpenAnswer> => {
    const agent = agents[url.protocol === 'https:' ? 'https:' : 'http:'];
    const limits = { maxBytes, totalMs, idleMs, connectMs };
    try {
      return await openRequest({ url, headers, agent, limits, signal, redirects: true });
    } catch (error) {
      throw transferError(url, error);
    }
  };
  return {
    get: (request) => follow(request, ask),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

async function follow(request: FileRequest, ask: HttpClient['get']): Promise<OpenAnswer> {
  const { url: start, headers } = request;
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // Credentials are for the server they were given for, not for wherever it sends us.
    const own = url.origin === start.origin ? { ...headers, ...authorization(start) } : headers;
    const answer = await ask({ ...request, url: withoutCredentials(url), headers: own });
    if (answer.status === 200 || answer.status === 206) return answer;
    answer.close();
    if (!REDIRECTS.has(answer.status)) throw refusal(url, answer);
    url = redirectTarget(url, answer.headers.location);
  }
  throw new TransferError(`more than ${MAX_REDIRECTS} redirects`, false);
}

function redirectTarget(from: URL, location: string | undefined): URL {
  const target = location === undefined ? null : URL.parse(location, from);
  if (!target) throw new TransferError(`${showUrl(from)} sent a redirect without a target`, false);
  const downgrade = from.protocol === 'https:' && target.protocol !== 'https:';
  if (downgrade || !/^https?:$/.test(target.protocol)) {
    throw new TransferError(`${showUrl(from)} redirects to ${showUrl(target)}, which is not https`, false);
  }
  return target;
}

function refusal(url: URL, { status, statusText, headers }: OpenAnswer): TransferError {
  const retry = status >= 500 || status === 408 || status === 425 || status === 429;
  const text = `${showUrl(url)} answered ${status} ${statusText}`.trim();
  return new TransferError(text, retry, retryAfter(headers['retry-after']));
}

/**
 * What went wrong with a request or in the middle of its answer.
 * @returns what is not the fault of the transfer (the reason of a signal) as it is
 */
export function transferError(url: URL, thrown: unknown): unknown {
  if (!(thrown instanceof HttpError)) return thrown;
  const { code } = (thrown.cause ?? {}) as { code?: string };
  const final = thrown.isCertificateFault || thrown.kind === 'refused' || code === 'ERR_PROXY_INVALID_CONFIG';
  return new TransferError(scrub(`${showUrl(url)}: ${thrown.message}`), !final);
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

/** Takes credentials and query strings out of URLs in a foreign text. */
function scrub(text: string): string {
  return text.replace(/(\w+:\/\/)[^/\s@]*@/g, '$1').replace(/(\w+:\/\/[^\s?#]*)[?#]\S*/g, '$1');
}
