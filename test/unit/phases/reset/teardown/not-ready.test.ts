import assert from 'node:assert/strict';
import { nodeCredentials } from '../../../../../src/phases/node-credentials.ts';
import { markNotReady } from '../../../../../src/phases/reset/teardown/not-ready.ts';
import { generateKey } from '../../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../../src/pki/self-signed.ts';
import { fakeHost } from '../../../fake-host.ts';
import { type ApiAnswer, apiServer } from '../../../kubernetes/api-server.ts';
import { recordedLog } from '../../../recorded-log.ts';

const NODE = '/api/v1/nodes/edge-1';
const signal = new AbortController().signal;

const kubeconfig = (server: string): string =>
  JSON.stringify({ clusters: [{ name: 'c', cluster: { server } }], users: [], contexts: [] });

/** Certificate and key in one file, as the kubelet keeps them. */
async function pair(from = new Date()): Promise<string> {
  const key = await generateKey();
  const subject = { commonName: 'system:node:edge-1', organizations: ['system:nodes'] };
  return selfSignedCertificate(key, subject, {}, from) + key.privatePem;
}

async function joinedNode(answers: Record<string, ApiAnswer>) {
  const api = await apiServer(({ method, path }) => answers[`${method} ${path}`]);
  const host = fakeHost({
    connect: api.connect,
    facts: { machineId: 'mine' },
    files: {
      '/etc/kubernetes/pki/ca.crt': api.ca,
      '/etc/kubernetes/kubelet.conf': kubeconfig('http://127.0.0.1:10261'),
      '/var/lib/yurthub/yurthub.conf': kubeconfig(api.server),
      '/var/lib/kubelet/pki/kubelet-client-current.pem': await pair(),
    },
  });
  const credentials = await nodeCredentials(host);
  assert.ok(credentials);
  return { api, host, credentials };
}

describe('telling the cluster that a node leaves', () => {
  it("sets Ready to False with the node's own certificate, at the server behind its hub", async () => {
    const { api, host, credentials } = await joinedNode({ [`GET ${NODE}`]: {}, [`PATCH ${NODE}/status`]: {} });
    const log = recordedLog();
    await markNotReady(host, credentials, { log, signal });
    const patch = api.requests.find(({ method }) => method === 'PATCH');
    assert.equal(patch?.user, 'system:node:edge-1');
    assert.equal(patch?.contentType, 'application/strategic-merge-patch+json');
    assert.match(JSON.stringify(patch?.body), /"type":"Ready","status":"False"/);
    assert.match(log.lines.join(), /Node edge-1 is marked NotReady/);
  });

  it('a join that is rolled back names the command that deletes the Node, which the node itself may not', async () => {
    const { host, credentials } = await joinedNode({ [`GET ${NODE}`]: {}, [`PATCH ${NODE}/status`]: {} });
    const log = recordedLog();
    await markNotReady(host, credentials, { log, signal, ofRollBack: true });
    assert.match(log.lines.join(), /is marked NotReady; unless this machine .*: kubectl delete node edge-1/);
  });

  it('leaves the Node of another machine alone', async () => {
    const other = { status: { nodeInfo: { machineID: 'another' } } };
    const { api, host, credentials } = await joinedNode({ [`GET ${NODE}`]: other, [`PATCH ${NODE}/status`]: {} });
    await markNotReady(host, credentials, { log: recordedLog(), signal });
    assert.deepEqual(
      api.requests.map(({ method }) => method),
      ['GET'],
    );
  });

  it('telling the cluster that a node leaves is no failure if the cluster refuses or cannot be reached, only a warning', async () => {
    const { host, credentials } = await joinedNode({ [`GET ${NODE}`]: 403 });
    const log = recordedLog();
    await markNotReady(host, credentials, { log, signal });
    await markNotReady(fakeHost(), credentials, { log, signal });
    assert.equal(log.lines.length, 2);
    for (const line of log.lines)
      assert.match(line, /^warning The cluster could not be notified.*kubectl delete node edge-1/);
  });

  it('telling the cluster that a node leaves is only planned in a dry run', async () => {
    const { api, host, credentials } = await joinedNode({ [`GET ${NODE}`]: {} });
    const plans: string[] = [];
    await markNotReady(host, credentials, { log: recordedLog(), signal, planWrite: (action) => plans.push(action) });
    assert.deepEqual(plans, [`PATCH ${NODE}/status at the API server`]);
    assert.ok(!api.requests.some(({ method }) => method === 'PATCH'));
  });
});

describe('credentials that a node still holds', () => {
  it("credentials that a node still holds are edge-hub's if the kubelet has none", async () => {
    const host = fakeHost({
      files: {
        '/etc/kubernetes/pki/ca.crt': 'CA',
        '/var/lib/edge-hub/edge-hub.conf': kubeconfig('https://10.0.0.1:6443'),
        '/var/lib/edge-hub/pki/edge-hub-current.pem': await pair(),
      },
    });
    const credentials = await nodeCredentials(host);
    assert.equal(credentials?.nodeName, 'edge-1');
    assert.deepEqual(credentials?.connection.servers, ['https://10.0.0.1:6443']);
  });

  it('credentials that a node still holds are those that are good for longest: kubelet and hub each renew their own', async () => {
    const hubs = await pair();
    const host = fakeHost({
      files: {
        '/etc/kubernetes/pki/ca.crt': 'CA',
        '/var/lib/edge-hub/edge-hub.conf': kubeconfig('https://10.0.0.1:6443'),
        '/var/lib/edge-hub/pki/edge-hub-current.pem': hubs,
        '/var/lib/kubelet/pki/kubelet-client-current.pem': await pair(new Date('2020-01-01')),
      },
    });
    assert.ok(hubs.includes((await nodeCredentials(host))?.connection.cert ?? 'none'));
  });

  it('credentials that a node still holds are none if the certificate, the CA or the address is gone', async () => {
    const files = {
      '/etc/kubernetes/pki/ca.crt': 'CA',
      '/etc/kubernetes/kubelet.conf': kubeconfig('https://10.0.0.1:6443'),
      '/var/lib/kubelet/pki/kubelet-client-current.pem': await pair(),
    };
    for (const path of Object.keys(files)) {
      assert.equal(await nodeCredentials(fakeHost({ files: { ...files, [path]: undefined } })), undefined);
    }
    assert.ok(await nodeCredentials(fakeHost({ files })));
  });
});
