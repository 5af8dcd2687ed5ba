import assert from 'node:assert/strict';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { requestCertificate } from '../../../../src/kubernetes/csr/certificate-signing.ts';
import { apiServer } from '../api-server.ts';

describe('a certificate signing request', () => {
  const ask = async (taken: number) => {
    let posts = 0;
    const server = await apiServer(({ method }) => {
      if (method !== 'POST') return { items: [] };
      posts += 1;
      return posts <= taken
        ? { status: 409, body: { kind: 'Status', reason: 'AlreadyExists', message: 'edgeadm-x' } }
        : { status: 201, body: { metadata: { name: 'edgeadm-y', resourceVersion: '1' } } };
    });
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    const signing = requestCertificate(client, {
      request: 'PEM',
      signer: 'kubernetes.io/kube-apiserver-client-kubelet',
      usage: 'client',
      clusterVersion: 'v1.20.2',
      timeoutMs: 50,
      signal: AbortSignal.timeout(5000),
    });
    return signing.finally(() => client.close());
  };

  it('a certificate signing request is made again where the API server made up a name that is taken', async () => {
    assert.equal((await ask(1))?.name, 'edgeadm-y');
  });

  it('fails where that happens again and again', async () => {
    await assert.rejects(ask(9), /AlreadyExists/);
  });
});
