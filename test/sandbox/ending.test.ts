import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeadm, resultOf, startEdgeadm } from './program.ts';

const CLUSTER = ['--token', 'abcdef.0123456789abcdef', '--discovery-token-unsafe-skip-ca-verification'];

/** An API server that takes connections and never says a word. */
describe('A command whose API server never answers', () => {
  const sockets = new Set<Socket>();
  let server: Server;
  let address: string;
  let root: string;
  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    root = await mkdtemp(join(tmpdir(), 'edgeadm-ending-'));
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(root, { recursive: true, force: true });
  });

  for (const command of ['preflight', 'join']) {
    it(`${command} ends by its time limit with TIMEOUT, as JSON too`, async () => {
      const words = [command, address, ...CLUSTER, '--root', root, '--timeout', '2s', '-o', 'json'];
      const ended = await edgeadm(words);
      assert.equal(ended.exitCode, 1);
      const { ok, error } = resultOf(ended) as { ok: boolean; error: { code: string } };
      assert.deepEqual([ok, error.code], [false, 'TIMEOUT']);
    });

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`${command} is ended by the first ${signal} with 130, and leaves no lock`, async () => {
        const child = startEdgeadm([command, address, ...CLUSTER, '--root', root, '-v']);
        await once(server, 'connection');
        child.kill(signal);
        const { exitCode, stderr } = await child;
        assert.equal(exitCode, 130, stderr);
        assert.match(stderr, /INTERRUPTED/);
        assert.equal((await edgeadm(['reset', '--root', root])).exitCode, 0);
      });
    }
  }

  it('a join whose service cannot be opened ends at once, and keeps nothing waiting', async () => {
    const words = ['join', '--openapi-token', 'abc', '--region', 'cn-hangzhou', '--root', root];
    const ended = await edgeadm(words, { env: { EDGEADM_CLOUD_CA: '/nonexistent' } });
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /EDGEADM_CLOUD_CA/);
  });
});

describe('A command that destroys something, without a terminal', () => {
  const rows: [name: string, words: string[], needsYes: boolean][] = [
    ['reset of a host over SSH', ['reset', '--host', 'root@127.0.0.1'], true],
    ['reset of several hosts', ['reset', '--host', 'a', '--host', 'b'], true],
    ['reset of a scratch root', ['reset', '--root', '/nonexistent'], false],
  ];
  for (const [name, words, needsYes] of rows) {
    it(`${name} ${needsYes ? 'needs --yes, and says the line to run' : 'runs unattended'}`, async () => {
      const { exitCode, stderr } = await edgeadm(words);
      assert.equal(exitCode === 2 && stderr.includes('CONFIRMATION_NEEDED'), needsYes, stderr);
      if (needsYes) assert.ok(stderr.includes(`edgeadm ${words.join(' ')} --yes`), stderr);
    });
  }
});
