import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

/** What the other side does once a connection is there. `every` repeats until the connection ends. */
export type Misbehave = (socket: Socket, every: (ms: number, action: () => void) => void) => void;

const HEAD = 'HTTP/1.1 200 OK\r\n';
/** Bytes that a server keeps for a client that does not read. */
const MAX_WAITING = 1024 ** 2;

/** Servers that nobody should wait for, by what they do. */
export const MODES: Readonly<Record<string, Misbehave>> = {
  'says nothing': () => {},
  'sends a byte of the headers now and then': (socket, every) => {
    const text = `${HEAD}X-Long: ${'a'.repeat(100_000)}`;
    let at = 0;
    every(20, () => socket.write(text[at++] ?? 'a'));
  },
  'sends a byte of the body now and then': (socket, every) => {
    socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`);
    every(20, () => socket.write('a'));
  },
  'sends an interim answer now and then': (socket, every) => {
    every(20, () => socket.write('HTTP/1.1 100 Continue\r\n\r\n'));
  },
  'floods interim answers': (socket, every) => {
    const flood = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1000);
    every(1, () => socket.write(flood));
  },
  'switches protocols': (socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  },
  'floods the body': (socket, every) => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`;
    every(1, () => socket.write(chunk));
  },
  'floods the headers': (socket, every) => {
    socket.write(HEAD);
    every(1, () => socket.write(`X-${Math.random()}: ${'a'.repeat(4096)}\r\n`));
  },
  'cuts the body': (socket) => {
    socket.end(`${HEAD}Content-Length: 1000\r\n\r\nhalf`);
  },
  'cuts the headers': (socket) => {
    socket.end(HEAD);
  },
  'closes at once': (socket) => {
    socket.destroy();
  },
  'sends no HTTP': (socket) => {
    socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n');
  },
  'redirects elsewhere': (socket) => {
    socket.end('HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/?secret=1\r\nContent-Length: 0\r\n\r\n');
  },
};

export interface HostileServer {
  readonly url: URL;
  /** Connections that were made. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** Lets a server misbehave on a connection, until that ends. */
export function misbehaveOn(socket: Socket, misbehave: Misbehave): void {
  const timers: NodeJS.Timeout[] = [];
  socket.once('close', () => timers.forEach(clearInterval));
  misbehave(socket, (ms, action) => {
    // A flood waits for its reader: what is not taken would fill the memory of the test.
    timers.push(setInterval(() => socket.writableLength < MAX_WAITING && action(), ms));
  });
}

/** A server of one mode on loopback. It misbehaves once a request has begun. */
export async function hostileServer(misbehave: Misbehave): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server: Server = createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', () => misbehaveOn(socket, misbehave));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/path?query=secret`),
    connections: () => count,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
