import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { addFault } from '../../../sandbox/cloud/faults.ts';
import { type CloudNodeRecord, KIND } from '../../../sandbox/cloud/records.ts';
import { defaultEndpoint } from '../../../src/cloud/exchange.ts';
import type { SourceAnswer } from '../../../src/cloud/join-source.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { redact } from '../../../src/lib/redact.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';
import { BOOTSTRAP_TOKEN, type ExchangeCloud, exchangeCloud, nodeOf, sourceOf } from './exchange-cloud.ts';

const REPORT = { nodeName: 'edge-1', status: 'joined', durationMs: 1234 } as const;
const MINUTE_MS = 60_000;

async function errorOf(promise: Promise<unknown>): Promise<EdgeadmError> {
  const error = await promise.then(
    () => assert.fail('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  return error;
}

describe('a token of the console', () => {
  let cloud: ExchangeCloud;
  beforeEach(async () => {
    cloud = await exchangeCloud();
  });
  afterEach(() => cloud.close());

  const nodes = () => cloud.store.list<CloudNodeRecord>(KIND.node).map(({ document }) => document);
  const fetchText = async (path: string, method: string): Promise<string> => {
    const { ca, url } = { ca: cloud.caPem, url: new URL(path, cloud.endpoint) };
    return new Promise((resolve, reject) => {
      const sent = request(url, { ca, method }, (response) => {
        text(response).then((body) =>
          response.statusCode === 200 ? resolve(body) : reject(Error(`${response.statusCode}`)),
        );
      });
      sent.once('error', reject).end();
    });
  };
  const ask = (token: string, values?: Parameters<typeof nodeOf>[0]): Promise<SourceAnswer> =>
    sourceOf(cloud, token).resolve(nodeOf(values));

  it('tells a node which cluster and node pool it joins', async () => {
    cloud.setPool({
      labels: { shop: '17' },
      annotations: { 'example.com/a': 'b' },
      taints: [{ key: 'edge', value: '', effect: 'NoSchedule' }],
    });
    const { cluster, pool } = await ask(cloud.token());
    assert.deepEqual(cluster.apiServers, ['https://127.0.0.1:1']);
    assert.equal(cluster.token, BOOTSTRAP_TOKEN);
    assert.match(String(cluster.caCertHashes), /^sha256:[0-9a-f]{64}$/);
    assert.equal(cluster.kubernetesVersion, cloud.cluster.version);
    assert.deepEqual([cluster.podCidrs, cluster.serviceCidrs], [[cloud.cluster.podCidr], [cloud.cluster.serviceCidr]]);
    assert.deepEqual(cluster.clusterDns, [cloud.cluster.clusterDns]);
    assert.deepEqual(pool, {
      nodePool: cloud.pool.id,
      labels: { shop: '17' },
      annotations: { 'example.com/a': 'b' },
      taints: [{ key: 'edge', value: '', effect: 'NoSchedule' }],
    });
  });

  it('the script of a cloud instance gets its lines at the host without signatures, and reports with an empty request', async () => {
    const token = cloud.token();
    const lines = await fetchText(`/token/${token}/instance/i-1/node_info`, 'GET');
    const info = Object.fromEntries(
      lines
        .trim()
        .split('\n')
        .map((line) => line.split(/='(.*)'/s)),
    );
    // What the vendor's attach_node.sh reads. Source: public copies of it.
    assert.deepEqual(Object.keys(info), [
      'callback_url',
      'token',
      'endpoint',
      'cluster_dns',
      'docker_version',
      'name_mode',
      'network',
    ]);
    assert.deepEqual([info.token, info.endpoint], [BOOTSTRAP_TOKEN, '127.0.0.1:1']);
    await fetchText(new URL(info.callback_url ?? '').pathname, 'POST');
    assert.deepEqual(
      nodes().map(({ name, status }) => [name, status]),
      [['i-1', 'joined']],
    );
    await assert.rejects(fetchText('/token/nonsense/instance/i-1/node_info', 'GET'), /401/);
  });

  it('lets the same machine in again, and keeps one record of it', async () => {
    const token = cloud.token({ oneTime: true });
    await ask(token);
    await ask(token);
    assert.deepEqual(
      nodes().map(({ name, nodePoolId }) => [name, nodePoolId]),
      [['edge-1', cloud.pool.id]],
    );
  });

  it('a token of the console is good for one node alone if it was made so', async () => {
    const token = cloud.token({ oneTime: true });
    await ask(token);
    const error = await errorOf(ask(token, { name: 'edge-2', machineId: 'b'.repeat(32) }));
    assert.deepEqual([error.code, error.exit], ['OPENAPI_TOKEN_INVALID', 5]);
    assert.match(error.why ?? '', /it was for one node and has been used/);
  });

  it('keeps nothing of a dry run, and spends no token on it', async () => {
    const token = cloud.token({ oneTime: true });
    await ask(token, { dryRun: true });
    assert.deepEqual(nodes(), []);
    await ask(token, { name: 'edge-2', machineId: 'b'.repeat(32) });
  });

  it('a token of the console that has expired is refused with the difference of the clocks', async () => {
    const token = cloud.token({ expires: Date.now() - 1000 });
    const { host } = nodeOf();
    const slow = { ...host, clock: async () => ({ now: Date.now() - 10 * MINUTE_MS, uncertaintyMs: 0 }) };
    const error = await errorOf(ask(token, { host: slow }));
    assert.deepEqual([error.code, error.exit], ['OPENAPI_TOKEN_EXPIRED', 5]);
    assert.match(error.why ?? '', /TOKEN_EXPIRED: the token expired at \d{4}/);
    assert.match(error.why ?? '', /the clock of the node is 10 minutes behind/);
  });

  it('a token of the console that is not known is refused, and shown nowhere', async () => {
    const error = await errorOf(ask('a-token-that-nobody-made'));
    assert.equal(error.code, 'OPENAPI_TOKEN_INVALID');
    assert.ok(!JSON.stringify(error).includes('nobody-made'));
  });

  it('does not take the name of another machine that is Ready, but that of one that is gone', async () => {
    await ask(cloud.token());
    cloud.nodes.push({ name: 'edge-1', pool: cloud.pool.id, ready: true, machineId: 'a'.repeat(32) });
    const error = await errorOf(ask(cloud.token(), { machineId: 'b'.repeat(32) }));
    assert.deepEqual([error.code, error.exit], ['OPENAPI_NODE_EXISTS', 5]);
    assert.match(error.what, /edge-1/);
    cloud.nodes.length = 0;
    await ask(cloud.token(), { machineId: 'b'.repeat(32) });
    assert.equal(nodes()[0]?.machineId, 'b'.repeat(32));
  });

  it('finds no room in a node pool, or a cluster, that is full', async () => {
    cloud.setPool({ maxNodes: 1 });
    await ask(cloud.token());
    const second = { name: 'edge-2', machineId: 'b'.repeat(32) };
    const full = await errorOf(ask(cloud.token(), second));
    assert.deepEqual([full.code, full.exit], ['NODEPOOL_FULL', 5]);
    assert.match(full.why ?? '', /NODEPOOL_FULL: .* 1 of 1 nodes/);
    cloud.setPool({});
    cloud.setCluster({ nodeQuota: 1 });
    assert.match((await errorOf(ask(cloud.token(), second))).why ?? '', /QUOTA_EXCEEDED: .* 1 of 1 nodes/);
    await ask(cloud.token());
  });

  it('finds no room if nodes came into the pool by another way, and some if one that was let in never came', async () => {
    cloud.setPool({ maxNodes: 2 });
    cloud.nodes.push({ name: 'edge-9', pool: cloud.pool.id, ready: true, machineId: 'c'.repeat(32) });
    await ask(cloud.token());
    const second = { name: 'edge-2', machineId: 'b'.repeat(32) };
    assert.match((await errorOf(ask(cloud.token(), second))).why ?? '', /NODEPOOL_FULL: .* 2 of 2 nodes/);
    const taken = await errorOf(ask(cloud.token(), { name: 'edge-9', machineId: 'b'.repeat(32) }));
    assert.equal(taken.code, 'OPENAPI_NODE_EXISTS');
    cloud.aheadMs = 61 * MINUTE_MS;
    await ask(cloud.token({ expires: Date.now() + 120 * MINUTE_MS }), second);
  });

  it('for another node pool is refused until the node is reset', async () => {
    await ask(cloud.token());
    const other = cloud.token({ nodePoolId: cloud.addPool('np-other').id });
    const error = await errorOf(ask(other, { nodePool: cloud.pool.id }));
    assert.deepEqual([error.code, error.exit], ['ALREADY_JOINED', 3]);
    assert.match(error.next, /edgeadm reset/);
    assert.equal(nodes()[0]?.nodePoolId, cloud.pool.id);
    await ask(other);
    assert.equal(nodes()[0]?.nodePoolId, 'np-other');
  });

  it('wins over the node pool that was asked for, and says so', async () => {
    const node = nodeOf();
    const draft = { ...node.draft, nodePool: 'np-wanted' };
    const { pool } = await sourceOf(cloud, cloud.token()).resolve({ ...node, draft });
    assert.equal(pool.nodePool, cloud.pool.id);
    assert.ok(
      node.log.lines.includes('warning Node pool np-wanted was requested, but the node pool of the token is used.'),
    );
  });

  it('gets its callback told how the join went', async () => {
    const { callback } = await ask(cloud.token());
    await callback?.(REPORT, new AbortController().signal);
    assert.equal(nodes()[0]?.status, 'joined');
    assert.ok(
      !redact(`told ${cloud.endpoint}/callbacks/${nodes()[0]?.callback}`).includes(nodes()[0]?.callback ?? '-'),
    );
  });

  it('names no URL if the callback fails', async () => {
    const { callback } = await ask(cloud.token());
    const secret = nodes()[0]?.callback ?? '-';
    cloud.store.delete(KIND.node, 'edge-1');
    const error = await errorOf(callback?.(REPORT, new AbortController().signal) ?? Promise.resolve());
    assert.equal(error.exit, 5);
    assert.ok(!JSON.stringify(error).includes(secret));
  });

  for (const mode of ['timeout-before', 'timeout-after-effect', '500', 'throttle'] as const) {
    it(`a token of the console is tried again when the service fails for a moment (${mode})`, async () => {
      addFault(cloud.store, { action: 'ExchangeToken', mode, times: 2 });
      const node = nodeOf();
      const { cluster } = await sourceOf(cloud, cloud.token({ oneTime: true })).resolve(node);
      assert.equal(cluster.token, BOOTSTRAP_TOKEN);
      assert.equal(node.log.lines.filter((line) => line.endsWith('trying again')).length, 2);
    });
  }

  it('ends with what the service said, if it goes on failing', async () => {
    addFault(cloud.store, { action: 'ExchangeToken', mode: '500', times: 9 });
    const error = await errorOf(ask(cloud.token()));
    assert.deepEqual([error.code, error.exit], ['CLOUD_FAILED', 5]);
  });

  it('a token of the console is not sent to a service whose certificate is not trusted', async () => {
    const node = nodeOf();
    const error = await errorOf(sourceOf(cloud, cloud.token(), { ca: undefined }).resolve(node));
    assert.deepEqual([error.code, error.exit], ['CLOUD_UNREACHABLE', 5]);
    assert.match(error.next, /EDGEADM_CLOUD_CA/);
    assert.deepEqual(node.log.lines, []);
    assert.deepEqual(nodes(), []);
  });

  it('fails with the address if nothing answers', async () => {
    const endpoint = 'https://127.0.0.1:1/edgeadm/v1';
    const error = await errorOf(sourceOf(cloud, cloud.token(), { endpoint }).resolve(nodeOf()));
    assert.equal(error.code, 'CLOUD_UNREACHABLE');
    assert.match(`${error.what} ${error.why}`, /127\.0\.0\.1:1.*4 tries.*ECONNREFUSED/);
  });

  it('says what to do if the address is not an exchange', async () => {
    const endpoint = cloud.endpoint.replace('/v1', '/v0');
    const error = await errorOf(sourceOf(cloud, cloud.token(), { endpoint }).resolve(nodeOf()));
    assert.match(error.next, /--openapi-endpoint/);
  });
});

describe('an answer of the exchange', () => {
  let server: Server;
  let ca = '';
  const seen: { url?: string; authorization?: string; body: Record<string, unknown> }[] = [];
  let answer: unknown;
  before(async () => {
    const key = await generateKey();
    ca = selfSignedCertificate(key, { commonName: 'test', organizations: [] }, { ips: ['127.0.0.1'] });
    server = createServer({ key: key.privatePem, cert: ca }, async (incoming, outgoing) => {
      const { url, headers } = incoming;
      seen.push({ url, authorization: headers.authorization, body: JSON.parse(await text(incoming)) });
      outgoing.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  const resolve = (): Promise<SourceAnswer> => {
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}/edgeadm/v1/`;
    return sourceOf({ endpoint, caPem: ca } as ExchangeCloud, 'the-token-itself').resolve(nodeOf());
  };
  const least = {
    clusterId: 'c1',
    apiServers: ['10.0.0.1:6443'],
    caCertHashes: ['sha256:00'],
    bootstrapToken: BOOTSTRAP_TOKEN,
    nodePool: { id: 'np1' },
  };

  it('an answer of the exchange is asked for with the facts of the node, and the token in a header alone', async () => {
    answer = least;
    await resolve();
    const [request] = seen.splice(0);
    assert.equal(request?.url, '/edgeadm/v1/nodes');
    assert.equal(request?.authorization, 'Bearer the-token-itself');
    assert.deepEqual(request?.body, {
      nodeName: 'edge-1',
      machineId: 'a'.repeat(32),
      arch: 'amd64',
      os: 'Ubuntu 20.04.6 LTS',
      kernel: '5.4.0-150-generic',
      version: '0.1.0',
    });
  });

  it('an answer of the exchange may say more than is known, and no more than is needed', async () => {
    answer = { ...least, newer: true, pauseImage: '', networks: null, bundle: { url: 'https://h/b', sha256: 'ab' } };
    const { cluster, callback } = await resolve();
    assert.deepEqual([cluster.bundle, cluster.bundleSha256], ['https://h/b', 'ab']);
    assert.deepEqual([cluster.pauseImage, cluster.podCidrs, callback], [undefined, undefined, undefined]);
  });

  it('an answer of the exchange is refused by key if it cannot be used, without its values', async () => {
    answer = { ...least, bootstrapToken: 7, nodePool: {}, callback: 'http://10.0.0.1/secret' };
    const error = await errorOf(resolve());
    assert.deepEqual([error.code, error.exit], ['CLOUD_ANSWER_INVALID', 5]);
    for (const key of ['bootstrapToken', 'nodePool.id', 'callback: must be an https URL'])
      assert.ok(error.why?.includes(key), `${key} in ${error.why}`);
    assert.ok(!error.why?.includes('10.0.0.1'));
    answer = 'a page of somebody in between';
    assert.equal((await errorOf(resolve())).code, 'CLOUD_ANSWER_INVALID');
  });

  it('an answer of the exchange comes from the region unless another endpoint is named', () => {
    assert.equal(defaultEndpoint('cn-hangzhou'), 'https://cs-anony.cn-hangzhou.aliyuncs.com/edgeadm/v1');
  });
});
