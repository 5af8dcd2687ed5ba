import assert from 'node:assert/strict';
import { connectionOf } from '../../../../src/kubernetes/kubeconfig/inline-kubeconfig.ts';
import { redact } from '../../../../src/lib/redact.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PAIR = await generateKey();
const CERTIFICATE = selfSignedCertificate(PAIR, { commonName: 'c', organizations: [] }, {});
const CLUSTER = { server: 'https://10.0.0.1:6443', 'certificate-authority-data': base64(CERTIFICATE) };
const USER = { 'client-certificate-data': base64(CERTIFICATE), 'client-key-data': base64(PAIR.privatePem) };

/** JSON is YAML. */
function kubeconfig(cluster: object = CLUSTER, user: object = USER): string {
  return JSON.stringify({
    'current-context': 'b',
    contexts: [
      { name: 'a', context: { cluster: 'other', user: 'other' } },
      { name: 'b', context: { cluster: 'c', user: 'u' } },
    ],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  });
}

describe('a kubeconfig that the container service hands out', () => {
  it('a kubeconfig that the container service hands out is read in memory, by its current context, and its key is a secret from then on', () => {
    assert.deepEqual(connectionOf(kubeconfig(), 'cs'), {
      servers: ['https://10.0.0.1:6443'],
      ca: CERTIFICATE,
      cert: CERTIFICATE,
      key: PAIR.privatePem,
      token: undefined,
    });
    assert.ok(!redact(`a ${PAIR.privatePem} b`).includes(PAIR.privatePem.slice(40, 80)));
    assert.ok(!redact(kubeconfig()).includes(base64(PAIR.privatePem)));
    assert.equal(connectionOf(kubeconfig(CLUSTER, { token: 'a-bearer-token' }), 'cs').token, 'a-bearer-token');
  });

  it('a kubeconfig that the container service hands out is refused if it would leave the cluster unknown or us without credentials', () => {
    const refused = (text: string, why: RegExp) =>
      assert.throws(() => connectionOf(text, 'cs'), { code: 'CLOUD_FAILED', what: /cs returned/, why });
    refused(kubeconfig({ server: CLUSTER.server }), /certificate-authority-data/);
    refused(kubeconfig({ ...CLUSTER, server: 'http://10.0.0.1' }), /https/);
    refused(kubeconfig(CLUSTER, {}), /no credentials/);
    refused('{secret', /^(?!.*secret).*not YAML/);
    refused('text', /not a YAML map/);
  });
});
