import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What a server does with one request; undefined lets the next one have a look. */
export type Fault = (request: IncomingMessage, response: ServerResponse, data: Buffer) => boolean;

export interface WebServer {
  readonly url: string;
  /** Path, query string and Range of every request, in order. */
  readonly requests: readonly { readonly url: string; readonly range?: string; readonly authorization?: string }[];
  close(): Promise<void>;
}

export interface WebServerOptions {
  /** Contents by path; a query string is ignored. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** False: as Python's http.server, which knows no Range and no ETag. */
  readonly ranges?: boolean;
  /** Asked first, once a request. */
  readonly fault?: Fault;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A web server on loopback that can do wrong in every way that downloads meet. */
export async function webServer({ files, ranges = true, fault, tls }: WebServerOptions): Promise<WebServer> {
  const requests: WebServer['requests'][number][] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    const { url = '', headers } = request;
    requests.push({ url, range: headers.range, authorization: headers.authorization });
    const data = files.get(decodeURIComponent(url.split('?')[0] ?? '').slice(1));
    if (fault?.(request, response, data ?? Buffer.alloc(0))) return;
    if (!data) return void response.writeHead(404).end('not here');
    serve(request, response, data, ranges);
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ETAG = '"one"';

function serve(request: IncomingMessage, response: ServerResponse, data: Buffer, ranges: boolean): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const valid = request.headers['if-range'] === undefined || request.headers['if-range'] === ETAG;
  if (!ranges || start === 0 || !valid) {
    response.writeHead(200, { 'content-length': data.length, ...(ranges ? { etag: ETAG } : {}) }).end(data);
    return;
  }
  const headers = {
    'content-length': data.length - start,
    'content-range': `bytes ${start}-${data.length - 1}/${data.length}`,
    etag: ETAG,
  };
  response.writeHead(206, headers).end(data.subarray(start));
}

/**
 * Sends the first bytes of what was asked for and breaks the connection, for the first so many requests of a path.
 * @param etag empty for a server that knows no ranges either
 */
export function cut(path: string, bytes: number, times: number, etag = ETAG): Fault {
  let left = times;
  return (request, response, data) => {
    if (!request.url?.startsWith(path) || left-- <= 0) return false;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = start > 0 ? { 'content-range': `bytes ${start}-${data.length - 1}/${data.length}` } : {};
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': data.length - start,
      ...(etag && { etag }),
      ...range,
    });
    response.write(data.subarray(start, start + bytes), () => setTimeout(() => response.destroy(), 20));
    return true;
  };
}

/** Answers so for the first so many requests of a path. */
export function answer(path: string, status: number, times: number, headers: Record<string, string> = {}): Fault {
  let left = times;
  return (request, response) => {
    if (!request.url?.startsWith(path) || left-- <= 0) return false;
    response.writeHead(status, headers).end();
    return true;
  };
}
