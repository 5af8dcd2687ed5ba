import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Address } from '../../../src/host/machine.ts';
import { type Misbehave, misbehaveOn } from '../../unit/http/hostile-server.ts';

/** What goes wrong. */
interface Fault {
  /** Number of the request, from 0. */
  readonly at: number;
  readonly misbehave: Misbehave;
  /** Called once it has gone wrong. */
  readonly afterwards?: () => void;
}

/**
 * The way of one node to the API server. Requests that come by it are counted, and one of them is answered by a server
 * that misbehaves: with the right certificate, as a proxy or a broken API server does.
 */
export class HostileApi {
  /** How many requests came. */
  requests = 0;
  fault: Fault | undefined;
  readonly #apiPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Ports of this machine from which the API server sees connections of this way. */
  readonly #ports = new Set<number | undefined>();

  private constructor(apiPort: number) {
    this.#apiPort = apiPort;
    this.#server = createServer((socket) => this.#relay(socket));
  }

  static async open(apiPort: number): Promise<HostileApi> {
    const way = new HostileApi(apiPort);
    await new Promise<void>((resolve) => way.#server.listen(0, '127.0.0.1', resolve));
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Leads connections to the API server over this way. */
  dial(address: Address): Address {
    if (!('port' in address) || address.port !== this.#apiPort) return address;
    return { ...address, port: this.port };
  }

  /** @returns whether the request goes wrong here */
  takes({ socket }: IncomingMessage): boolean {
    if (!this.#ports.has(socket.remotePort) || this.requests++ !== this.fault?.at) return false;
    misbehaveOn(socket, this.fault.misbehave);
    this.fault.afterwards?.();
    return true;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #relay(socket: Socket): void {
    const onward = dial(this.#apiPort, '127.0.0.1', () => {
      this.#ports.add(onward.localPort);
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(end);
      end.on('error', () => {}).on('close', () => other.destroy());
    }
  }
}
