import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { PATHS } from '../../../../src/host/node-paths.ts';
import { writeServingCertificate } from '../../../../src/phases/join/serving-certificate.ts';
import { fakeHost } from '../../fake-host.ts';

const { servingCertificate, servingKey } = PATHS.kubelet;

describe('the serving certificate of a kubelet', () => {
  it('the serving certificate is for the name of the node, and of the key beside it', async () => {
    const host = fakeHost();
    await writeServingCertificate(host, 'Edge-1', {});
    const certificate = new X509Certificate((await host.read(servingCertificate)) ?? '');
    assert.equal(certificate.checkHost('edge-1'), 'edge-1');
    assert.ok(certificate.checkPrivateKey(createPrivateKey((await host.read(servingKey)) ?? '')));
    assert.match(certificate.subject, /^CN=Edge-1@\d+$/);
    assert.equal((await host.stat(servingKey))?.mode, 0o600);
    // A kubelet's own lives for a year, too.
    const days = (certificate.validToDate.getTime() - Date.now()) / 86_400_000;
    assert.ok(days > 364 && days <= 365, String(days));
  });

  const left: ReadonlyArray<readonly [why: string, configuration: Record<string, unknown>]> = [
    ['the cluster signs one', { serverTLSBootstrap: true }],
    ['the cluster names a file', { tlsCertFile: '/etc/kubelet/tls.crt', tlsPrivateKeyFile: '/etc/kubelet/tls.key' }],
    ['the cluster allows cipher suites of RSA alone', { tlsCipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] }],
  ];
  for (const [why, configuration] of left) {
    it(`the serving certificate is left to the kubelet where ${why}`, async () => {
      const host = fakeHost();
      await writeServingCertificate(host, 'edge-1', configuration);
      assert.deepEqual(host.changes, []);
    });
  }

  it('the serving certificate is written where the cluster allows cipher suites of both kinds of keys', async () => {
    // The list that the CIS benchmark recommends for kubelets (4.2.12) has both.
    const tlsCipherSuites = ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
    const host = fakeHost();
    await writeServingCertificate(host, 'edge-1', { tlsCipherSuites });
    assert.ok(await host.stat(servingCertificate));
  });

  it('the serving certificate stays as it is where there is one', async () => {
    const host = fakeHost({ files: { [servingCertificate]: 'certificate', [servingKey]: 'key' } });
    await writeServingCertificate(host, 'edge-1', {});
    assert.deepEqual(host.changes, []);
  });

  it('the serving certificate is made again where only half of it is there, with which no kubelet starts', async () => {
    const host = fakeHost({ files: { [servingKey]: 'key' } });
    await writeServingCertificate(host, 'edge-1', {});
    const certificate = new X509Certificate((await host.read(servingCertificate)) ?? '');
    assert.ok(certificate.checkPrivateKey(createPrivateKey((await host.read(servingKey)) ?? '')));
  });
});
