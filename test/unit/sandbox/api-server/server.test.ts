import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1ConfigMap, V1Service } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { adminKubeconfig, startApiServer } from '../../../../sandbox/api-server/index.ts';
import { issuerOf, sandboxPki } from '../../../../sandbox/pki.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { CLUSTER_INFO_PATH, parseClusterInfo } from '../../../../src/kubernetes/api/cluster-info.ts';
import { certificateRequest, generateKey } from '../../../../src/pki/certificate-request.ts';
import { issueCertificate } from '../../../../src/pki/issue-certificate.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const ends: (() => unknown)[] = [];

async function start({ store = openStore(':memory:'), now = Date.now }: { store?: Store; now?: () => number } = {}) {
  const pki = await sandboxPki(store);
  const { url, close } = await startApiServer({ store, pki, port: 0, version: 'v1.20.2', now });
  ends.push(close);
  const as = (credentials: { cert?: string; key?: string; token?: string }): ApiClient => {
    const client = new ApiClient({ servers: [url], ca: pki.caPem, ...credentials }, async ({ host, port }) =>
      connect(port, host),
    );
    ends.push(() => client.close());
    return client;
  };
  return { url, pki, store, close, as, admin: as({ cert: pki.adminCert, key: pki.adminKey }) };
}

const configMap = { metadata: { name: 'kept' }, data: { a: 'b' } };
const MAPS = '/api/v1/namespaces/default/configmaps';

