import assert from 'node:assert/strict';
import RPCClient from '@alicloud/pop-core';
import { z } from 'zod';
import { seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import { addFault, clearFaults, listFaults } from '../../../../sandbox/cloud/faults.ts';
import { networkServices } from '../../../../sandbox/cloud/networks.ts';
import { CloudFailure, type CloudService } from '../../../../sandbox/cloud/service.ts';
import { cloudCaller } from '../../../../src/cloud/caller.ts';
import { cloudTransport } from '../../../../src/cloud/transport.ts';
import type { CloudProduct } from '../../../../src/config/cloud-hosts.ts';
import { type EmulatedCloud, emulatedCloud } from './emulated-cloud.ts';

const MINUTE = 60_000;

const bearer: CloudService = {
  product: 'cs-anony',
  authentication: 'bearer',
  actionOf: (_method, path) => (path === '/edgeadm/v1/nodes' ? 'Exchange' : undefined),
  handle: ({ headers }) => {
    if (headers.authorization === 'Bearer t') return { clusterId: 'c1' };
    throw new CloudFailure(401, 'TOKEN_INVALID', 'the token is not known');
  },
};

describe('the front of the emulated cloud', () => {
  let cloud: EmulatedCloud;
  let time = 0;
  before(async () => {
    cloud = await emulatedCloud({
      now: () => Date.now() + time,
      services: (parts) => [bearer, ...networkServices(parts)],
    });
    seedInstance(cloud.store);
  });
  after(() => cloud.close());
  beforeEach(() => {
    time = 0;
  });

  const client = (accessKeyId = cloud.account.accessKeyId) =>
    new RPCClient({
      endpoint: cloud.url,
      apiVersion: '2017-11-10',
      accessKeyId,
      accessKeySecret: cloud.account.accessKeySecret,
      opts: { ca: cloud.ca },
    });
  const describeInstances = (params: object = {}) =>
    client().request<{ TotalCount: number }>('DescribeInstances', params);

  /** A request as somebody without a client writes it. */
  const raw = async (path: string, headers: Record<string, string> = {}) => {
    const { request } = await import('node:https');
    return new Promise<{ status: number; body: Record<string, string> }>((resolve, reject) => {
      request(
        `${cloud.url}${path}`,
        { ca: cloud.ca, checkServerIdentity: () => undefined, servername: 'localhost', headers, method: 'POST' },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) });
        },
      )
        .on('error', reject)
        .end();
    });
  };

  it('answers no page whose own name was made to mean this machine (DNS rebinding)', async () => {
    const { status, body } = await raw('/edgeadm/v1/nodes', { host: 'rebound.example', authorization: 'Bearer t' });
    assert.equal(status, 421);
    assert.equal(body.Code, 'InvalidHost');
  });

  /** What an endpoint of the vendor answers to edgeadm, as the product that speaks to it. */
  const asked = async (product: CloudProduct, host: string, action: string, parameters = {}) => {
    const style = product === 'cs' ? 'ROA' : 'RPC';
    const credential = async () => cloud.account;
    const version = product === 'ens' ? '2017-11-10' : '2016-04-28';
    const address = { host: '127.0.0.1', port: cloud.port };
    const transport = cloudTransport({ endpoint: host, version, style, credential, ca: cloud.ca, address });
    return cloudCaller(transport, { tries: 1 }).read({ action, parameters }, z.looseObject({}));
  };

  it('an endpoint of the vendor leads to its own API and region, as in the world', async () => {
    await asked('ens', 'ens.aliyuncs.com', 'DescribeInstances');
    await asked('ens', 'ens.ap-southeast-1.aliyuncs.com', 'DescribeInstances');
    await asked('vpc', 'vpc.aliyuncs.com', 'DescribeVpcs', { RegionId: 'cn-hangzhou' });
    await asked('vpc', 'vpc.cn-beijing.aliyuncs.com', 'DescribeVpcs', { RegionId: 'cn-beijing' });
    for (const [product, host, action, region, why] of [
      ['ens', 'vpc.aliyuncs.com', 'DescribeInstances', '', /InvalidAction\.NotFound/],
      ['vpc', 'ens.aliyuncs.com', 'DescribeVpcs', 'cn-hangzhou', /InvalidAction\.NotFound/],
      ['vpc', 'vpc.aliyuncs.com', 'DescribeVpcs', 'cn-beijing', /InvalidOperation\.NotSupportedEndpoint/],
    ] as const)
      await assert.rejects(asked(product, host, action, { RegionId: region }), { code: 'CLOUD_REFUSED', message: why });
  });

  it('an endpoint that the vendor does not have cannot be reached, and its name alone is refused', async () => {
    for (const host of ['ens.cn-hangzhou.aliyuncs.com', 'vpc.cn-hangzhou.aliyuncs.com', 'nothing.aliyuncs.com'])
      await assert.rejects(asked('ens', host, 'DescribeInstances'), { code: 'CLOUD_UNREACHABLE' });
    const { status, body } = await raw('/', { host: 'ens.cn-hangzhou.aliyuncs.com' });
    assert.deepEqual([status, body.Code], [404, 'InvalidProduct.NotFound']);
  });

  it('says in the words of the real one what is wrong with a request', async () => {
    await assert.rejects(client('LTAIxyz').request('DescribeInstances', {}), { code: 'InvalidAccessKeyId.NotFound' });
    await assert.rejects(describeInstances({ Timestamp: 'today' }), { code: 'InvalidTimeStamp.Format' });
    assert.equal((await raw('/?Action=DescribeInstances')).body.Code, 'MissingVersion');
    assert.equal((await raw('/?Action=DescribeInstances&Version=2014-05-26')).body.Code, 'InvalidVersion');
    const unsigned = await raw('/?Action=DescribeInstances&Version=2017-11-10');
    assert.equal(unsigned.status, 400);
    assert.equal(unsigned.body.Code, 'MissingAccessKeyId');
    assert.deepEqual(Object.keys(unsigned.body), ['RequestId', 'HostId', 'Code', 'Message']);
    assert.equal((await raw('/')).body.Code, 'MissingParameter');
  });

  it('refuses a request whose clock is a quarter of an hour off, in either direction', async () => {
    for (const off of [16 * MINUTE, -16 * MINUTE]) {
      time = off;
      await assert.rejects(describeInstances(), { code: 'InvalidTimeStamp.Expired' });
    }
    time = 14 * MINUTE;
    assert.equal((await describeInstances()).TotalCount, 1);
  });

  it('refuses a request that is sent twice', async () => {
    await describeInstances({ SignatureNonce: 'once' });
    await assert.rejects(describeInstances({ SignatureNonce: 'once' }), { code: 'SignatureNonceUsed' });
  });

  it('leaves bearer tokens to the service, which words its errors itself', async () => {
    assert.deepEqual((await raw('/edgeadm/v1/nodes', { authorization: 'Bearer t' })).body, { clusterId: 'c1' });
    assert.deepEqual(await raw('/edgeadm/v1/nodes', { authorization: 'Bearer x' }), {
      status: 401,
      body: { code: 'TOKEN_INVALID', message: 'the token is not known' },
    });
  });

  it('makes the next calls of an action go wrong, as often as asked for, and no others', async () => {
    addFault(cloud.store, { action: 'DescribeInstances', mode: '500', times: 2 });
    addFault(cloud.store, { action: 'DescribeInstances', mode: 'throttle', times: 1 });
    await client().request('DescribeNetworkInterfaces', {});
    await assert.rejects(describeInstances(), { code: 'InternalError' });
    await assert.rejects(describeInstances(), { code: 'InternalError' });
    await assert.rejects(describeInstances(), { code: 'Throttling.User' });
    assert.equal((await describeInstances()).TotalCount, 1);
    assert.deepEqual(listFaults(cloud.store), []);
  });

  for (const [mode, code] of [
    ['unavailable', 'ServiceUnavailable'],
    ['qps-limit', 'QPS Limit Exceeded'],
    ['forbidden', 'Forbidden.RAM'],
    ['rejected-throttling', 'Rejected.Throttling'],
  ] as const) {
    it(`refuses a call with ${code} if it is told to`, async () => {
      addFault(cloud.store, { action: 'DescribeInstances', mode, times: 1 });
      await assert.rejects(describeInstances(), { code });
    });
  }

  for (const [mode, code] of [
    ['business-code', 'CLOUD_FAILED'],
    ['html-502', 'CLOUD_FAILED'],
    ['redirect', 'CLOUD_ANSWER_INVALID'],
    ['switch-protocols', 'CLOUD_ANSWER_INVALID'],
    ['truncated', 'CLOUD_ANSWER_INVALID'],
    ['empty', 'CLOUD_ANSWER_INVALID'],
  ] as const) {
    it(`the front of the emulated cloud answers what edgeadm does not take for an answer if the fault ${mode} strikes`, async () => {
      const credential = async () => cloud.account;
      const where = { endpoint: cloud.host, version: '2017-11-10', style: 'RPC', credential, ca: cloud.ca } as const;
      const caller = cloudCaller(cloudTransport(where), { tries: 1 });
      addFault(cloud.store, { action: 'DescribeInstances', mode, times: 1 });
      await assert.rejects(caller.read({ action: 'DescribeInstances' }, z.object({ TotalCount: z.number() })), {
        code,
      });
    });
  }

  it('loses the answer of a call that took effect, or the call itself', async () => {
    const create = () =>
      client().request('CreateNetworkInterface', {
        VSwitchId: 'vsw-ap-southeast-1-sandbox',
        SecurityGroupIds: '["sg-sandbox"]',
        Name: 'lost',
      });
    const bought = async () =>
      (await client().request<{ TotalCount: number }>('DescribeNetworkInterfaces', { NetworkInterfaceName: 'lost' }))
        .TotalCount;
    addFault(cloud.store, { action: 'CreateNetworkInterface', mode: 'timeout-before', times: 1 });
    await assert.rejects(create());
    assert.equal(await bought(), 0);
    addFault(cloud.store, { action: '*', mode: 'timeout-after-effect', times: 1 });
    await assert.rejects(create());
    assert.equal(await bought(), 1);
  });

  it('forgets its faults when told to', async () => {
    addFault(cloud.store, { action: '*', mode: '500', times: 9 });
    assert.equal(clearFaults(cloud.store), 1);
    assert.equal((await describeInstances()).TotalCount, 1);
  });
});
