import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import sdk from '@alicloud/cs20151215';
import { type AttachTokenRecord, KIND } from '../../../../sandbox/cloud/records.ts';
import { connectionOf } from '../../../../src/kubernetes/kubeconfig/inline-kubeconfig.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import { addNode, type EmulatedCluster, emulatedCluster } from './emulated-cluster.ts';

const HOUR_S = 3600;
const PATIENCE_MS = 30_000;

describe("the container service of the sandbox, for the vendor's own SDK", function () {
  this.timeout(60_000);
  let cloud: EmulatedCluster;
  let client: InstanceType<typeof sdk.default>;
  let id = '';
  let clock = 0;
  const start = Date.now();
  /** What tasks need here. */
  const pass = (): void => {
    clock += 300;
  };
  before(async () => {
    cloud = await emulatedCluster({}, () => start + clock);
    id = cloud.cluster.id;
    client = new sdk.default({
      ...cloud.account,
      endpoint: cloud.endpoint,
      ca: cloud.pki.caPem,
      // Its own limit for a connection is too short for a busy machine.
      connectTimeout: PATIENCE_MS,
      readTimeout: PATIENCE_MS,
    } as ConstructorParameters<typeof sdk.default>[0]);
  });
  after(() => cloud.close());

  const create = async (request: object): Promise<string> => {
    const made = await client.createClusterNodePool(id, new sdk.CreateClusterNodePoolRequest(request));
    pass();
    return made.body?.nodepoolId ?? '';
  };
  const basic = (name: string): object => ({ nodepoolInfo: { name, type: 'edge' }, maxNodes: 5 });
  const codeOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      ({ statusCode, code }: { statusCode: number; code: string }) => `${statusCode} ${code}`,
    );

  it('tells the cluster, and all clusters', async () => {
    const { body } = await client.describeClusterDetail(id);
    assert.deepEqual([body?.name, body?.state, body?.currentVersion], ['sandbox', 'running', 'v1.20.2']);
    assert.match(body?.metaData ?? '', /"Network":"Flannel"/);
    const ofRegion = async (region: string) =>
      (await client.describeClustersForRegion(region, new sdk.DescribeClustersForRegionRequest({}))).body;
    const page = await ofRegion('cn-hangzhou');
    assert.deepEqual([page?.clusters?.length, page?.pageInfo?.totalCount], [1, 1]);
    assert.deepEqual((await ofRegion('cn-beijing'))?.clusters, []);
    const quota = (await client.describeUserQuota()).body;
    assert.deepEqual([quota?.nodeQuota, quota?.quotas?.cluster_nodes?.quota], [100, '2000']);
  });

  it('the container service of the sandbox has a default node pool from the start, which is never deleted', async () => {
    const { body } = await client.describeClusterNodePools(id, new sdk.DescribeClusterNodePoolsRequest({}));
    const [pool] = body?.nodepools ?? [];
    assert.equal(pool?.nodepoolInfo?.isDefault, true);
    const poolId = pool?.nodepoolInfo?.nodepoolId ?? '';
    const deletion = client.deleteClusterNodepool(id, poolId, new sdk.DeleteClusterNodepoolRequest({}));
    assert.match(await codeOf(deletion), /^400 /);
  });

  it('creates, tells, changes and deletes a node pool, and the cluster has its object meanwhile', async () => {
    const poolId = await create({
      ...basic('shops'),
      kubernetesConfig: {
        runtime: 'containerd',
        labels: [{ key: 'zone', value: 'north' }],
        taints: [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }],
      },
    });
    const detail = (await client.describeClusterNodePoolDetail(id, poolId)).body;
    assert.deepEqual([detail?.nodepoolInfo?.name, detail?.maxNodes, detail?.interconnectMode], ['shops', 5, 'basic']);
    const path = `/apis/apps.openyurt.io/v1beta1/nodepools/${poolId}`;
    await client.describeClusterNodePoolDetail(id, poolId);
    const object = await cloud.client.get<{ metadata: { annotations: object }; spec: object }>(path);
    assert.deepEqual(object.metadata.annotations, { 'nodepool.openyurt.io/max-nodes': '5' });
    const change = { kubernetesConfig: { labels: [{ key: 'zone', value: 'south' }] } };
    await client.modifyClusterNodePool(id, poolId, new sdk.ModifyClusterNodePoolRequest(change));
    pass();
    await client.describeClusterNodePoolDetail(id, poolId);
    const { spec } = await cloud.client.get<{ spec: { labels: object; taints: object } }>(path);
    assert.deepEqual(spec.labels, { zone: 'south' });
    assert.deepEqual(spec.taints, [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }]);
    const { body } = await client.deleteClusterNodepool(id, poolId, new sdk.DeleteClusterNodepoolRequest({}));
    const state = async () => (await client.describeClusterNodePoolDetail(id, poolId)).body?.status?.state;
    const task = async () => (await client.describeTaskInfo(body?.taskId ?? '')).body?.state;
    assert.deepEqual([await state(), await task()], ['deleting', 'running']);
    pass();
    assert.equal(await task(), 'success');
    assert.equal(await cloud.client.find(path), undefined);
    assert.equal(await codeOf(client.describeClusterNodePoolDetail(id, poolId)), '404 ErrorNodePoolNotFound');
  });

  it('refuses what the service refuses', async () => {
    await create(basic('twice'));
    assert.match(await codeOf(create(basic('twice'))), /^409 /);
    assert.equal(await codeOf(create({ nodepoolInfo: { name: 'x' } })), '400 MissingParameter');
    assert.equal(await codeOf(create({ ...basic('x'), maxNodes: -1 })), '400 InvalidParameter');
    assert.equal(await codeOf(create({ ...basic('x'), interconnectMode: 'improved' })), '400 InvalidParameter');
    for (const name of ['a.b', 'a b', '', 'a'.repeat(64)])
      assert.equal(await codeOf(create(basic(name))), '400 InvalidParameter', name);
    assert.equal(await codeOf(client.describeClusterDetail('c-other')), '404 ErrorClusterNotFound');
  });

  it('tells nodes by page, counts them in their pool, and removes them', async () => {
    const poolId = await create(basic('counted'));
    await addNode(cloud, 'counted-1', { pool: poolId });
    await addNode(cloud, 'counted-2', { pool: poolId, ready: false });
    const request = new sdk.DescribeClusterNodesRequest({ nodepoolId: poolId, pageSize: '1', pageNumber: '2' });
    const { body } = await client.describeClusterNodes(id, request);
    assert.deepEqual([body?.nodes?.[0]?.nodeName, body?.page?.totalCount], ['counted-2', 2]);
    const { status } = (await client.describeClusterNodePoolDetail(id, poolId)).body ?? {};
    assert.deepEqual([status?.totalNodes, status?.healthyNodes], [2, 1]);
    const deletion = new sdk.DeleteClusterNodepoolRequest({ force: false });
    assert.match(await codeOf(client.deleteClusterNodepool(id, poolId, deletion)), /^400 /);
    const release = new sdk.RemoveNodePoolNodesRequest({ instanceIds: ['counted-1'], releaseNode: true });
    assert.equal(await codeOf(client.removeNodePoolNodes(id, poolId, release)), '400 InvalidParameter');
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { nodeName: 'counted-1', containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 0 };
    await cloud.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'drained' }, spec });
    const removal = new sdk.RemoveNodePoolNodesRequest({ instanceIds: ['counted-1', 'counted-2'], drainNode: true });
    await client.removeNodePoolNodes(id, poolId, removal);
    await waitFor<void>({
      what: 'the pod to be evicted',
      timeoutMs: 10_000,
      probe: async () => ((await cloud.client.find(`${pods}/drained`)) ? { seen: 'it is there' } : { done: undefined }),
    });
    const state = async () => (await client.describeClusterNodePoolDetail(id, poolId)).body?.status?.state;
    assert.equal(await state(), 'removing');
    pass();
    assert.equal(await state(), 'active');
    assert.equal(await cloud.client.find('/api/v1/nodes/counted-1'), undefined);
    await client.deleteClusterNodepool(id, poolId, deletion);
  });

  it('the container service of the sandbox tells only the nodes that the filters of the request name', async () => {
    const poolId = await create(basic('filtered'));
    for (const name of ['filtered-1', 'filtered-2']) await addNode(cloud, name, { pool: poolId });
    const found = async (filter: object): Promise<string[]> => {
      const request = new sdk.DescribeClusterNodesRequest({ nodepoolId: poolId, ...filter });
      return ((await client.describeClusterNodes(id, request)).body?.nodes ?? []).map(({ nodeName = '' }) => nodeName);
    };
    assert.deepEqual(await found({ nodeNames: 'filtered-2,other' }), ['filtered-2']);
    assert.deepEqual(await found({ instanceIds: 'filtered-1' }), ['filtered-1']);
    assert.deepEqual(await found({ state: 'removing' }), []);
    const removal = new sdk.RemoveNodePoolNodesRequest({ instanceIds: ['filtered-1', 'filtered-2'] });
    await client.removeNodePoolNodes(id, poolId, removal);
    assert.deepEqual(await found({ state: 'running' }), []);
    assert.deepEqual(await found({ state: 'removing' }), ['filtered-1', 'filtered-2']);
    pass();
    assert.deepEqual(await found({}), []);
  });

  it('the container service of the sandbox offers creatable versions of edge clusters, and needs a region and a type', async () => {
    const versions = async (request: object): Promise<(string | undefined)[]> => {
      const all = new sdk.DescribeKubernetesVersionMetadataRequest(request);
      return ((await client.describeKubernetesVersionMetadata(all)).body ?? []).map(({ version }) => version);
    };
    const edge = { region: 'cn-hangzhou', clusterType: 'ManagedKubernetes', profile: 'Edge' };
    assert.ok(!(await versions(edge)).includes('1.20.2'));
    assert.ok((await versions({ ...edge, mode: 'supported' })).includes('1.20.2'));
    assert.deepEqual(await versions({ ...edge, kubernetesVersion: '1.20.2' }), ['1.20.2']);
    assert.deepEqual(await versions({ ...edge, profile: undefined }), []);
    for (const name of ['region', 'clusterType'])
      assert.equal(await codeOf(versions({ ...edge, [name]: undefined })), '400 MissingParameter');
  });

  const script = async (request: object): Promise<string> => {
    const made = await client.describeClusterAttachScripts(id, new sdk.DescribeClusterAttachScriptsRequest(request));
    assert.match(made.body ?? '', /\r\n$/);
    return (made.body ?? '').trim();
  };
  const tokenOf = (line: string): AttachTokenRecord | undefined => {
    const [, token = ''] = /--openapi-token=(\S+)/.exec(line) ?? [];
    return cloud.store.get<AttachTokenRecord>(KIND.attachToken, token);
  };

  it('makes the line that nodes join by, good for an hour unless asked otherwise', async () => {
    const poolId = await create(basic('scripted'));
    const now = Math.floor((start + clock) / 1000);
    const line = await script({ nodepoolId: poolId, arch: 'arm64', options: '{"quiet":true}' });
    assert.match(
      line,
      /^wget http:\/\/aliacs-k8s-cn-hangzhou\.oss-cn-hangzhou\.aliyuncs\.com\/public\/pkg\/run\/attach\/1\.20\.2\/arm64\/edgeadm -O edgeadm; chmod u\+x edgeadm; \.\/edgeadm join --openapi-token=\w{32} --node-spec="\{\\"quiet\\":true\}" --region=cn-hangzhou$/,
    );
    const record = tokenOf(line);
    assert.equal(record?.nodePoolId, poolId);
    assert.ok(Math.abs((record?.expires ?? 0) / 1000 - now - HOUR_S) < 5);
    const other = await script({ nodepoolId: poolId, options: '{}', expired: now + 60, oneTimeToken: true });
    assert.deepEqual([tokenOf(other)?.expires, tokenOf(other)?.oneTime], [(now + 60) * 1000, true]);
  });

  it('refuses a line that cannot be', async () => {
    for (const request of [{ options: 'no json' }, { arch: 'mips' }, { expired: 1 }])
      assert.equal(await codeOf(script(request)), '400 InvalidParameter', JSON.stringify(request));
    assert.equal(await codeOf(script({ nodepoolId: 'np0' })), '404 ErrorNodePoolNotFound');
  });

  it('the container service of the sandbox has PowerShell for Windows', async () => {
    const line = await script({ options: '{"platform":"Windows"}' });
    assert.match(line, /^Start-BitsTransfer .*\/windows\/edgeadm .* --node-spec='\{\\"platform\\":\\"Windows\\"\}'/);
  });

  it('hands out a kubeconfig whose certificate lets in for as long as asked', async () => {
    const request = new sdk.DescribeClusterUserKubeconfigRequest({ temporaryDurationMinutes: 20 });
    const { body } = await client.describeClusterUserKubeconfig(id, request);
    const { servers, ca, cert = '' } = connectionOf(body?.config ?? '', 'the sandbox');
    assert.deepEqual([servers, ca], [[cloud.apiServer], cloud.pki.caPem]);
    const left = Date.parse(new X509Certificate(cert).validTo) - (start + clock);
    assert.ok(left > 19 * 60_000 && left < 21 * 60_000, `${left} ms`);
    const v2 = await client.describeClusterV2UserKubeconfig(id, new sdk.DescribeClusterV2UserKubeconfigRequest({}));
    assert.match(v2.body?.config ?? '', /client-certificate-data/);
    const inside = new sdk.DescribeClusterUserKubeconfigRequest({
      temporaryDurationMinutes: 20,
      privateIpAddress: true,
    });
    const config = (await client.describeClusterUserKubeconfig(id, inside)).body?.config ?? '';
    assert.deepEqual(connectionOf(config, 'the sandbox').servers, [cloud.apiServer.replace('127.0.0.1', 'localhost')]);
    const short = new sdk.DescribeClusterUserKubeconfigRequest({ temporaryDurationMinutes: 5 });
    assert.equal(await codeOf(client.describeClusterUserKubeconfig(id, short)), '400 InvalidParameter');
  });
});
