import assert from 'node:assert/strict';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type Duplex, duplexPair } from 'node:stream';
import { cachedProgram } from '../../../../src/phases/hub/cache-folder.ts';
import { checkEndpoints, refuseBrokenEndpoints } from '../../../../src/phases/hub/endpoints.ts';
import { readTraffic, trafficByResource, trafficIn } from '../../../../src/phases/hub/traffic.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { type Issuer, issueCertificate } from '../../../../src/pki/issue-certificate.ts';

const SIGNAL = new AbortController().signal;

const METRICS = `# TYPE node_edge_hub_proxy_traffic_collector counter
node_edge_hub_proxy_traffic_collector{client="kubelet",resource="pods",subresources="",verb="list"} 2000
node_edge_hub_proxy_traffic_collector{client="kubelet",resource="pods",subresources="",verb="watch"} 1.5e+06
node_edge_hub_proxy_traffic_collector{client="kube-proxy",resource="services",subresources="",verb="list"} 300
node_yurthub_proxy_traffic_collector{client="flanneld",resource="nodes",subresources="status",verb="get"} 7
node_edge_hub_in_flight_requests_total 3
`;

/** A node whose ports are servers in memory. */
function nodeWith(ports: Readonly<Record<number, { emit(event: 'connection', socket: Duplex): boolean }>>, ca = '') {
  return {
    connect: async ({ host, port }: { host: string; port: number }): Promise<Duplex> => {
      const server = ports[port];
      if (!server) throw new Error(`connect ECONNREFUSED ${host}:${port}`);
      const [ours, theirs] = duplexPair();
      server.emit('connection', theirs);
      return ours;
    },
    readFile: async () => Buffer.from(ca),
  };
}

const DAY_MS = 86_400_000;
const VALID = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };

async function authority(): Promise<{ issuer: Issuer; pem: string }> {
  const { privateKey, publicKey } = await generateKey();
  const subject = { commonName: 'kubernetes', organizations: [] };
  const issuer = { subject, privateKey, publicKey };
  return { issuer, pem: issueCertificate(issuer, { subject, publicKey, usages: ['cert sign'], isCa: true, ...VALID }) };
}

const answering = (text: string, status = 200) => createHttp((_, answer) => answer.writeHead(status).end(text));

describe('the traffic of an edge-hub', () => {
  it('the traffic of an edge-hub is read from the metric of either project, the largest first', async () => {
    const found = await readTraffic(nodeWith({ 10267: answering(METRICS) }), SIGNAL);
    assert.deepEqual(found, trafficIn(METRICS));
    assert.deepEqual(
      trafficByResource(found).map(({ client, resource, bytes }) => [client, resource, bytes]),
      [
        ['kubelet', 'pods', 1_502_000],
        ['kube-proxy', 'services', 300],
        ['flanneld', 'nodes/status', 7],
      ],
    );
  });

  it('a hub that does not answer and one that does not count are told apart', async () => {
    await assert.rejects(readTraffic(nodeWith({}), SIGNAL), { code: 'EDGE_HUB_FAILED' });
    const other = nodeWith({ 10267: answering('go_goroutines 3\n') });
    await assert.rejects(readTraffic(other, SIGNAL), { code: 'HUB_CHECK_FAILED' });
  });
});

describe('the endpoints of an edge-hub', () => {
  const hubWith = async (ip: string, own = true) => {
    const [ca, stranger, key] = [await authority(), await authority(), await generateKey()];
    const cert = issueCertificate(own ? ca.issuer : stranger.issuer, {
      subject: { commonName: 'system:node:n1', organizations: ['system:nodes'] },
      publicKey: key.publicKey,
      altNames: { ips: [ip] },
      usages: ['digital signature', 'server auth'],
      ...VALID,
    });
    const pods = createHttps({ key: key.privatePem, cert });
    return nodeWith({ 10267: answering('OK'), 10261: answering('{}'), 10268: pods }, ca.pem);
  };

  it('the endpoints of a hub whose certificate names the address of pods work', async () => {
    const checks = await checkEndpoints(await hubWith('169.254.2.1'), SIGNAL);
    assert.deepEqual(
      checks.map(({ ok }) => ok),
      [true, true, true],
    );
    refuseBrokenEndpoints(checks);
  });

  it('a certificate that pods would not accept is reported: another address, another CA', async () => {
    const [, , address] = await checkEndpoints(await hubWith('127.0.0.1'), SIGNAL);
    assert.match(address?.found ?? '', /not valid for 169\.254\.2\.1: IP Address:127\.0\.0\.1/);
    const [, , signer] = await checkEndpoints(await hubWith('169.254.2.1', false), SIGNAL);
    assert.match(signer?.found ?? '', /not signed by the CA of the cluster/);
  });

  it('a hub that has not read its settings and one without a port for pods are reported with the answer', async () => {
    const hub = nodeWith({ 10267: answering('OK'), 10261: answering('yurt-hub-cfg configmap is not synced', 503) });
    const checks = await checkEndpoints(hub, SIGNAL);
    assert.throws(() => refuseBrokenEndpoints(checks), /2 of 3 endpoints of the edge-hub do not work on this node/);
    assert.match(checks[1]?.found ?? '', /HTTP 503 yurt-hub-cfg configmap is not synced/);
    assert.match(checks[2]?.found ?? '', /ECONNREFUSED 169\.254\.2\.1:10268/);
  });
});

describe('the cache of an edge-hub', () => {
  const folders: Readonly<Record<string, string[]>> = {
    '/etc/kubernetes/cache': ['kubelet', 'edge-app'],
    '/etc/kubernetes/cache/edge-app': ['services.v1.core', 'pods.v1.core'],
  };
  const machine = { list: async (path: string) => folders[path] ?? [] };

  it('what the cache of a hub has for a program is listed by resource, or the cached programs are named', async () => {
    assert.deepEqual((await cachedProgram(machine, 'edge-app')).resources, ['pods.v1.core', 'services.v1.core']);
    await assert.rejects(cachedProgram(machine, 'web'), { code: 'HUB_CHECK_FAILED', why: /cached: edge-app, kubelet/ });
  });
});
