import type { IncomingMessage } from 'node:http';
import { EdgeadmError, ERROR_CODES } from '../../errors/index.ts';
import {
  API_LIMITS,
  adviceOnName,
  type Dial,
  type HttpResponse as HttpAnswer,
  HttpError,
  type HttpLimits,
  jsonOf,
  type OpenAnswer,
  openRequest,
  sendRequest,
} from '../../http/index.ts';
import { type ApiConnection, Connections } from './connections.ts';
import type { ApiCredentials } from './credentials.ts';
import { ApiError } from './errors.ts';
import { checkedEvent, checkedObject } from './object-shape.ts';
import { adviceOnRefusal } from './refusal.ts';

export type { Dial } from '../../http/index.ts';
export type { ApiConnection } from './connections.ts';
export { apiErrorOf } from './errors.ts';

export interface RequestOptionsOf {
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  /** Default application/json. */
  readonly accept?: string;
  /** Of the whole request, milliseconds. Default one minute, and ten seconds of silence. */
  readonly timeoutMs?: number;
  /** How large the answer may be. Bytes; default 64 MiB. */
  readonly maxBytes?: number;
  /** Ends the request, as the client's own signal does. */
  readonly signal?: AbortSignal;
}

export interface ApiResponse<T> {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: T;
  /** The server that answered. */
  readonly server: string;
}

/** The time until the answer begins: a watch that has begun has no limit but its signal. */
type WatchOptions = Pick<RequestOptionsOf, 'timeoutMs'>;

/** One event of a watch. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** In a dry run: called with each write instead of doing it. */
export type PlanWrite = (action: string) => void;

export interface ClientOptions {
  readonly plan?: PlanWrite;
  /** Ends every request in progress: that of the command. */
  readonly signal?: AbortSignal;
}

/**
 * A small client of the Kubernetes API, for the handful of requests of a join. The official client cannot be given a
 * connection that starts on the node (it takes a URL), and loading it costs 800 ms and 80 MiB; its types are used.
 */
