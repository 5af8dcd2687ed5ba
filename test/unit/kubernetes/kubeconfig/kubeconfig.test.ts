import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientFromKubeconfig } from '../../../../src/kubernetes/kubeconfig/kubeconfig.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { type ApiServer, apiServer } from '../api-server.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('kubeconfig', function () {
  // The official client is loaded, which takes its time on a busy machine.
  this.timeout(20_000);
  let folder: string;
  let server: ApiServer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-kubeconfig-'));
    server = await apiServer(() => ({}));
  });
  after(() => rm(folder, { recursive: true }));

  async function askWith(user: object, cluster: object = { 'certificate-authority-data': base64(server.ca) }) {
    const file = join(folder, 'admin.conf');
    const config = {
      clusters: [{ name: 'c', cluster: { server: server.server, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(file, JSON.stringify(config));
    const client = await clientFromKubeconfig(file, server.connect);
    await client.get('/version');
    client.close();
    return server.requests.at(-1);
  }

  it('logs in with a client certificate', async () => {
    const key = await generateKey();
    const cert = selfSignedCertificate(key, { commonName: 'admin', organizations: [] }, {});
    const request = await askWith({
      'client-certificate-data': base64(cert),
      'client-key-data': base64(key.privatePem),
    });
    assert.equal(request?.user, 'admin');
  });

  it('logs in with a token, in the file or in another one beside it', async () => {
    assert.equal((await askWith({ token: 'abc' }))?.authorization, 'Bearer abc');
    await writeFile(join(folder, 'ca.crt'), server.ca);
    const request = await askWith({ token: 'def' }, { 'certificate-authority': 'ca.crt' });
    assert.equal(request?.authorization, 'Bearer def');
  });

  it('logs in through a program, as the cloud providers have it', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'xyz' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'echo',
      args: [JSON.stringify(credential)],
      interactiveMode: 'Never',
    };
    assert.equal((await askWith({ exec }))?.authorization, 'Bearer xyz');
  });

  it('believes no server whose CA it was not told', async () => {
    await assert.rejects(askWith({ token: 'abc' }, {}), { code: 'API_UNREACHABLE', message: /self[- ]signed/ });
    assert.equal((await askWith({ token: 'abc' }, { 'insecure-skip-tls-verify': true }))?.authorization, 'Bearer abc');
  });

  it('says what is wrong with a file that cannot be used', async () => {
    const missing = join(folder, 'missing.conf');
    await assert.rejects(clientFromKubeconfig(missing, server.connect), {
      code: 'USAGE',
      what: `the kubeconfig ${missing} cannot be used`,
      message: /no such file/,
    });
    const empty = join(folder, 'empty.conf');
    await writeFile(empty, '{"clusters": [], "users": [], "contexts": [], "current-context": "gone"}');
    await assert.rejects(clientFromKubeconfig(empty, server.connect), {
      code: 'USAGE',
      message: /"gone" names no cluster/,
    });
  });
});
