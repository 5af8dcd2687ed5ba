import assert from 'node:assert/strict';
import { deleteToken, joinLine } from '../../../../src/kubernetes/api/bootstrap-tokens.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { caHashes } from '../../../../src/pki/ca-hash.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { fakeCluster, TOKEN } from '../../fake-cluster.ts';
import { apiServer } from '../api-server.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';

describe('a bootstrap token', () => {
  it('a bootstrap token is deleted by its id or as a whole; one that is not there is named', async () => {
    const server = await apiServer(({ path }) => (path === `${SECRETS}/bootstrap-token-abcdef` ? {} : undefined));
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    assert.equal(await deleteToken(client, 'abcdef'), 'abcdef');
    assert.equal(await deleteToken(client, 'abcdef.0123456789abcdef'), 'abcdef');
    assert.equal(server.requests.filter(({ method }) => method === 'DELETE').length, 2);
    await assert.rejects(deleteToken(client, 'aaaaaa'), {
      code: 'TOKEN_UNKNOWN_OR_EXPIRED',
      what: 'token aaaaaa not found',
    });
  });
});

describe('the join line that a cluster prints', () => {
  it('the join line that a cluster prints pins each CA of a rotation, as kubeadm prints it', async () => {
    const otherCa = selfSignedCertificate(await generateKey(), { commonName: 'kubernetes', organizations: [] }, {});
    const { connect, server, caCertHash, ca } = await fakeCluster({ otherCa });
    const client = new ApiClient({ servers: [server], ca }, connect);
    const line = await joinLine(client, TOKEN);
    client.close();
    const pins = [`sha256:${caHashes(otherCa)[0]}`, caCertHash].map((pin) => ` --discovery-token-ca-cert-hash ${pin}`);
    assert.equal(line, `edgeadm join 10.0.0.1:6443 --token ${TOKEN}${pins.join('')}`);
  });
});
