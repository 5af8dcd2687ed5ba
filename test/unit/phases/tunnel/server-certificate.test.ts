import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { duplexPair } from 'node:stream';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { TunnelParts } from '../../../../src/phases/tunnel/check.ts';
import { judgeRaven } from '../../../../src/phases/tunnel/raven-check.ts';
import { checkServerCertificate } from '../../../../src/phases/tunnel/server-certificate.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { issueCertificate } from '../../../../src/pki/issue-certificate.ts';

const SIGNAL = new AbortController().signal;
const DAY_MS = 86_400_000;
const ADDRESS = '203.0.113.7';
const partsWith = (ingress: object[]): TunnelParts => ({
  server: undefined,
  service: {
    spec: { ports: [{ port: 10250 }, { name: 'tcp', port: 10262 }] },
    status: { loadBalancer: { ingress } },
  },
  ...{ agent: undefined, agentPods: [], nodes: [] },
});

/** A load balancer with a server whose certificate names these addresses. */
async function balancerWith(ips: string[], validDays: number) {
  const { privateKey, publicKey, privatePem } = await generateKey();
  const subject = { commonName: 'tunnel-server', organizations: [] };
  const validity = {
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() + validDays * DAY_MS),
  };
  const cert = issueCertificate(
    { subject, privateKey, publicKey },
    { subject, publicKey, altNames: { ips }, usages: ['server auth'], ...validity },
  );
  const server = createServer({ key: privatePem, cert });
  return {
    connect: async (address: object) => {
      assert.deepEqual(address, { host: ADDRESS, port: 10262 });
      const [ours, theirs] = duplexPair();
      server.emit('connection', theirs);
      return ours;
    },
  };
}

describe('the certificate of the tunnel server', () => {
  const check = async (
    machine: Parameters<typeof checkServerCertificate>[1],
    ingress: object[] = [{ ip: ADDRESS }],
  ) => {
    const { ok, found } = await checkServerCertificate(partsWith(ingress), machine, SIGNAL);
    return `${ok ? 'ok' : 'failed'}: ${found}`;
  };

  it('the certificate of the tunnel server has to name the address that agents connect to', async () => {
    assert.match(await check(await balancerWith([ADDRESS], 30)), /^ok: names 203\.0\.113\.7, until /);
    assert.match(
      await check(await balancerWith(['10.0.0.1'], 30)),
      /^failed: does not name 203\.0\.113\.7: .*10\.0\.0\.1/,
    );
    assert.match(await check(await balancerWith([ADDRESS], -1)), /^failed: ended on /);
  });

  it('what this machine cannot reach is not known, and no failure', async () => {
    const connect = async () => Promise.reject(new Error('no route'));
    assert.match(await check({ connect }), /^ok: not known: .*no route/);
    assert.match(await check({ connect }, []), /^ok: not known: the Service has no address/);
  });
});

describe('the checks of Raven', () => {
  const READY = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  const edge: V1Node = { metadata: { name: 'e1', labels: { 'openyurt.io/is-edge-worker': 'true' } }, ...READY };
  const agent: V1Pod = { spec: { nodeName: 'e1', containers: [] }, ...READY };
  const cloud = {
    metadata: { name: 'gw-cloud' },
    spec: { exposeType: 'PublicIP' },
    status: { activeEndpoints: [{ publicIP: ADDRESS }] },
  };
  const site = { metadata: { name: 'gw-site' }, status: { activeEndpoint: {} } };
  const failing = (parts: Partial<Parameters<typeof judgeRaven>[0]>) =>
    judgeRaven({ gateways: [cloud, site], nodes: [edge], agentPods: [agent], ...parts })
      .filter(({ ok }) => !ok)
      .map(({ check, found }) => `${check}: ${found}`);

  it('Raven with an exposed gateway, active endpoints of both versions and agents passes', () => {
    assert.deepEqual(failing({}), []);
  });

  it('what Raven lacks is named', () => {
    assert.deepEqual(failing({ gateways: [site] }), ['exposed gateway: none of 1 gateways has spec.exposeType']);
    assert.deepEqual(failing({ gateways: [{ ...cloud, status: {} }, site] }), [
      'exposed gateway: no active endpoint has a public address',
      'active endpoints: missing: gw-cloud',
    ]);
    assert.deepEqual(failing({ agentPods: [] }), ['agents: on 0 of 1 Ready edge nodes; missing: e1']);
  });
});
