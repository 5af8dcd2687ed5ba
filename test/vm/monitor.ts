import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

/** qemu's monitor: https://www.qemu.org/docs/master/interop/qmp-spec.html */
export class Monitor implements AsyncDisposable {
  private readonly socket: Socket;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.lines = createInterface({ input: socket });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  static async open(path: string): Promise<Monitor> {
    const socket = connect(path);
    await once(socket, 'connect');
    const monitor = new Monitor(socket);
    await monitor.call('qmp_capabilities');
    return monitor;
  }

  /** Gives a command's answer; events and the greeting are passed over. */
  async call(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    this.socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    for (;;) {
      const { value, done } = await this.answers.next();
      if (done) throw new Error(`qemu ended before it answered ${execute}`);
      const message = JSON.parse(value);
      if (message.error) throw new Error(`qemu: ${execute}: ${message.error.desc}`);
      if ('return' in message) return message.return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lines.close();
    this.socket.destroy();
  }
}
