import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { decodeText } from '../lib/decode-text.ts';
import { formatDuration } from '../lib/duration.ts';
import { timeLimit } from '../lib/time-limit.ts';
import { addressOf, HttpError, type HttpFailure } from './errors.ts';
import type { HttpLimits } from './limits.ts';

export interface HttpRequest {
  readonly url: URL;
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** Carries the connection: one that starts on the node, or that goes through a proxy. Default: a direct one. */
  readonly agent?: Agent;
  readonly limits: HttpLimits;
  readonly signal?: AbortSignal;
  /** True if the caller follows redirects itself. Default: an answer of 3xx is an error. */
  readonly redirects?: boolean;
}

/** An answer whose body is still to be read. */
export interface OpenAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingMessage['headers'];
  /** Bounded in size and time; to be read to its end, or ended with {@link OpenAnswer.close}. */
  readonly body: AsyncIterable<Buffer>;
  close(): void;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** More interim responses (100, 103) than any server has a reason to send. */
const MAX_INTERIM = 16;

/**
 * Sends a request and reads the whole answer as text.
 *
 * Every request of edgeadm passes here or through {@link openRequest}, so that none can outlast its limits, whatever
 * the other side does. It is node:http and not undici: connections that start on the node are streams of SSH, and
 * undici's `connect` wants sockets (its timeouts are those of net.Socket).
 *
 * @throws HttpError; the reason of the signal if it aborts
 */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const { status, headers, body } = await openRequest(request);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { status, headers, text: decodeText(Buffer.concat(chunks)) };
}

/**
 * Sends a request and gives the answer as soon as its headers are there.
 * @throws HttpError; the reason of the signal if it aborts. So does the body, while it is read.
 */
export function openRequest(request: HttpRequest): Promise<OpenAnswer> {
  refusePlainCredentials(request);
  request.signal?.throwIfAborted();
  return new Exchange(request).open();
}

/** Plain http exposes it to everyone on the network. */
function refusePlainCredentials({ url, headers = {} }: HttpRequest): void {
  const secret = Object.keys(headers).some((name) => /^(authorization|proxy-authorization|cookie)$/i.test(name));
  if (!secret || url.protocol === 'https:') return;
  const message = 'credentials are sent over https only';
  throw new HttpError({ kind: 'refused', address: addressOf(url), message, sent: false });
}

/** One request and its answer; what ends first ends it: the answer, a limit, the signal, the connection. */
class Exchange {
  readonly #request: HttpRequest;
  #outgoing: ClientRequest;
  /** What had been read from the connection before this request. */
  #bytesBefore = 0;
  readonly #dialing = new AbortController();
  #response: IncomingMessage | undefined;
  #sent = false;
  /** Whether it was ended from this side, and why. */
  #ended = false;
  #reason: unknown;
  #reject: (reason: unknown) => void = () => {};
  #total: (() => void) | undefined;
  #idle: (() => void) | undefined;
  #connect: (() => void) | undefined;
  #idleMs: number | undefined;

  constructor(request: HttpRequest) {
    this.#request = request;
    this.#idleMs = request.limits.idleMs;
    const { limits, signal } = request;
    this.#outgoing = this.#create();
    if (limits.totalMs !== undefined) this.#total = timeLimit(limits.totalMs, () => this.#late(limits.totalMs));
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  open(): Promise<OpenAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
    this.#reject = reject;
    this.#send(resolve);
    return promise;
  }

