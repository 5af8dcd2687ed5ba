import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { AGENT_PATHS } from '../../src/host/scratch-agent.ts';

/** One port of a node's loopback, served. */
export interface ServedPort {
  close(): Promise<void>;
}

/**
 * The loopback ports of one node. Many nodes share one machine, so each port is a socket of its own in a short folder,
 * and a symlink in the node's root says which: `connect` of a scratch root follows it.
 */
export class NodePorts {
  readonly #root: string;
  readonly #sockets: string;
  readonly #taken = new Set<number>();

  /** @param sockets an existing folder with a short path, readable by its owner alone */
  constructor(root: string, sockets: string) {
    this.#root = root;
    this.#sockets = sockets;
  }

  /** @throws Error with EADDRINUSE if another program of the node has the port */
  async serve(port: number, listener: RequestListener): Promise<ServedPort> {
    if (this.#taken.has(port))
      throw new Error(`listen tcp 127.0.0.1:${port}: bind: address already in use (EADDRINUSE)`);
    this.#taken.add(port);
    const folder = join(this.#root, AGENT_PATHS.ports);
    const link = join(folder, `${port}.sock`);
    const socket = join(this.#sockets, `${randomBytes(6).toString('hex')}.sock`);
    const server = createServer({ keepAliveTimeout: 60_000 }, listener);
    await listen(server, socket);
    await mkdir(folder, { recursive: true });
    await rm(link, { force: true });
    await symlink(socket, link);
    return {
      close: async () => {
        this.#taken.delete(port);
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await rm(link, { force: true });
      },
    };
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}
