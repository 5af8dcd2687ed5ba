import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { duplexPair } from 'node:stream';
import type { TunnelParts } from '../../../../src/phases/tunnel/check.ts';
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
