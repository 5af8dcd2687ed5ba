import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server, type TLSSocket } from 'node:tls';
import { generateKey } from '../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../src/pki/self-signed.ts';
import { MODES, misbehaveOn } from '../unit/http/hostile-server.ts';
import { startEdgeadm } from './program.ts';

/** The command has five seconds, and is killed after this: without limits of its own it would stay for ever. */
const MAX_MS = 30_000;
const TOKEN = 'abcdef.0123456789abcdef';

/** Whoever is on the way to the API server answers before the node can know who it is. */
describe('the program with an API server that misbehaves', function () {
  this.timeout(120_000);
  let root: string;
  let server: Server;
  let mode = '';
  const sockets = new Set<TLSSocket>();

  before(async () => {
    const key = await generateKey();
    const cert = selfSignedCertificate(key, { commonName: 'kubernetes', organizations: [] }, { ips: ['127.0.0.1'] });
    server = createTlsServer({ key: key.privatePem, cert }, (socket) => {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .once('data', () => {
          server.emit('asked');
          misbehaveOn(socket, MODES[mode] ?? (() => {}));
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-hostile-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  function start(command: string) {
    const { port } = server.address() as AddressInfo;
    const cluster = [`127.0.0.1:${port}`, '--token', TOKEN, '--discovery-token-unsafe-skip-ca-verification'];
    return startEdgeadm([command, ...cluster, '--root', root, '--timeout', '5s'], { killAfterMs: MAX_MS });
  }

  for (const each of Object.keys(MODES)) {
    it(`preflight ends with an error within its --timeout if the API server ${each}`, async () => {
      mode = each;
      const asked = once(server, 'asked');
      const { exitCode, stdout, stderr, signal } = await start('preflight');
      assert.equal(signal, undefined, 'it had to be killed');
      await asked;
      assert.notEqual(exitCode, 0);
      assert.doesNotMatch(`${stdout}${stderr}`, /INTERNAL|fault of its own|node:internal/);
      assert.doesNotMatch(`${stdout}${stderr}`, new RegExp(TOKEN.split('.')[1] ?? ''));
    });
  }

  for (const signalName of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`join ends at the first ${signalName} while the API server says nothing`, async () => {
      mode = 'says nothing';
      const asked = once(server, 'asked');
      const running = start('join');
      await asked;
      running.kill(signalName);
      const { signal, exitCode } = await running;
      assert.equal(signal, undefined, 'it had to be killed');
      assert.notEqual(exitCode, 0);
    });
  }
});
