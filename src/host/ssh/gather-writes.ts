import type { Socket } from 'node:net';

/**
 * Sends in one go whatever is written to a socket before the program waits again. ssh2 writes each packet in three
 * pieces, often several packets one after another, and each piece would be a system call and a segment of its own.
 * @param socket one that was told to connect: Node.js puts its own `write` in place then
 */
export function gatherWrites(socket: Socket): Socket {
  const write: typeof socket.write = socket.write.bind(socket);
  socket.write = ((...args: Parameters<typeof write>) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...args);
  }) as typeof write;
  return socket;
}
