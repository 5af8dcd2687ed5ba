import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { KIND, type NodePoolRecord } from '../../../sandbox/cloud/records.ts';
import { clusterSource } from '../../../src/cloud/cluster-access.ts';
import { openContainerService } from '../../../src/cloud/cs.ts';
import type { JoinSource, SourceAnswer, SourceNode } from '../../../src/cloud/join-source.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { localMachine } from '../../../src/host/local.ts';
import { listTokens } from '../../../src/kubernetes/api/bootstrap-tokens.ts';
import { ApiClient } from '../../../src/kubernetes/api/client.ts';
import { redact } from '../../../src/lib/redact.ts';
import { pinCa } from '../../../src/pki/ca-hash.ts';
import { phaseLog } from '../../../src/workflow/events.ts';
import { fakeHost } from '../fake-host.ts';
import { addNode } from '../sandbox/cloud/emulated-cluster.ts';
import { type CloudUnderTest, cloudUnderTest } from './cloud-under-test.ts';
import { answers, hostileServer } from './hostile-server.ts';

const TEN_MINUTES_MS = 600_000;
const host = fakeHost();

describe('a join with the keys of an account', function () {
  this.timeout(20_000);
  let cloud: CloudUnderTest;
  let source: JoinSource;
  let poolId = '';
  const open = (nodePool: string): JoinSource =>
    clusterSource({ service: cloud.service, clusterId: cloud.cluster.id, nodePool });
  beforeEach(async () => {
    cloud = await cloudUnderTest({ nodeQuota: 3 });
    await cloud.service.createNodePool(cloud.cluster.id, {
      name: 'shops',
      mode: 'basic',
      maxNodes: 2,
      labels: { zone: 'north' },
      annotations: {},
      taints: [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }],
      podCidrs: [],
    });
    const pools = await cloud.service.nodePools(cloud.cluster.id);
    poolId = pools.find((pool) => pool.nodepoolInfo?.name === 'shops')?.nodepoolInfo?.nodepoolId ?? '';
    source = open('shops');
  });
  afterEach(async () => {
    await source.close();
    await cloud.close();
  });

  const resolve = (name: string, more: Partial<SourceNode> = {}): Promise<SourceAnswer> =>
    source.resolve({
      host,
      name,
      draft: { timeoutMs: TEN_MINUTES_MS } as SourceNode['draft'],
      dryRun: false,
      log: phaseLog(() => {}),
      signal: new AbortController().signal,
      ...more,
    });
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    return `${error.code}: ${error.message}`;
  };

  it('gives servers, pin and networks of the cluster, and what the node pool has for its nodes', async () => {
    const { cluster, pool } = await resolve('edge1');
    assert.deepEqual(cluster.apiServers, [cloud.apiServer]);
    assert.deepEqual(cluster.caCertHashes, [`sha256:${pinCa(cloud.pki.caPem, 'any').hash}`]);
    assert.deepEqual([cluster.podCidrs, cluster.serviceCidrs], [['10.244.0.0/16'], ['10.96.0.0/12']]);
    assert.deepEqual(pool.labels, { zone: 'north' });
    assert.deepEqual(pool.taints, [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }]);
    assert.equal(pool.nodePool, poolId);
  });

  it('lends all nodes one bootstrap token that works, is short-lived and secret, and is gone at the end', async () => {
    const [one, two] = await Promise.all([resolve('edge1'), resolve('edge2')]);
    const token = String(one.cluster.token);
    assert.equal(two.cluster.token, token);
    assert.ok(!redact(token).includes(token.split('.')[1] ?? ''));
    const tokens = await listTokens(cloud.client);
    assert.deepEqual(
      tokens.map(({ id }) => id),
      [token.split('.')[0]],
    );
    const left = (tokens[0]?.expires?.getTime() ?? 0) - Date.now();
    assert.ok(left > TEN_MINUTES_MS && left < 2 * TEN_MINUTES_MS, `${left} ms`);
    const machine = localMachine();
    const connection = { servers: [cloud.apiServer], ca: cloud.pki.caPem, token };
    const node = new ApiClient(connection, (address, options) => machine.connect(address, options));
    await node.get('/version');
    node.close();
    await source.close();
    assert.deepEqual(await listTokens(cloud.client), []);
  });

  it('leaves no token behind if a node is refused, and closes twice without harm', async () => {
    await refusal(resolve('edge1', { nodePool: 'np-other' }));
    await source.close();
    await source.close();
    assert.deepEqual(await listTokens(cloud.client), []);
  });

  it('refuses a node pool that is not there, and names those that are', async () => {
    source = open('nowhere');
    assert.match(
      await refusal(resolve('edge1')),
      /NODEPOOL_NOT_FOUND: .*node pool nowhere not found in .*: it has default-nodepool( \(np\w+\))?, shops/,
    );
  });

  it('refuses nodes for which the node pool has no room, those of the same command counted', async () => {
    await addNode(cloud, 'edge1', { pool: poolId });
    await resolve('edge2');
    assert.match(await refusal(resolve('edge3')), /NODEPOOL_FULL: .*is limited to 2 nodes and has 2 without edge3/);
    await resolve('edge1');
    await resolve('edge2');
  });

  it('lets in no more nodes than there is room for if all hosts ask at once', async () => {
    let asked = 0;
    const nodeQuota = async () => {
      asked++;
      return 3;
    };
    source = clusterSource({
      service: { ...cloud.service, nodeQuota },
      clusterId: cloud.cluster.id,
      nodePool: 'shops',
    });
    const ends = await Promise.allSettled(['edge1', 'edge2', 'edge3'].map((name) => resolve(name)));
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected']);
    assert.equal(asked, 1);
  });

  it('a join with the keys of an account that is interrupted asks the cluster nothing more, and deletes its token', async () => {
    const command = new AbortController();
    const { service } = cloud;
    source = clusterSource({ service, clusterId: cloud.cluster.id, nodePool: 'shops', signal: command.signal });
    await resolve('edge1');
    const tokens = async () => (await listTokens(cloud.client)).length;
    const before = await tokens();
    command.abort(new EdgeadmError({ code: 'INTERRUPTED', what: 'Ctrl-C' }));
    await assert.rejects(resolve('edge2'), { code: 'INTERRUPTED' });
    await source.close();
    assert.equal(await tokens(), before - 1);
  });

  it("refuses nodes beyond the account's quota", async () => {
    const other = await cloud.service.nodePools(cloud.cluster.id);
    const { nodepoolId = '' } = other.find((pool) => pool.nodepoolInfo?.isDefault)?.nodepoolInfo ?? {};
    for (const name of ['a', 'b', 'c']) await addNode(cloud, name, { pool: nodepoolId });
    assert.match(await refusal(resolve('edge1')), /NODEPOOL_FULL: .*quota is 3 nodes per cluster/);
  });

  it('a join with the keys of an account is not refused by a quota that the service does not name, nor by the old field beside the new one', async () => {
    const service = (body: object) => ({ ...cloud.service, nodeQuota: () => quotaIn(body) });
    const quotaIn = async (body: object): Promise<number | undefined> => {
      const server = await hostileServer(answers(200, JSON.stringify(body)));
      const folder = await mkdtemp(join(tmpdir(), 'edgeadm-quota-'));
      await writeFile(join(folder, 'ca.crt'), server.ca);
      const own = { EDGEADM_CS_ENDPOINT: `https://${server.host}`, EDGEADM_CLOUD_CA: join(folder, 'ca.crt') };
      const opened = await openContainerService({ region: 'cn-hangzhou', env: { ...cloud.env, ...own } });
      return opened.nodeQuota().finally(async () => {
        await server.close();
        await rm(folder, { recursive: true });
      });
    };
    assert.equal(await service({ node_quota: 100 }).nodeQuota(), 100);
    const quotas = {
      a: { quota: '7', operation_code: 'q_Kubernetes_Node' },
      b: { quota: '9', operation_code: 'q_Other' },
    };
    assert.equal(await service({ node_quota: 100, quotas }).nodeQuota(), 7);
    assert.equal(await service({ node_quota: 100, quotas: { nodepool_quota: { quota: '9' } } }).nodeQuota(), undefined);
    assert.equal(await service({ node_quota: 100, quotas: { node_quota: { quota: '2000' } } }).nodeQuota(), 2000);
  });

  it('a join with the keys of an account reaches a cluster without a public endpoint by its address in the VPC', async () => {
    await cloud.close();
    cloud = await cloudUnderTest({ isPublic: false });
    source = open('default-nodepool');
    const { cluster } = await resolve('edge1');
    assert.deepEqual(cluster.apiServers, [cloud.apiServer.replace('127.0.0.1', 'localhost')]);
  });

  it('a join with the keys of an account gives nodes of a private node pool the address in the VPC', async () => {
    const { id } = cloud.cluster;
    const [pool] = cloud.store.list<NodePoolRecord>(KIND.nodePool).filter(({ document }) => document.isDefault);
    cloud.store.put(KIND.nodePool, pool?.key ?? '', { ...pool?.document, interconnectMode: 'private', clusterId: id });
    source = open('default-nodepool');
    assert.deepEqual((await resolve('edge1')).cluster.apiServers, [cloud.apiServer.replace('127.0.0.1', 'localhost')]);
  });

  it('a join with the keys of an account refuses a node pool of cloud instances, and a hybrid one', async () => {
    const [pool] = cloud.store.list<NodePoolRecord>(KIND.nodePool).filter(({ document }) => !document.isDefault);
    cloud.store.put(KIND.nodePool, pool?.key ?? '', { ...pool?.document, type: 'ess' });
    assert.match(await refusal(resolve('edge1')), /NODEPOOL_REFUSED: .*shops[\s\S]*node pool of cloud instances/);
    cloud.store.put(KIND.nodePool, pool?.key ?? '', { ...pool?.document, type: 'hybrid' });
    source = open('shops');
    assert.match(await refusal(resolve('edge1')), /NODEPOOL_REFUSED[\s\S]*a hybrid node pool/);
  });

  it('refuses a node of another node pool until it is reset', async () => {
    assert.match(await refusal(resolve('edge1', { nodePool: 'np-other' })), /ALREADY_JOINED: .*np-other/);
    await addNode(cloud, 'edge1', { pool: 'np-other' });
    // Another machine of that name: whether it may be replaced is not for the node pool to say.
    await resolve('edge1');
    const { machineId } = await host.facts();
    const nodeInfo = { machineID: machineId } as NonNullable<V1Node['status']>['nodeInfo'];
    await cloud.client.patch('/api/v1/nodes/edge1/status', { status: { nodeInfo } });
    assert.match(await refusal(resolve('edge1')), /ALREADY_JOINED: .*np-other/);
    await resolve('edge1', { nodePool: poolId });
  });
});
