import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../../sandbox/store.ts';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { clientInCluster } from '../../../../src/kubernetes/kubeconfig/in-cluster.ts';
import { redact } from '../../../../src/lib/redact.ts';
import { testPki } from '../../sandbox/test-pki.ts';

const TOKENS = ['first-token-0123456789', 'second-token-0123456789'] as const;

describe('a client in a pod', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-account-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const dial = ({ host, port }: { host: string; port: number }) =>
    new Promise<ReturnType<typeof connect>>((resolve, reject) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(socket)).once('error', reject);
    });

  it('asks the servers that nodes use first, then that of the service, with the token of this moment', async () => {
    const store = openStore(':memory:');
    const pki = await testPki();
    const seen: (string | undefined)[] = [];
    const server = createServer({ cert: pki.servingCert, key: pki.servingKey }, ({ headers }, response) => {
      seen.push(headers.authorization);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await writeFile(join(folder, 'ca.crt'), pki.caPem);
    await writeFile(join(folder, 'token'), `${TOKENS[0]}\n`);
    const env = {
      EDGEADM_API_SERVERS: 'https://127.0.0.1:1',
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
    };
    const client = clientInCluster(dial, {}, env, folder);
    try {
      await client.get('/version');
      await writeFile(join(folder, 'token'), TOKENS[1]);
      await client.get('/version');
      assert.deepEqual(
        seen,
        TOKENS.map((token) => `Bearer ${token}`),
      );
      assert.doesNotMatch(redact(`it is ${TOKENS[1]}`), /second/);
    } finally {
      client.close();
      server.close();
      store.close();
    }
  });

  it('says that this is no pod if there is no account', () => {
    assert.throws(
      () => clientInCluster(dial, {}, {}, folder),
      (error: EdgeadmError) => error.code === 'USAGE' && /edgeadm cluster upgrade start/.test(error.next),
    );
  });
});