export class ApiClient {
  readonly #connection: ApiConnection;
  readonly #connections: Connections;
  readonly #plan: PlanWrite | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(connection: ApiConnection, dial: Dial | Connections, { plan, signal }: ClientOptions = {}) {
    this.#connection = connection;
    this.#connections = dial instanceof Connections ? dial : new Connections(connection, dial);
    this.#plan = plan;
    this.#signal = signal;
  }

  /**
   * This client with another signal in the place of its own, as for a roll-back, which what ended the command does not
   * end. The two share their connections: one of them is to be closed.
   */
  withSignal(signal: AbortSignal): ApiClient {
    return new ApiClient(this.#connection, this.#connections, { plan: this.#plan, signal });
  }

  get<T>(path: string, options?: RequestOptionsOf): Promise<T> {
    return this.request<T>('GET', path, options).then(({ body }) => checkedObject(body, path));
  }

  /** The object, or undefined if the server says 404. */
  async find<T>(path: string, options?: RequestOptionsOf): Promise<T | undefined> {
    const answer = await this.send<T>('GET', path, options);
    if (answer.status === 404) return undefined;
    return checkedObject(accept('GET', path, answer).body, path);
  }

  /** Creates an object. @returns undefined in a dry run */
  async create<T>(path: string, body: object, options?: RequestOptionsOf): Promise<T | undefined> {
    return this.#write<T>('POST', path, { ...options, body });
  }

  /** A JSON merge patch unless the content type says otherwise. @returns undefined in a dry run */
  async patch<T>(path: string, body: object, options?: RequestOptionsOf): Promise<T | undefined> {
    return this.#write<T>('PATCH', path, { contentType: 'application/merge-patch+json', ...options, body });
  }

  async delete(path: string, options?: RequestOptionsOf): Promise<void> {
    await this.#write('DELETE', path, options);
  }

  /**
   * Creates or replaces an object for which its resourceVersion is the condition.
   * @returns false if the server has another version by now (or one at all), or has none any more
   */
  async writeUnlessStale(method: 'POST' | 'PUT', path: string, body: object): Promise<boolean> {
    const answer = await this.send(method, path, { body });
    if (answer.status === 409 || (method === 'PUT' && answer.status === 404)) return false;
    accept(method, path, answer);
    return true;
  }

  async #write<T>(method: string, path: string, options?: RequestOptionsOf): Promise<T | undefined> {
    if (this.#plan) {
      this.#plan(`${method} ${path} at the API server`);
      return undefined;
    }
    return (await this.request<T>(method, path, options)).body;
  }

  /** @throws EdgeadmError API_ERROR with the reason of the server, API_UNREACHABLE */
  async request<T>(method: string, path: string, options?: RequestOptionsOf): Promise<ApiResponse<T>> {
    return accept(method, path, await this.send<T>(method, path, options));
  }

  /**
   * Sends a request to the first server that can be reached; any HTTP status is an answer. A read goes to
   * the next server whatever happened. A write does so only if it was never sent: it may have taken effect already.
   */
  async send<T>(method: string, path: string, options: RequestOptionsOf = {}): Promise<ApiResponse<T>> {
    const { servers } = this.#connection;
    const reads = method === 'GET';
    const failures: EdgeadmError[] = [];
    for (const server of servers) {
      const url = urlOf(server, path);
      try {
        const { status, headers, text } = await this.#ask(url, method, options);
        // A load balancer whose API server is away is not an answer while there is another to ask.
        if (reads && isGatewayError(status) && server !== servers.at(-1)) {
          failures.push(gatewayAnswer(server, status));
          continue;
        }
        return { status, headers, body: bodyOf<T>(text, status, headers['content-type'], url), server };
      } catch (error) {
        this.#throwIfAborted(options.signal);
        failures.push(asUnreachable(server, error));
        if (!reads && error instanceof HttpError && error.sent) break;
      }
    }
    throw allUnreachable(failures, reads ? undefined : `${method} ${path.split('?')[0]}`);
  }

  /**
   * Follows a list path; ends when the server ends the watch or the signal aborts. If a server fails, the next one begins
   * the watch again: an object may come twice.
   * @throws EdgeadmError API_ERROR with the reason of the server, API_UNREACHABLE; the reason of the signal
   */
  async *watch<T>(path: string, signal: AbortSignal, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const failures: EdgeadmError[] = [];
    for (const server of this.#connection.servers) {
      try {
        return yield* this.#watchAt<T>(server, path, { ...options, signal });
      } catch (error) {
        this.#throwIfAborted(signal);
        failures.push(asUnreachable(server, error));
      }
    }
    throw allUnreachable(failures, undefined);
  }

  async *#watchAt<T>(server: string, path: string, options: RequestOptionsOf): AsyncGenerator<WatchEvent<T>> {
    const url = urlOf(server, path);
    const request = this.#requestTo(url, 'GET', options, await this.#credentials(options.signal));
    const limits = { ...request.limits, maxBytes: Number.POSITIVE_INFINITY, endless: true };
    const answer = await openRequest({ ...request, limits });
    if (isGatewayError(answer.status)) {
      answer.close();
      throw gatewayAnswer(server, answer.status);
    }
    if (answer.status !== 200) throw await refused(path, answer, url);
    for await (const line of linesOf(answer.body, url)) yield checkedEvent(jsonOf<WatchEvent<T>>(line, url), path);
  }

  close(): void {
    this.#connections.close();
  }

  /** Asks once more with new credentials if those that end have ended: what gets a 401 was not done. */
  async #ask(url: URL, method: string, options: RequestOptionsOf): Promise<HttpAnswer> {
    const credentials = await this.#credentials(options.signal);
    const answer = await sendRequest(this.#requestTo(url, method, options, credentials));
    const source = this.#connection.credentials;
    if (answer.status !== 401 || !source) return answer;
    source.refuse(credentials);
    return sendRequest(this.#requestTo(url, method, options, await this.#credentials(options.signal)));
  }

  async #credentials(signal: AbortSignal | undefined): Promise<ApiCredentials> {
    const { credentials, token, authorization, cert, key } = this.#connection;
    if (credentials) return credentials.current(this.#signalOf(signal));
    const bearer = typeof token === 'function' ? await token() : token;
    return { authorization: bearer ? `Bearer ${bearer}` : authorization, cert, key };
  }

  #signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
    const signals = [this.#signal, signal].filter((each) => each !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  }

  #throwIfAborted(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.#signal?.throwIfAborted();
  }

  #requestTo(url: URL, method: string, options: RequestOptionsOf, credentials: ApiCredentials) {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers: Record<string, string | readonly string[]> = {
      Accept: options.accept ?? 'application/json',
      'User-Agent': 'edgeadm',
      ...this.#connection.impersonation,
    };
    if (credentials.authorization) headers.Authorization = credentials.authorization;
    if (body !== undefined) headers['Content-Type'] = options.contentType ?? 'application/json';
    return {
      ...{ url, method, headers, body },
      agent: this.#connections.agentFor(url, credentials),
      limits: limitsOf(options),
      signal: this.#signalOf(options.signal),
    };
  }
}

/** A kubeconfig's server may have a path, as behind Rancher: `https://host/k8s/clusters/c-1`. */
function urlOf(server: string, path: string): URL {
  return new URL(`${server.replace(/\/+$/, '')}${path}`);
}

function limitsOf({ timeoutMs, maxBytes = API_LIMITS.maxBytes }: RequestOptionsOf): HttpLimits {
  return { maxBytes, totalMs: timeoutMs ?? API_LIMITS.totalMs, idleMs: timeoutMs ?? API_LIMITS.idleMs };
}

function isGatewayError(status: number): boolean {
  return status >= 502 && status <= 504;
}

