import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Address } from '../../../src/host/machine.ts';
import { ApiClient } from '../../../src/kubernetes/api/client.ts';
import { clusterView } from '../../../src/phases/join/cluster-view.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';
import { fakeCluster } from '../fake-cluster.ts';
import { fakeHost } from '../fake-host.ts';
import { apiServer } from '../kubernetes/api-server.ts';
import { assertFinds, assertOk, contextOf } from '../phases/preflight/context.ts';

const TYPED = 'https://10.9.9.9:6443';

async function errorOf(attempt: Promise<unknown>): Promise<EdgeadmError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  return error;
}

describe('a certificate for other names', () => {
  for (const [source, address, host] of [
    ['kubernetes/kubernetes#58921: the address that was typed', '10.9.9.9', '10.9.9.9'],
    ['k3s-io/k3s#5159: the address of a load balancer', '10.0.2.8', '10.0.2.8'],
    ['rancher/rke2#852: a host name', 'rancher.example.org', 'rancher.example.org'],
    ['rancher-archives/rke#688: a loopback address', '127.0.0.1', '127.0.0.1'],
    ['an IPv6 address', '[2001:db8::1]', '2001:db8::1'],
  ] as const) {
    it(`a certificate for other names is said to be for its names and not for ${host}, without a word of firewalls: ${source}`, async () => {
      const server = await apiServer(() => ({}));
      const client = new ApiClient({ servers: [`https://${address}:6443`], ca: server.ca }, server.connect);
      const { what, why, next, code } = await errorOf(client.get('/version'));
      client.close();
      assert.equal(code, 'API_UNREACHABLE');
      assert.match(what, /^cannot verify the certificate of the API server https:/);
      assert.ok(why?.includes(`valid for 10.0.0.1, not for ${host}`));
      assert.match(next, /certSANs/);
      assert.doesNotMatch(next, /firewall/);
    });
  }

  it('a certificate of another CA is answered with how to give the right one (a kubeconfig without a CA, rancher/rancher#13016)', async () => {
    const server = await apiServer(() => ({}));
    const other = selfSignedCertificate(await generateKey(), { commonName: 'x', organizations: [] }, {});
    const client = new ApiClient({ servers: [server.server], ca: other }, server.connect);
    const { what, why, next } = await errorOf(client.get('/version'));
    client.close();
    assert.match(`${what}: ${why}`, /cannot verify the certificate .*self-signed certificate/);
    assert.match(next, /certificate-authority-data/);
    assert.doesNotMatch(next, /firewall/);
  });
});

describe('the address that was typed and the one that cluster-info names', () => {
  it('a join that uses the second one warns, with the reason (kubernetes/kubeadm#2781)', async () => {
    const given = { spec: { apiServers: [TYPED] } };
    const { remedy } = await assertFinds(
      'CAHash',
      'warning',
      /10\.9\.9\.9:6443 is not used: .*valid for 10\.0\.0\.1/,
      given,
    );
    assert.match(remedy ?? '', /certificate/);
    await assertOk('CAHash');
  });

  it('both tries are reported, the typed one first, where neither can be used (kubernetes/kubeadm#1331)', async () => {
    const cluster = await fakeCluster();
    const { spec } = await contextOf({ spec: { apiServers: [TYPED], caCertHashes: [cluster.caCertHash] } });
    const connect = async (address: Address) => {
      if ('host' in address && address.host === '10.0.0.1') throw new Error('connect ECONNREFUSED 10.0.0.1:6443');
      return cluster.connect();
    };
    const view = clusterView(spec, fakeHost({ connect }));
    const { what, why = '', next } = await errorOf(view.trusted());
    view.close();
    assert.match(what, /certificate of the API server https:\/\/10\.9\.9\.9:6443/);
    const [first = '', second = ''] = why.split('\n');
    assert.match(first, /valid for 10\.0\.0\.1, not for 10\.9\.9\.9/);
    assert.match(second, /the address that cluster-info names: .*10\.0\.0\.1:6443.*ECONNREFUSED/);
    assert.match(next, /certSANs/);
  });
});