describe("the sandbox's API server", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => rm(folder, { recursive: true }));

  it('says in every certificate that it is a sandbox, and is for this machine alone', async () => {
    const { pki, url } = await start();
    for (const pem of [pki.caPem, pki.servingCert, pki.adminCert]) {
      const { subject, issuer } = new X509Certificate(pem);
      assert.match(subject, /CN=edgeadm sandbox/);
      assert.match(issuer, /edgeadm sandbox: not for production/);
    }
    assert.equal(new X509Certificate(pki.servingCert).subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
    assert.equal(new URL(url).hostname, '127.0.0.1');
  });

  it('answers no page whose own name was made to mean this machine (DNS rebinding)', async () => {
    const { url, pki } = await start();
    for (const [host, status] of [
      ['rebound.example', 421],
      ['127.0.0.1.rebound.example', 421],
      [new URL(url).host, 200],
      ['localhost', 200],
    ] as const) {
      const options = { ca: pki.caPem, headers: { host }, checkServerIdentity: () => undefined };
      const [response] = await once(get(`${url}/version`, options), 'response');
      response.resume();
      assert.equal(response.statusCode, status, host);
    }
  });

  it('keeps its CA, its objects and its resource versions over a restart', async () => {
    const path = join(folder, 'restart.db');
    const first = await start({ store: openStore(path) });
    await first.admin.create(MAPS, configMap);
    const before = await first.admin.get<V1ConfigMap>(`${MAPS}/kept`);
    await first.close();
    first.store.close();
    const store = openStore(path);
    const second = await start({ store });
    assert.equal(second.pki.caPem, first.pki.caPem);
    assert.deepEqual(await second.admin.get(`${MAPS}/kept`), before);
    const changed = await second.admin.patch<V1ConfigMap>(`${MAPS}/kept`, { data: { a: 'c' } });
    assert.ok(Number(changed?.metadata?.resourceVersion) > Number(before.metadata?.resourceVersion));
    const info = parseClusterInfo(await second.admin.request('GET', CLUSTER_INFO_PATH));
    assert.equal(info.advertisedServer, second.url, 'cluster-info names the port of now');
    const { spec } = await second.admin.get<V1Service>('/api/v1/namespaces/default/services/kubernetes');
    assert.equal(spec?.ports?.[0]?.targetPort, Number(new URL(second.url).port));
    ends.unshift(() => store.close());
  });

  it('tells a watch from before a restart that it has to begin again', async () => {
    const store = openStore(':memory:');
    const first = await start({ store });
    const { metadata } = await first.admin.get<V1ConfigMap>('/api/v1/namespaces');
    await first.admin.create(MAPS, configMap);
    await first.close();
    const { admin } = await start({ store });
    const query = `watch=true&resourceVersion=${metadata?.resourceVersion}`;
    for await (const { type, object } of admin.watch<{ code: number }>(
      `${MAPS}?${query}`,
      new AbortController().signal,
    ))
      assert.deepEqual([type, object.code], ['ERROR', 410]);
  });

  it('lets a token in until the second it expires, and then takes it away', async () => {
    let clock = Date.now();
    const { admin, as } = await start({ now: () => clock });
    const stringData = {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      expiration: new Date(clock + 3_600_000).toISOString(),
    };
    const metadata = { name: 'bootstrap-token-abcdef' };
    await admin.create(SECRETS, { metadata, type: 'bootstrap.kubernetes.io/token', stringData });
    const client = as({ token: 'abcdef.0123456789abcdef' });
    assert.equal((await client.send('GET', '/version')).status, 200);
    const info = parseClusterInfo(await as({}).request('GET', CLUSTER_INFO_PATH));
    assert.deepEqual([...info.signatures.keys()], ['abcdef']);
    clock += 3_600_001;
    assert.equal((await client.send('GET', '/version')).status, 401);
    for (let look = 0; look < 40 && (await admin.find(`${SECRETS}/bootstrap-token-abcdef`)); look++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await admin.find(`${SECRETS}/bootstrap-token-abcdef`), undefined);
  });

  it('refuses a certificate that another CA issued, or that is for servers', async () => {
    const { pki, as } = await start();
    const key = await generateKey();
    const parts = {
      subject: { commonName: 'me', organizations: ['system:masters'] },
      publicKey: key.publicKey,
      usages: ['digital signature', 'client auth'],
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 60_000),
    };
    const foreign = issueCertificate({ ...issuerOf(pki), ...key }, parts);
    const server = issueCertificate(issuerOf(pki), { ...parts, usages: ['digital signature', 'server auth'] });
    const expired = issueCertificate(issuerOf(pki), { ...parts, notAfter: new Date(Date.now() - 1000) });
    for (const cert of [foreign, server, expired])
      assert.equal((await as({ cert, key: key.privatePem }).send('GET', '/version')).status, 401);
    const good = issueCertificate(issuerOf(pki), parts);
    assert.equal((await as({ cert: good, key: key.privatePem }).send('GET', '/api/v1/nodes')).status, 200);
  });

  it('writes a kubeconfig that works, and takes the administrator’s bearer token too', async () => {
    const { pki, url, as } = await start();
    const config = load(adminKubeconfig(pki, url)) as {
      clusters: { cluster: { server: string } }[];
      users: { user: Record<string, string> }[];
    };
    const user = config.users[0]?.user ?? {};
    const text = (name: string): string => Buffer.from(user[name] ?? '', 'base64').toString('utf8');
    assert.equal(config.clusters[0]?.cluster.server, url);
    const byCertificate = as({ cert: text('client-certificate-data'), key: text('client-key-data') });
    for (const client of [byCertificate, as({ token: pki.adminToken })])
      assert.equal((await client.send('GET', '/api/v1/secrets')).status, 200);
  });

  it('answers a body that is too large, or no request at all, without falling over', async () => {
    const { admin } = await start();
    const huge = { metadata: { name: 'x' }, data: { a: 'x'.repeat(4 * 1024 * 1024) } };
    assert.equal((await admin.send('POST', MAPS, { body: huge })).status, 413);
    const odd = { metadata: { name: 'x', labels: null }, data: null };
    assert.equal((await admin.send('POST', MAPS, { body: odd })).status, 201);
    const request = Buffer.from(certificateRequest(await generateKey(), { commonName: '', organizations: [] }));
    const body = {
      metadata: { name: 'x' },
      spec: { request: request.toString('base64'), signerName: 'example.com/x', usages: ['any'] },
    };
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    assert.equal((await admin.send('POST', path, { body })).status, 201);
    assert.equal((await admin.send('GET', '/api/v1/nodes/%E0%A4%A')).status, 400);
  });
});
