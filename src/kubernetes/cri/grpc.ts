import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { timeLimit } from '../../lib/time-limit.ts';

/** Status codes of gRPC that a caller tells apart. */
export const GRPC = { ok: 0, deadlineExceeded: 4, notFound: 5, unimplemented: 12, unavailable: 14 } as const;

/** A call that did not end with status OK; `message` is what the server said. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface CallOptions {
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Bytes before every message: one of flags and four of length. */
const PREFIX = 5;

/**
 * Unary gRPC calls over a connection that is already made: `@grpc/grpc-js` dials by itself and so cannot go through
 * SSH. (Protocol: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)
 */
export class GrpcChannel {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async over(connection: Duplex): Promise<GrpcChannel> {
    const { connect } = await import('node:http2');
    const session = connect('http://localhost', { createConnection: () => connection });
    // A broken connection fails every stream on it, which is where it is reported.
    session.on('error', () => {});
    return new GrpcChannel(session);
  }

  /** @throws GrpcError */
  async call(path: string, message: Uint8Array, { timeoutMs, signal }: CallOptions): Promise<Buffer> {
    const late = new AbortController();
    const limit = late.signal;
    const endLimit = timeLimit(timeoutMs, () => late.abort());
    try {
      const stream = this.#session.request(
        {
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          te: 'trailers',
          'grpc-timeout': `${timeoutMs}m`,
        },
        { signal: signal ? AbortSignal.any([limit, signal]) : limit },
      );
      stream.end(framed(message));
      return await answerOf(stream);
    } catch (error) {
      signal?.throwIfAborted();
      if (limit.aborted) throw new GrpcError(GRPC.deadlineExceeded, `no answer within ${timeoutMs / 1000} s`);
      throw error instanceof GrpcError ? error : new GrpcError(GRPC.unavailable, (error as Error).message);
    } finally {
      endLimit();
    }
  }

  close(): void {
    this.#session.destroy();
  }
}

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

async function answerOf(stream: ClientHttp2Stream): Promise<Buffer> {
  // Where the call failed at once, its status is in the headers and there are no trailers.
  let status: IncomingHttpHeaders = {};
  stream.on('response', (headers) => {
    status = headers;
  });
  stream.on('trailers', (trailers) => {
    status = trailers;
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const code = Number(status['grpc-status'] ?? GRPC.unavailable);
  if (code !== GRPC.ok) throw new GrpcError(code, textOf(status));
  return Buffer.concat(chunks).subarray(PREFIX);
}

function textOf(status: IncomingHttpHeaders): string {
  const message = String(status['grpc-message'] ?? '');
  if (message === '') return `HTTP status ${status[':status'] ?? 'unknown'}`;
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
