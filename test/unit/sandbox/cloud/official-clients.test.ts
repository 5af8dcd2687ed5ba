import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';
import type { LookupFunction } from 'node:net';
import OpenApi from '@alicloud/openapi-client';
import RPCClient from '@alicloud/pop-core';
import { ecsService } from '../../../../sandbox/cloud/ecs.ts';
import { seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import { seedKeys } from '../../../../sandbox/cloud/kms.ts';
import { NETWORK_KIND, seedNetworks } from '../../../../sandbox/cloud/network-records.ts';
import { networkServices } from '../../../../sandbox/cloud/networks.ts';
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
    cloud = await emulatedCloud({ services: (parts) => [echo, ecsService(parts), ...networkServices(parts)] });
    seedInstance(cloud.store);
    seedNetworks(cloud.store, 'cn-hangzhou');
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

  /** A client of an endpoint of the vendor, whose name leads to this cloud. */
  const named = (host: string, apiVersion: string) => {
    const lookup: LookupFunction = (_name, options, done) =>
      options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
    const agent = new Agent({ ca: cloud.ca, lookup });
    return new RPCClient({ ...cloud.account, endpoint: `https://${host}:${cloud.port}`, apiVersion, opts: { agent } });
  };

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

  // What the Python SDKs measure by their models (test/sandbox), called by npm's client at the endpoints of the vendor.
  for (const [host, apiVersion, action, parameters] of [
    ['vpc.aliyuncs.com', '2016-04-28', 'DescribeVpcs', {}],
    ['vpc.aliyuncs.com', '2016-04-28', 'DescribeVSwitches', { VpcId: 'vpc-1' }],
    ['vpc.aliyuncs.com', '2016-04-28', 'DescribeEipAddresses', {}],
    ['slb.aliyuncs.com', '2014-05-15', 'DescribeLoadBalancers', {}],
    ['ecs.cn-hangzhou.aliyuncs.com', '2014-05-26', 'DescribeSecurityGroups', {}],
    ['cbn.aliyuncs.com', '2017-09-12', 'DescribeCens', {}],
    ['cbn.aliyuncs.com', '2017-09-12', 'DescribeCenAttachedChildInstances', { CenId: 'cen-1' }],
    ['smartag.cn-hangzhou.aliyuncs.com', '2018-03-13', 'DescribeCloudConnectNetworks', {}],
  ] as const) {
    it(`@alicloud/pop-core calls ${action} at ${host}`, async () => {
      const answer = await named(host, apiVersion).request<{ TotalCount: number }>(action, {
        RegionId: 'cn-hangzhou',
        ...parameters,
      });
      assert.equal(typeof answer.TotalCount, 'number');
    });
  }

  /** Filters: the request of @alicloud/ecs20140526 7.11.6, DescribeSecurityGroupsRequest. */
  for (const [filter, ids] of [
    [{}, ['sg-a', 'sg-b', 'sg-classic']],
    [{ VpcId: 'vpc-1' }, ['sg-a']],
    [{ VpcId: 'vpc-none' }, []],
    [{ SecurityGroupId: 'sg-b' }, ['sg-b']],
    [{ SecurityGroupIds: '["sg-a","sg-b"]', VpcId: 'vpc-2' }, ['sg-b']],
    [{ SecurityGroupName: 'web' }, ['sg-a']],
    [{ SecurityGroupType: 'normal', NetworkType: 'vpc' }, ['sg-a', 'sg-b']],
    [{ SecurityGroupType: 'enterprise' }, []],
    [{ NetworkType: 'classic' }, ['sg-classic']],
    [{ ResourceGroupId: 'rg-1' }, []],
    [{ ServiceManaged: 'true' }, []],
    [{ 'Tag.1.Key': 'a' }, []],
  ] as const) {
    it(`@alicloud/pop-core finds security groups by ${JSON.stringify(filter)}`, async () => {
      const [web, plain] = [{ vpcId: 'vpc-1', name: 'web' }, { vpcId: 'vpc-2' }];
      for (const [id, document] of Object.entries({ 'sg-a': web, 'sg-b': plain, 'sg-classic': {} }))
        cloud.store.put(NETWORK_KIND.securityGroup, id, document);
      const ecs = named('ecs.cn-hangzhou.aliyuncs.com', '2014-05-26');
      type Groups = { SecurityGroups: { SecurityGroup: { SecurityGroupId: string }[] }; NextToken?: string };
      const ask = (more: object) =>
        ecs.request<Groups>('DescribeSecurityGroups', { RegionId: 'cn-hangzhou', ...filter, ...more });
      const idsOf = ({ SecurityGroups }: Groups) => SecurityGroups.SecurityGroup.map((each) => each.SecurityGroupId);
      assert.deepEqual(idsOf(await ask({})), ids);
      const first = await ask({ MaxResults: 1 });
      assert.deepEqual(idsOf(first), ids.slice(0, 1));
      assert.equal(Boolean(first.NextToken), ids.length > 1);
      if (first.NextToken)
        assert.deepEqual(idsOf(await ask({ MaxResults: 1, NextToken: first.NextToken })), ids.slice(1, 2));
      await assert.rejects(ask({ DryRun: true }), { code: 'DryRunOperation' });
    });
  }

  it('@alicloud/pop-core reads a quota, and is refused one that does not exist', async () => {
    const quotas = named('quotas.aliyuncs.com', '2020-05-10');
    const groups = { ProductCode: 'ecs', QuotaActionCode: 'q_security-groups' };
    const inRegion = { 'Dimensions.1.Key': 'regionId', 'Dimensions.1.Value': 'cn-hangzhou' };
    const { Quota } = await quotas.request<{ Quota: object }>('GetProductQuota', { ...groups, ...inRegion });
    assert.deepEqual([(Quota as { TotalQuota: number }).TotalQuota, 'TotalUsage' in Quota], [100, true]);
    await assert.rejects(quotas.request('GetProductQuota', { ...groups, ProductCode: 'slb' }), {
      code: 'QUOTA.NOT.EXISTS',
    });
  });

  it('@alicloud/pop-core reads a key of KMS by its alias, and is refused one that does not exist', async () => {
    seedKeys(cloud.store, 'cn-hangzhou');
    const kms = named('kms.cn-hangzhou.aliyuncs.com', '2016-01-20');
    const { KeyMetadata } = await kms.request<{ KeyMetadata: object }>('DescribeKey', { KeyId: 'alias/secrets' });
    const { KeyId, KeySpec } = KeyMetadata as Record<string, string>;
    assert.deepEqual([KeyId, KeySpec], ['619583bb-6266-478e-8b87-0123456789ab', 'Aliyun_AES_256']);
    await assert.rejects(kms.request('DescribeKey', { KeyId: 'key-none' }), { code: 'Forbidden.KeyNotFound' });
  });

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
