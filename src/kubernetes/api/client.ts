import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { EdgeadmError } from '../../errors/index.ts';
import { type Dial, dialingAgent, plainAgent } from '../../http/index.ts';

export type { Dial } from '../../http/index.ts';

/** How to reach an API server and who we are to it. */
export interface ApiConnection {
  /**
   * `https://host:port`; the next one is tried where one cannot be reached. `http://127.0.0.1:10261` where an edge-hub of
   * the node speaks for us.
   */
  readonly servers: readonly string[];
  /** PEM of the CA; undefined only for the first, unverified look at cluster-info. */
  readonly ca?: string;
  /** A function where it is replaced now and then, as that of a pod. */
  readonly token?: string | (() => string);
  readonly cert?: string;
  readonly key?: string;
}

export interface RequestOptionsOf {
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  /** Default application/json. */
  readonly accept?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: T;
  /** The server that answered. */
  readonly server: string;
}

/** The Status object that Kubernetes answers errors with. */
interface Status {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
}

/** One event of a watch. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** How a client's writes are told instead of done in a dry run. */
export type PlanWrite = (action: string) => void;

/**
 * A small client of the Kubernetes API, for the handful of requests of a join. The official client cannot be given a
 * connection that starts on the node (it takes a URL), and loading it costs 800 ms and 80 MiB; its types are used.
 */
export class ApiClient {
  readonly #connection: ApiConnection;
  readonly #agent: Agent;
  readonly #plainAgent: HttpAgent;
  readonly #plan: PlanWrite | undefined;

  constructor(connection: ApiConnection, dial: Dial, plan?: PlanWrite) {
    this.#connection = connection;
    this.#agent = dialingAgent(tlsOf(connection), dial);
    this.#plainAgent = plainAgent(dial);
    this.#plan = plan;
  }

  get<T>(path: string, options?: RequestOptionsOf): Promise<T> {
    return this.request<T>('GET', path, options).then((answer) => answer.body);
  }

  /** The object, or undefined where the server says 404. */
  async find<T>(path: string, options?: RequestOptionsOf): Promise<T | undefined> {
    const answer = await this.send<T>('GET', path, options);
    if (answer.status === 404) return undefined;
    return accept('GET', path, answer).body;
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
   * @returns false where the server has another version by now (or one at all), or has none any more
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
  async request<T>(method: string, path: string, options?: RequestOptionsOf): Promise<Answer<T>> {
    return accept(method, path, await this.send<T>(method, path, options));
  }

  /** Sends a request to the first server that can be reached; any HTTP status is an answer. */
  async send<T>(method: string, path: string, options: RequestOptionsOf = {}): Promise<Answer<T>> {
    const failures: EdgeadmError[] = [];
    for (const server of this.#connection.servers) {
      try {
        const response = await this.#open(server, method, path, options);
        const text = await readText(response);
        // A load balancer whose API server is away is no answer while there is another to ask.
        if (isGatewayError(response.statusCode) && server !== this.#connection.servers.at(-1)) continue;
        return { status: response.statusCode ?? 0, headers: response.headers, body: parseBody<T>(text), server };
      } catch (error) {
        options.signal?.throwIfAborted();
        failures.push(unreachable(server, error));
      }
    }
    throw allUnreachable(failures);
  }

  /** Follows a list path; ends when the server ends the watch or the signal aborts. */
  async *watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const server = this.#connection.servers[0] ?? '';
    const response = await this.#open(server, 'GET', path, { signal, timeoutMs: 0 });
    if (response.statusCode !== 200) {
      accept('GET', path, {
        status: response.statusCode ?? 0,
        headers: {},
        body: parseBody(await readText(response)),
        server,
      });
    }
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) yield JSON.parse(line) as WatchEvent<T>;
    }
  }

  close(): void {
    this.#agent.destroy();
    this.#plainAgent.destroy();
  }

  #open(server: string, method: string, path: string, options: RequestOptionsOf): Promise<IncomingMessage> {
    const url = new URL(path, server);
    const plain = url.protocol === 'http:';
    const [send, agent] = plain ? [httpRequest, this.#plainAgent] : [httpsRequest, this.#agent];
    const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers: Record<string, string> = {
      Accept: options.accept ?? 'application/json',
      'User-Agent': 'edgeadm',
    };
    const { token } = this.#connection;
    if (token) headers.Authorization = `Bearer ${typeof token === 'function' ? token() : token}`;
    if (payload !== undefined) {
      headers['Content-Type'] = options.contentType ?? 'application/json';
      headers['Content-Length'] = String(Buffer.byteLength(payload));
    }
    return new Promise((resolve, reject) => {
      const request = send(url, { method, headers, agent, signal: options.signal }, resolve);
      const timeoutMs = options.timeoutMs ?? 10_000;
      if (timeoutMs > 0)
        request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on('error', reject);
      request.end(payload);
    });
  }
}

function tlsOf({ ca, cert, key }: ApiConnection): ConnectionOptions {
  return { ca, cert, key, rejectUnauthorized: ca !== undefined };
}

function isGatewayError(status = 0): boolean {
  return status >= 502 && status <= 504;
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return text as T;
  }
}

function accept<T>(method: string, path: string, answer: Answer<T>): Answer<T> {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const status = answer.body as Status;
  const message = status?.message ?? (typeof answer.body === 'string' ? answer.body.slice(0, 300) : '');
  throw new EdgeadmError({
    code: 'API_ERROR',
    what: `the API server answered ${answer.status} to ${method} ${path.split('?')[0]}`,
    why: [status?.reason, message].filter(Boolean).join(': '),
  });
}

function unreachable(server: string, error: unknown): EdgeadmError {
  if (error instanceof EdgeadmError && error.code !== 'API_UNREACHABLE') return error;
  const message = (error as Error).message;
  const plain = /wrong version number|packet length too long/.test(message)
    ? 'what listens there does not speak TLS'
    : message;
  const reason = error instanceof EdgeadmError ? error.why : plain;
  return new EdgeadmError({
    code: 'API_UNREACHABLE',
    what: `the API server ${server} did not answer`,
    why: reason,
    cause: error,
  });
}

function allUnreachable(failures: EdgeadmError[]): EdgeadmError {
  const [first] = failures;
  if (first && failures.length === 1) return first;
  return new EdgeadmError({
    code: 'API_UNREACHABLE',
    what: 'none of the API servers answered',
    why: failures.map((failure) => failure.message).join('\n'),
  });
}