  #create(): ClientRequest {
    const { url, method = 'GET', headers = {}, body, agent, limits } = this.#request;
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    // An agent that dials is given this signal with the options; Node itself would wait for the connection first.
    const options = { method, headers: { ...headers, ...length }, agent, signal: this.#dialing.signal };
    if (limits.connectMs !== undefined) this.#connect = timeLimit(limits.connectMs, () => this.#late(limits.connectMs));
    this.#restartSilenceTimer();
    return (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
  }

  #send(resolve: (answer: OpenAnswer) => void): void {
    let interim = 0;
    const outgoing = this.#outgoing;
    const failed = (error: unknown): void => {
      if (outgoing !== this.#outgoing) return;
      if (this.#canSendAgain()) this.#sendAgain(resolve);
      else this.#end(error);
    };
    outgoing
      .on('socket', (socket) => {
        this.#restartSilenceTimer();
        this.#bytesBefore = socket.bytesRead;
        // Over TLS nothing of the request leaves before both sides have agreed.
        const securing = (socket as { secureConnecting?: boolean }).secureConnecting === true;
        if (securing) socket.once('secureConnect', this.#connected);
        else if (socket.connecting) socket.once('connect', this.#connected);
        else this.#connected();
      })
      .on('information', () => {
        if (++interim > MAX_INTERIM) this.#end(this.#failure('broken', `more than ${MAX_INTERIM} interim responses`));
      })
      .on('upgrade', () => this.#end(this.#failure('refused', 'it answered 101 Switching Protocols')))
      .on('error', (error) => failed(this.#failureOf(error)))
      .on('close', () => {
        if (!this.#response) failed(this.#failure('broken', 'the connection was closed without an answer'));
      })
      .on('response', (response) => {
        this.#response = response;
        if (this.#request.limits.endless && response.statusCode === 200) this.#letItLast();
        this.#restartSilenceTimer();
        const refused = this.#request.redirects ? undefined : redirectOf(response);
        if (refused) this.#end(this.#failure('refused', refused));
        else resolve(this.#answer(response));
      })
      .end(this.#request.body);
  }

  /**
   * A server may close a kept connection at the moment it is used again. A read that got no byte of an answer there was not
   * answered, and can be sent again. Sources: RFC 9110, 9.2.2; Go, net/http, `shouldRetryRequest`.
   */
  #canSendAgain(): boolean {
    const { method = 'GET', body } = this.#request;
    const isRead = body === undefined && /^(GET|HEAD)$/.test(method);
    const { reusedSocket, socket } = this.#outgoing;
    return !this.#ended && !this.#response && isRead && reusedSocket && socket?.bytesRead === this.#bytesBefore;
  }

  /** Ends as soon as the connection is a new one: each that failed is gone from those that are kept. */
  #sendAgain(resolve: (answer: OpenAnswer) => void): void {
    this.#connect?.();
    this.#sent = false;
    this.#outgoing = this.#create();
    this.#send(resolve);
  }

  #answer(response: IncomingMessage): OpenAnswer {
    const { statusCode: status = 0, statusMessage: statusText = '', headers } = response;
    return { status, statusText, headers, body: this.#read(response), close: () => this.#end(undefined) };
  }

  async *#read(response: IncomingMessage): AsyncGenerator<Buffer> {
    const { maxBytes } = this.#request.limits;
    let bytes = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        this.#restartSilenceTimer();
        bytes += chunk.length;
        if (bytes > maxBytes) throw this.#failure('too-large', `the answer has more than ${maxBytes} bytes`);
        yield chunk;
      }
      if (this.#reason !== undefined) throw this.#reason;
    } catch (error) {
      throw this.#reason ?? (error instanceof HttpError ? error : this.#failureOf(error as Error));
    } finally {
      this.#release();
      if (!response.complete) this.#outgoing.destroy();
    }
  }

  /** Ends it from this side. Nothing waits for the other one to notice. */
  #end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reason = reason;
    this.#release();
    this.#dialing.abort();
    this.#outgoing.on('error', () => {}).destroy();
    this.#response?.on('error', () => {}).destroy(reason instanceof Error ? reason : undefined);
    this.#reject(reason);
  }

  readonly #abort = (): void => this.#end(this.#request.signal?.reason);

  readonly #connected = (): void => {
    this.#sent = true;
    this.#connect?.();
  };

  #letItLast(): void {
    this.#total?.();
    this.#idleMs = undefined;
  }

  #restartSilenceTimer(): void {
    const idleMs = this.#idleMs;
    this.#idle?.();
    if (idleMs !== undefined) this.#idle = timeLimit(idleMs, () => this.#late(idleMs, 'idle'));
  }

  #late(ms = 0, limit?: 'idle'): void {
    const time = formatDuration(ms);
    const within = limit === 'idle' ? `no data for ${time}` : `no complete answer within ${time}`;
    this.#end(this.#failure('timeout', this.#sent ? within : `no connection within ${time}`));
  }

  #release(): void {
    this.#total?.();
    this.#idle?.();
    this.#connect?.();
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }

  #failure(kind: HttpFailure, message: string, cause?: unknown): HttpError {
    return new HttpError({ kind, address: addressOf(this.#request.url), message, sent: this.#sent, cause });
  }

  #failureOf(error: NodeJS.ErrnoException): unknown {
    if (this.#reason !== undefined) return this.#reason;
    if (error instanceof HttpError) return error;
    return this.#failure(this.#sent ? 'broken' : 'unreachable', reasonOf(error), error);
  }
}

/** 300 to 399 but for "not modified", which asks for nothing. */
function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode < 300 || statusCode > 399 || statusCode === 304) return undefined;
  const target = headers.location === undefined ? undefined : URL.parse(headers.location);
  return `it answered ${statusCode}${target ? `, a redirect to ${addressOf(target)}` : ''}`;
}

interface CertificateError extends Error {
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string; readonly subject?: { readonly CN?: string } };
}

/** As Go says it: a reader compares the two lists. */
function wrongNames({ host, cert, message }: CertificateError): string {
  const names = (cert?.subjectaltname ?? cert?.subject?.CN)?.replaceAll(/\b(DNS|IP Address):/g, '');
  return names && host ? `its certificate is valid for ${names}, not for ${host}` : message;
}

/** What Node says, in words that say what to look at. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const { code = '', message } = error;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return 'the server does not speak TLS';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongNames(error as CertificateError);
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${code})`;
  if (code === 'ECONNRESET' && !/TLS/.test(message)) return 'the connection was reset';
  return message || code || 'the connection was lost';
}

/**
 * The JSON of an answer.
 * @throws HttpError `not-json` with how the text begins: what does not parse is the other side's fault
 */
export function jsonOf<T>(text: string, url: URL): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const begin = text.trim().slice(0, 60).replaceAll(/\s+/g, ' ');
    const message = begin === '' ? 'the answer is empty' : `the answer is not JSON, it begins with: ${begin}`;
    throw new HttpError({ kind: 'not-json', address: addressOf(url), message, sent: true, cause });
  }
}
