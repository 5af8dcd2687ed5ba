import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Address } from '../../../../src/host/machine.ts';
import { machineContract, programContract, type Subject } from '../machine-contract.ts';
import { type Behaviour, SshNode, SUDO_PASSWORD } from './ssh-node.ts';

interface Way {
  readonly behaviour: Behaviour;
  readonly environment?: Record<string, string>;
  readonly runsPrograms?: boolean;
}

const WAYS: Readonly<Record<string, Way>> = {
  'as root': { behaviour: {}, runsPrograms: true },
  'with sudo that asks for a password': {
    behaviour: { loginUid: 1000, sudoPassword: SUDO_PASSWORD },
    environment: { EDGEADM_SUDO_PASSWORD: SUDO_PASSWORD },
  },
  'without SFTP': { behaviour: { hasSftp: false } },
};

for (const [way, { behaviour, environment = {}, runsPrograms }] of Object.entries(WAYS)) {
  describe(`a machine over SSH, ${way}`, function () {
    this.timeout(30_000);
    let node: SshNode;
    let subject: Subject;
    let echo: Echo;
    before(async () => {
      node = await SshNode.start(behaviour);
      echo = await Echo.start(join(node.folder, 'echo.sock'));
      const machine = await node.open({ environment });
      subject = { machine, folder: join(node.folder, 'work'), root: process.getuid?.() === 0, echo: echo.addresses };
    });
    after(async () => {
      await subject?.machine.close();
      echo.stop();
      await node.stop();
    });
    machineContract(() => subject);
    if (runsPrograms) programContract(() => subject);
  });
}

/** Servers that send back what they get. */
class Echo {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly addresses: Address[] = [];

  static async start(path: string): Promise<Echo> {
    const echo = new Echo();
    const tcp = await echo.#listen({ port: 0, host: '127.0.0.1' });
    await echo.#listen({ path });
    const { port } = tcp.address() as { port: number };
    echo.addresses.push({ host: '127.0.0.1', port }, { socket: path });
    return echo;
  }

  #listen(where: object): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)));
      socket.on('error', () => {}).pipe(socket);
    });
    this.#servers.push(server);
    return new Promise((resolve) => server.listen(where, () => resolve(server)));
  }

  stop(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
