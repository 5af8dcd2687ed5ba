import assert from 'node:assert/strict';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import {
  notApproved,
  requestCertificate,
  requestNameOf,
  type SigningOptions,
} from '../../../../src/kubernetes/csr/certificate-signing.ts';
import { generateKey, keyPairOf } from '../../../../src/pki/certificate-request.ts';
import { apiServer } from '../api-server.ts';

describe('a certificate signing request', () => {
  const asked = async (isThere: boolean): Promise<string[]> => {
    const requests: string[] = [];
    const server = await apiServer(({ method, path }) => {
      requests.push(`${method} ${path.split('?')[0]}`);
      if (method !== 'POST') return { metadata: { name: 'edgeadm-x' } };
      return isThere
        ? { status: 409, body: { kind: 'Status', reason: 'AlreadyExists', message: 'edgeadm-x' } }
        : { status: 201, body: { metadata: { name: 'edgeadm-x', resourceVersion: '1' } } };
    });
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    try {
      const result = await requestCertificate(client, requestOf());
      assert.equal(result?.name, 'edgeadm-x');
      return requests;
    } finally {
      client.close();
    }
  };
  const requestOf = (timeoutMs = 50): SigningOptions => ({
    name: 'edgeadm-x',
    request: 'PEM',
    signer: 'kubernetes.io/kube-apiserver-client-kubelet',
    usage: 'client',
    clusterVersion: 'v1.20.2',
    timeoutMs,
    signal: AbortSignal.timeout(5000),
  });
  const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

  it('a certificate signing request that an earlier run left is waited for, instead of made a second time', async () => {
    assert.deepEqual((await asked(true)).slice(0, 2), [`POST ${PATH}`, `GET ${PATH}/edgeadm-x`]);
    assert.ok(!(await asked(false)).includes(`GET ${PATH}/edgeadm-x`));
  });

  it('a certificate signing request whose fate the API server no longer tells is not called pending', async () => {
    const server = await apiServer(({ method }) =>
      method === 'POST' ? { status: 201, body: { metadata: { name: 'edgeadm-x' } } } : 503,
    );
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    using _ = { [Symbol.dispose]: () => client.close() };
    // Time for one answer on a busy machine.
    const result = await requestCertificate(client, requestOf(1000));
    assert.ok(result);
    const { code, why } = notApproved(result, 'kubernetes.io/kube-apiserver-client-kubelet', 50);
    assert.equal(code, 'CSR_NOT_ISSUED');
    assert.match(why ?? '', /^it is unknown whether it was: .*HTTP 503/);
  });

  it('a certificate signing request has the same name for the same key, and another one for another key', async () => {
    const [key, other] = await Promise.all([generateKey(), generateKey()]);
    const again = keyPairOf(key.privatePem);
    assert.ok(again);
    assert.equal(requestNameOf(again.publicKey), requestNameOf(key.publicKey));
    assert.notEqual(requestNameOf(other.publicKey), requestNameOf(key.publicKey));
    assert.equal(keyPairOf('half a key'), undefined);
  });
});
