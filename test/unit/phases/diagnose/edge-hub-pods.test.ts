import assert from 'node:assert/strict';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { duplexPair } from 'node:stream';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { edgeHubState } from '../../../../src/phases/diagnose/collectors/edge-hub.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { issueCertificate } from '../../../../src/pki/issue-certificate.ts';
import { fakeHost } from '../../fake-host.ts';

const DAY_MS = 86_400_000;
const HUB = { '/etc/kubernetes/manifests/edge-hub.yaml': 'spec: {containers: [{image: "a/edge-hub:v1"}]}\n' };
const ADDRESS = { name: 'edge-hub-dummy0', up: true, addresses: ['169.254.2.1/32'] };

/** What diagnose finds of a hub whose certificate names this address. @param interfaces of the node */
async function rulesFor(ip: string, interfaces = [ADDRESS]): Promise<string[]> {
  const { privateKey, publicKey } = await generateKey();
  const own = await generateKey();
  const subject = { commonName: 'kubernetes', organizations: [] };
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const issuer = { subject, privateKey, publicKey };
  const ca = issueCertificate(issuer, { subject, publicKey, usages: ['cert sign'], isCa: true, ...validity });
  const cert = issueCertificate(issuer, {
    subject: { commonName: 'system:node:n1', organizations: ['system:nodes'] },
    publicKey: own.publicKey,
    altNames: { ips: [ip] },
    usages: ['digital signature', 'server auth'],
    ...validity,
  });
  const health = createHttp((_, answer) => answer.end('OK'));
  const pods = createHttps({ key: own.privatePem, cert });
  const host = fakeHost({
    files: { ...HUB, '/etc/kubernetes/pki/ca.crt': ca },
    network: { interfaces },
    connect: async (address) => {
      const { port } = address as { port: number };
      const [ours, theirs] = duplexPair();
      (port === 10268 ? pods : health).emit('connection', theirs);
      return ours;
    },
  });
  const [collection] = await collect(host, [edgeHubState], { signal: new AbortController().signal });
  return findings(collection?.facts ?? {}).map(({ rule }) => rule);
}

describe('diagnose of the endpoint of pods', () => {
  it('a certificate of the hub that pods do not accept is a warning, one that they accept is none', async () => {
    assert.deepEqual(await rulesFor('127.0.0.1'), ['EdgeHubPods']);
    assert.deepEqual(await rulesFor('169.254.2.1'), []);
  });

  it('a node without the address of pods is not asked for it: the connection would leave the node', async () => {
    assert.deepEqual(await rulesFor('127.0.0.1', []), []);
  });
});