/** Logs are texts, and an error may come from a proxy in between; an object must be one. */
function bodyOf<T>(text: string, status: number, type: string | undefined, url: URL): T {
  if (text === '' || type?.startsWith('text/plain')) return text as T;
  if (status >= 200 && status < 300) return jsonOf<T>(text, url);
  try {
    return JSON.parse(text) as T;
  } catch {
    return text as T;
  }
}

/** One event of a watch is an object with its list of images and managed fields: a few MiB at most. */
const MAX_EVENT_CHARACTERS = 16 * 1024 ** 2;

async function* linesOf(body: AsyncIterable<Buffer>, url: URL): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT_CHARACTERS) {
      const message = `an event of a watch has more than ${MAX_EVENT_CHARACTERS} characters`;
      throw new HttpError({ kind: 'too-large', address: url.origin, message, sent: true });
    }
    for (const line of lines) if (line) yield line;
  }
}

async function refused(path: string, answer: OpenAnswer, url: URL): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > API_LIMITS.maxBytes) break;
  }
  return apiError(
    'GET',
    path,
    answer.status,
    bodyOf(Buffer.concat(chunks).toString('utf8'), answer.status, answer.headers['content-type'], url),
  );
}

function accept<T>(method: string, path: string, answer: ApiResponse<T>): ApiResponse<T> {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw apiError(method, path, answer.status, answer.body);
}

function apiError(method: string, path: string, status: number, body: unknown): EdgeadmError {
  const cause = ApiError.of(status, body);
  return new EdgeadmError({
    code: 'API_ERROR',
    what: `the API server answered ${status} to ${method} ${path.split('?')[0]}`,
    why: [cause.reason, cause.message].filter(Boolean).join(': '),
    next: adviceOnRefusal(cause),
    cause,
  });
}

/** The remedy for an answer that no API server gives. */
export const NOT_AN_API_SERVER =
  'Something else answers in place of the API server: a captive portal to log in to, a proxy, or a web server. From the node, look at it: `curl -k https://HOST:PORT/version`.';

/** A firewall has no part in it. */
function certificateAdvice(code: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'use an address that the certificate is valid for, or add this one to it (kubeadm: apiServer.certSANs, then `kubeadm init phase certs apiserver`)';
  if (/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/.test(code))
    return 'check the clocks of this machine and of the API server, else renew the certificate (`kubeadm certs renew apiserver`)';
  return "give the CA of the cluster: certificate-authority-data in the kubeconfig, as in the control plane's admin.conf";
}

function noAnswer(server: string, why: string, cause?: unknown): EdgeadmError {
  const what = `the API server ${server} did not answer`;
  return new EdgeadmError({ code: 'API_UNREACHABLE', what, why, next: adviceOnName(why), cause });
}

function gatewayAnswer(server: string, status: number): EdgeadmError {
  return noAnswer(server, `HTTP ${status} from a gateway or load balancer`);
}

/** @throws the error itself if no other server would change it: a refusal, or credentials that cannot be had */
function asUnreachable(server: string, error: unknown): EdgeadmError {
  if (error instanceof EdgeadmError && error.code !== 'API_UNREACHABLE') throw error;
  const failure = error instanceof HttpError ? error.cause : error;
  const why = failure instanceof EdgeadmError ? failure.why : (error as Error).message;
  if (error instanceof HttpError && error.isCertificateFault) {
    const what = `cannot verify the certificate of the API server ${server}`;
    const code = (error.cause as NodeJS.ErrnoException).code ?? '';
    return new EdgeadmError({ code: 'API_UNREACHABLE', what, why, next: certificateAdvice(code), cause: error });
  }
  if (!(error instanceof HttpError) || error.kind !== 'not-json') return noAnswer(server, why ?? '', error);
  const what = `what answered at ${server} is not an API server`;
  return new EdgeadmError({ code: 'API_UNREACHABLE', what, why, next: NOT_AN_API_SERVER, cause: error });
}

function allUnreachable(failures: EdgeadmError[], write: string | undefined): EdgeadmError {
  const [first] = failures;
  const last = failures.at(-1);
  const unknown = write && last?.cause instanceof HttpError && last.cause.sent;
  if (first && failures.length === 1 && !unknown) return first;
  // One that answered, though not as an API server should, says more than one that is away.
  const telling = failures.find(({ next }) => next !== ERROR_CODES.API_UNREACHABLE.remedy);
  const ordered = [...(telling ? [telling] : []), ...failures.filter((failure) => failure !== telling)];
  return new EdgeadmError({
    code: 'API_UNREACHABLE',
    what:
      failures.length === 1 ? (first?.what ?? '') : `none of the API servers ${telling ? 'can be used' : 'answered'}`,
    next: telling?.next,
    why: [
      ...(failures.length === 1 ? [first?.why] : ordered.map((failure) => failure.message)),
      ...(unknown ? [`${write} was sent; it may have taken effect`] : []),
    ]
      .filter(Boolean)
      .join('\n'),
    cause: last,
  });
}
