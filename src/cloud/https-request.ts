import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';

const CONNECT_TIMEOUT_MS = 5_000;

export interface HttpsRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent: Agent;
  /** From the first byte of the connection to the last of the answer, milliseconds. */
  readonly timeoutMs: number;
  /** Of the answer's body. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** A whole answer, whatever its status. */
export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** There was no connection to send the request on. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
  /** Of Node's error: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string;

  constructor(cause: Error & { code?: string }) {
    super(cause.message || cause.code || 'the connection broke', { cause });
    this.code = cause.code ?? '';
  }
}

/** The server answered with something that is no answer to the request: a switch of protocols, too many bytes. */
export class NotAnAnswerError extends Error {
  override readonly name = 'NotAnAnswerError';
}

/**
 * Sends one request over verified TLS and reads the whole answer; redirects are not followed. It ends within its time
 * limit and holds no more than `maxBytes`, whatever the server does.
 * @throws NotSentError, NotAnAnswerError; the reason of the signal; what Node throws where the answer was lost
 */
export async function requestOverTls(options: HttpsRequest): Promise<HttpsAnswer> {
  const { timeoutMs, maxBytes, signal } = options;
  signal?.throwIfAborted();
  const limit = new AbortController();
  // AbortSignal.timeout would not keep the process alive until it fires.
  const timer = setTimeout(() => limit.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  const ended = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
  try {
    const response = await send(options, ended);
    const text = await readText(response, maxBytes);
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  } catch (error) {
    throw ended.aborted && !(error instanceof NotSentError) ? ended.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

function send({ url, method, headers, body, agent }: HttpsRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method, headers, agent, signal });
    let connected = false;
    const late = setTimeout(
      () => request.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    const ready = (): void => {
      connected = true;
      clearTimeout(late);
    };
    request.on('socket', (socket) => {
      if ((socket as TLSSocket & { secureConnecting?: boolean }).secureConnecting) socket.once('secureConnect', ready);
      else ready();
    });
    request.on('close', () => clearTimeout(late));
    request.on('error', (error) => reject(connected || signal.aborted ? error : new NotSentError(error)));
    // Without a listener Node drops such a connection without a word, and nothing would ever end the wait.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      reject(new NotAnAnswerError(`it answered ${response.statusCode} ${response.statusMessage ?? ''}`.trim()));
    });
    request.on('response', resolve);
    request.end(body);
  });
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw new NotAnAnswerError(`its answer has more than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
