import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';

/** What a server does to a connection that has sent it a request. */
export type Misdeed = (response: ServerResponse, server: HostileServer) => void;

export interface HostileServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** PEM of its certificate, which is its own CA. */
  readonly ca: string;
  /** Requests that it was sent, each by its path. */
  readonly requests: string[];
  /** Bytes of answers that clients took from it. */
  bytesTaken: number;
  /** True once a client ended a connection whose answer was not whole. */
  readonly hungUp: Promise<void>;
  misdeed: Misdeed;
  close(): Promise<void>;
}

/** A server over verified TLS on a free port that answers every request as its misdeed says. */
export async function hostileServer(misdeed: Misdeed): Promise<HostileServer> {
  const key = await generateKey();
  const ca = selfSignedCertificate(key, { commonName: 'hostile', organizations: [] }, { ips: ['127.0.0.1'] });
  const sockets = new Set<Socket>();
  const hungUp = Promise.withResolvers<void>();
  const server = createServer({ cert: ca, key: key.privatePem }, (request, response) => {
    state.requests.push(request.url ?? '');
    request.resume();
    response.on('close', () => hungUp.resolve());
    state.misdeed(response, state);
  });
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      state.bytesTaken += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const state: HostileServer = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca,
    requests: [],
    bytesTaken: 0,
    hungUp: hungUp.promise,
    misdeed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}

/** An answer in one piece. */
export function answers(status: number, body: string, headers: Record<string, string> = {}): Misdeed {
  return (response) => response.writeHead(status, headers).end(body);
}

/** Bytes as they come, without the server's own idea of HTTP. */
function raw(text: string, end = true): Misdeed {
  return ({ socket }) => {
    socket?.write(text);
    if (end) socket?.end();
  };
}

/** The same piece again and again: with a pause of some milliseconds, or, at 0, as fast as it is taken. */
function repeats(piece: string, pauseMs: number, head = ''): Misdeed {
  return ({ socket }) => {
    if (!socket) return;
    if (head) socket.write(head);
    if (pauseMs > 0) {
      const timer = setInterval(() => socket.write(piece), pauseMs);
      socket.on('close', () => clearInterval(timer));
      return;
    }
    const write = (): void => {
      while (!socket.destroyed && socket.write(piece)) {}
    };
    socket.on('drain', write);
    write();
  };
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
const MIB_CHUNK = `100000\r\n${' '.repeat(1024 ** 2)}\r\n`;

/** What no API of the cloud answers, whichever call it is. */
export const NO_ANSWERS: Readonly<Record<string, Misdeed>> = {
  'switches protocols': raw('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', false),
  'answers 204 without a body': answers(204, ''),
  'answers an empty body': answers(200, ''),
  'answers null': answers(200, 'null'),
  'answers a list': answers(200, '[]'),
  'answers an empty map': answers(200, '{}'),
  'answers a number': answers(200, '5'),
  'answers a web page': answers(200, '<html>Log in to the hotel</html>', { 'content-type': 'text/html' }),
  'answers 502 with a web page': answers(502, '<html>bad gateway</html>', { 'content-type': 'text/html' }),
  'answers half of its JSON': answers(200, '{"nodepools":['),
  'cuts its answer off': raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"nodepools":['),
  'answers 200 with an error of the cloud': answers(200, '{"Code":"InternalError","Message":"m","RequestId":"R1"}'),
  'answers with a status that is none': raw('HTTP/1.1 999 ?\r\nContent-Length: 2\r\n\r\n{}'),
  'does not speak HTTP': raw('SSH-2.0-OpenSSH_9.2\r\n'),
  'closes the connection': ({ socket }) => socket?.destroy(),
};

/** What no request outlasts but by its time limit. */
export const NEVER_ENDING: Readonly<Record<string, Misdeed>> = {
  'says nothing': () => {},
  'floods its answer': repeats(MIB_CHUNK, 0, HEAD),
  'drips its answer': repeats('1\r\n \r\n', 20, HEAD),
  'drips its headers': repeats('x-a: b\r\n', 20, 'HTTP/1.1 200 OK\r\n'),
  'drips 1xx answers': repeats('HTTP/1.1 102 Processing\r\n\r\n', 20),
  'floods 1xx answers': repeats('HTTP/1.1 102 Processing\r\n\r\n'.repeat(100), 0),
};
