import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import OpenApi from '@alicloud/openapi-client';
import RPCClient from '@alicloud/pop-core';
import { seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import type { CloudRequest, CloudService } from '../../../../sandbox/cloud/service.ts';
import { type EmulatedCloud, emulatedCloud } from './emulated-cloud.ts';

/** The package has types for its RPC client alone. */
const { ROAClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  ROAClient: new (
    config: object,
  ) => { post(path: string, query: object, body: string, headers: object): Promise<unknown> };
};

/** Answers what the container service would, far enough to see that requests arrive whole. */
const asked: CloudRequest[] = [];
const echo: CloudService = {
  product: 'cs',
  authentication: 'signature',
  actionOf: (_method, path) => (path.startsWith('/clusters/') ? 'Echo' : undefined),
  handle: (request) => {
    asked.push(request);
    return { nodepool_id: 'np1', nodepools: [{ nodepool_info: { name: 'edge one' } }] };
  },
};

describe('official clients of the vendor, unchanged but for endpoint and CA', function () {
  this.timeout(20_000);
  let cloud: EmulatedCloud;
  before(async () => {
    cloud = await emulatedCloud({ services: [echo] });
    seedInstance(cloud.store);
  });
  after(() => cloud.close());
  beforeEach(() => void asked.splice(0));

  const rpc = (secret = cloud.account.accessKeySecret) =>
    new RPCClient({
      endpoint: cloud.url,
      apiVersion: '2017-11-10',
      accessKeyId: cloud.account.accessKeyId,
      accessKeySecret: secret,
      opts: { ca: cloud.ca },
    });

  for (const method of ['GET', 'POST']) {
    it(`@alicloud/pop-core calls ENS by ${method}`, async () => {
      const answer = await rpc().request<{ TotalCount: number; RequestId: string }>(
        'DescribeInstances',
        { InstanceId: 'i-sandbox' },
        { method },
      );
      assert.equal(answer.TotalCount, 1);
      assert.match(answer.RequestId, /^[0-9A-F-]{36}$/);
    });
  }

  it('@alicloud/pop-core signs names with spaces, umlauts and brackets', async () => {
    const name = `Müller & Söhne (1)*'~!`;
    const { NetworkInterfaceIds } = await rpc().request<{ NetworkInterfaceIds: string[] }>(
      'CreateNetworkInterface',
      { VSwitchId: 'vsw-ap-southeast-1-sandbox', SecurityGroupIds: '["sg-sandbox"]', Name: name },
      { method: 'POST' },
    );
    const found = await rpc().request<{ NetworkInterfaceSets: { NetworkInterfaceSet: object[] } }>(
      'DescribeNetworkInterfaces',
      { NetworkInterfaceName: name },
    );
    const [eni] = found.NetworkInterfaceSets.NetworkInterfaceSet as { NetworkInterfaceId: string }[];
    assert.equal(eni?.NetworkInterfaceId, NetworkInterfaceIds[0]);
  });

  it('@alicloud/pop-core calls ROA services', async () => {
    const client = new ROAClient({
      endpoint: cloud.url,
      apiVersion: '2015-12-15',
      accessKeyId: cloud.account.accessKeyId,
      accessKeySecret: cloud.account.accessKeySecret,
      opts: { ca: cloud.ca },
    });
    const body = JSON.stringify({ name: 'ä' });
    await client.post('/clusters/c1/nodepools', { a: 'b c' }, body, { 'content-type': 'application/json' });
    assert.deepEqual(asked[0]?.body, { name: 'ä' });
    assert.deepEqual(asked[0]?.parameters, { a: 'b c' });
  });

  it('@alicloud/pop-core is told of a wrong secret and of a missing parameter in its own way', async () => {
    await assert.rejects(rpc('wrong').request('DescribeInstances', {}), { code: 'SignatureDoesNotMatch' });
    await assert.rejects(rpc().request('StopInstance', {}), { code: 'MissingParameter' });
    await assert.rejects(rpc().request('NoSuchAction', {}), { code: 'InvalidAction.NotFound' });
  });

  const config = () => ({
    accessKeyId: cloud.account.accessKeyId,
    accessKeySecret: cloud.account.accessKeySecret,
    endpoint: cloud.host,
    regionId: 'ap-southeast-1',
    ca: cloud.ca,
  });

  for (const signatureAlgorithm of [undefined, 'v2']) {
    it(`@alicloud/openapi-client calls ENS (signature ${signatureAlgorithm ?? 'ACS3-HMAC-SHA256'})`, async () => {
      const client = new OpenApi.default(new OpenApi.Config({ ...config(), signatureAlgorithm }));
      const answer = await client.callApi(
        new OpenApi.Params({
          action: 'DescribeInstances',
          version: '2017-11-10',
          protocol: 'HTTPS',
          pathname: '/',
          method: 'POST',
          authType: 'AK',
          style: 'RPC',
          reqBodyType: 'formData',
          bodyType: 'json',
        }),
        new OpenApi.OpenApiRequest({ query: { InstanceId: 'i-sandbox' } }),
        {} as Parameters<typeof client.callApi>[2],
      );
      assert.equal(answer.body.TotalCount, 1);
    });
  }

  it('@alicloud/cs20151215 calls the container service', async () => {
    const { default: cs } = await import('@alicloud/cs20151215');
    const { $OpenApiUtil } = await import('@alicloud/openapi-core');
    const client = new cs.default(new $OpenApiUtil.Config(config()));
    const created = await client.createClusterNodePool(
      'c1',
      new cs.CreateClusterNodePoolRequest({
        maxNodes: 5,
        nodepoolInfo: new cs.CreateClusterNodePoolRequestNodepoolInfo({ name: 'edge one', type: 'edge' }),
      }),
    );
    assert.equal(created.body?.nodepoolId, 'np1');
    assert.equal(asked[0]?.path, '/clusters/c1/nodepools');
    assert.deepEqual(asked[0]?.body, { max_nodes: 5, nodepool_info: { name: 'edge one', type: 'edge' } });
    const list = await client.describeClusterNodePools(
      'c1',
      new cs.DescribeClusterNodePoolsRequest({ nodepoolName: 'edge one' }),
    );
    assert.equal(list.body?.nodepools?.[0]?.nodepoolInfo?.name, 'edge one');
  });
});
