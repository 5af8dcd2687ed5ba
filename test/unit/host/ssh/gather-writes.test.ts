import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { gatherWrites } from '../../../../src/host/ssh/gather-writes.ts';

describe('writes to an SSH connection', () => {
  it('writes to a socket that come before the program waits again go out together, in their order, and so does what ends it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const accepted = once(server, 'connection');
      const socket = gatherWrites(connect((server.address() as AddressInfo).port, '127.0.0.1'));
      const [peer] = await accepted;
      if (socket.connecting) await once(socket, 'connect');
      const received: Buffer[] = [];
      peer.on('data', (chunk: Buffer) => received.push(chunk));
      socket.write('one ');
      socket.write('two ');
      assert.equal(socket.writableLength, 'one two '.length, 'a piece was handed over by itself');
      await once(peer, 'data');
      assert.equal(socket.writableLength, 0);
      socket.write('three ');
      socket.end('four');
      await once(peer, 'end');
      assert.equal(Buffer.concat(received).toString(), 'one two three four');
      socket.destroy();
    } finally {
      server.close();
    }
  });
});
