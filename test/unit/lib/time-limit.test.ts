import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { timeLimit } from '../../../src/lib/time-limit.ts';

/** As a process that was not given a processor, or parsed something long. */
const beBusy = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

describe('a time limit', () => {
  it('an answer that arrived in time is not late, even if this process was busy until the limit had passed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [socket] = (await once(server, 'connection')) as [Socket];
    try {
      const outcome = await new Promise<string>((resolve) => {
        setImmediate(() => {
          const end = timeLimit(5, () => resolve('late'));
          client.once('data', (bytes) => {
            end();
            resolve(String(bytes));
          });
          socket.write('answered');
          beBusy(20);
        });
      });
      assert.equal(outcome, 'answered');
    } finally {
      client.destroy();
      server.close();
    }
  });

  it('a time limit is over once its time is, and never after it was ended', async () => {
    const calls: string[] = [];
    const end = timeLimit(1, () => calls.push('ended'));
    await new Promise<void>((resolve) => void timeLimit(5, resolve));
    end();
    assert.deepEqual(calls, ['ended']);
    timeLimit(1, () => calls.push('never'))();
    await new Promise<void>((resolve) => void timeLimit(5, resolve));
    assert.deepEqual(calls, ['ended']);
  });
});
