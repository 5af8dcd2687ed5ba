import assert from 'node:assert/strict';
import { ecsService } from '../../../../sandbox/cloud/ecs.ts';
import { addFault } from '../../../../sandbox/cloud/faults.ts';
import { seedKeys } from '../../../../sandbox/cloud/kms.ts';
import { NETWORK_KIND, seedNetworks, type VpcRecord } from '../../../../sandbox/cloud/network-records.ts';
import { networkServices } from '../../../../sandbox/cloud/networks.ts';
import { type Networks, openNetworks } from '../../../../src/cloud/networks.ts';
import { surroundingsOf } from '../../../../src/phases/cluster/surroundings.ts';
import { type EmulatedCloud, emulatedCloud } from '../../sandbox/cloud/emulated-cloud.ts';
import { callerOptions } from './caller-options.ts';
import { clusterSpec } from './cluster-spec.ts';

describe('what is around a new cluster', function () {
  this.timeout(20_000);
  let cloud: EmulatedCloud;
  let networks: Networks;
  let close: () => Promise<void>;
  beforeEach(async () => {
    cloud = await emulatedCloud({ services: (parts) => [...networkServices(parts), ecsService(parts)] });
    seedNetworks(cloud.store, 'cn-hangzhou');
    seedKeys(cloud.store, 'cn-hangzhou');
    const { options, remove } = await callerOptions(cloud);
    networks = await openNetworks({ ...options, region: 'cn-hangzhou' });
    close = async () => {
      await cloud.close();
      await remove();
    };
  });
  afterEach(() => close());

  const around = (values: object = {}) => surroundingsOf(clusterSpec({ ...values }), networks);
  const fill = (kind: string, number: number): void => {
    for (let index = 0; index < number; index++) cloud.store.put(kind, `x-${index}`, {});
  };

  it('cluster create reads the ranges of the VPC, the secondary ones too, from the account', async () => {
    const vpc = cloud.store.get<VpcRecord>(NETWORK_KIND.vpc, 'vpc-1');
    cloud.store.put(NETWORK_KIND.vpc, 'vpc-1', { ...vpc, secondary: ['10.30.0.0/16'] });
    assert.deepEqual(await around(), {
      vpcCidrs: ['192.168.0.0/16', '10.30.0.0/16'],
      breaches: [],
      notChecked: [],
    });
  });

  it('cluster create refuses a VPC and a vSwitch that are not there, and two vSwitches in one zone', async () => {
    const found = await around({ vswitches: ['vsw-1', 'vsw-3', 'vsw-21'] });
    assert.deepEqual(found.breaches, [
      { limit: 'Vpc', why: 'vsw-21 was not found in vpc-1' },
      { limit: 'Zones', why: 'more than one of the vSwitches is in the zone cn-hangzhou-h' },
    ]);
    assert.deepEqual((await around({ vpc: 'vpc-9' })).breaches[0], {
      limit: 'Vpc',
      why: 'vpc-9 was not found in cn-hangzhou',
    });
    assert.deepEqual((await around({ vswitches: ['vsw-1', 'vsw-2'] })).breaches, []);
  });

  /** Source: the vendor's user guide, 5.4. */
  for (const [kmsKey, whys] of [
    ['619583bb-6266-478e-8b87-0123456789ab', []],
    ['acs:kms:cn-hangzhou:1:key/key-sandbox', []],
    ['alias/secrets', []],
    ['key-sandbox-disabled', ['the key key-sandbox-disabled is Disabled, not Enabled']],
    [
      'key-sandbox-rsa',
      [
        'the key key-sandbox-rsa is of the type RSA_2048, not Aliyun_AES_256',
        'the key key-sandbox-rsa is for SIGN/VERIFY, not for ENCRYPT/DECRYPT',
      ],
    ],
    ['alias/none', ['the key alias/none was not found in cn-hangzhou']],
  ] as const) {
    it(`cluster create looks whether Secrets can be encrypted with the key ${kmsKey}`, async () => {
      const { breaches } = await around({ edition: 'pro', kmsKey });
      assert.deepEqual(
        breaches,
        whys.map((why) => ({ limit: 'KmsKey', why })),
      );
    });
  }

  it('cluster create does without the look at the KMS key if the account may not see it', async () => {
    addFault(cloud.store, { action: 'DescribeKey', mode: 'forbidden', times: 1 });
    const { breaches, notChecked } = await around({ edition: 'pro', kmsKey: 'key-sandbox' });
    assert.deepEqual(breaches, []);
    assert.match(notChecked.join(), /^that the KMS key can encrypt Secrets: .*refused DescribeKey: Forbidden\.RAM$/);
  });

  it('cluster create refuses if the quota of security groups, SLB instances or EIPs is used up, not one earlier', async () => {
    fill(NETWORK_KIND.securityGroup, 99);
    fill(NETWORK_KIND.loadBalancer, 58);
    fill(NETWORK_KIND.eip, 19);
    assert.deepEqual((await around()).breaches, []);
    fill(NETWORK_KIND.securityGroup, 100);
    fill(NETWORK_KIND.loadBalancer, 59);
    fill(NETWORK_KIND.eip, 20);
    const limits = (await around()).breaches.map(({ limit }) => limit);
    assert.deepEqual(limits, ['SecurityGroupQuota', 'LoadBalancerQuota', 'EipQuota']);
    assert.deepEqual(
      (await around({ securityGroup: 'sg-1' })).breaches.map(({ limit }) => limit),
      ['LoadBalancerQuota', 'EipQuota'],
    );
  });

  it('cluster create goes by the quotas of the account, and by the defaults if it may not see them', async () => {
    fill(NETWORK_KIND.eip, 20);
    cloud.store.put(NETWORK_KIND.quota, 'eip', { most: 30 });
    assert.deepEqual((await around()).breaches, []);
    cloud.store.put(NETWORK_KIND.quota, 'loadBalancer', { most: 1 });
    assert.deepEqual((await around()).breaches, [
      {
        limit: 'LoadBalancerQuota',
        why: 'the account has 0 SLB instances and the cluster needs 2 more; its quota is 1',
      },
    ]);
    addFault(cloud.store, { action: 'GetProductQuota', mode: 'business-code', times: 99 });
    const { breaches, notChecked } = await around();
    assert.deepEqual(breaches, [
      {
        limit: 'EipQuota',
        why: 'the account has 20 elastic IP addresses in cn-hangzhou and the cluster needs 1 more; by default 20 are possible',
      },
    ]);
    assert.match(notChecked.join('\n'), /^the account's own quota of security groups, but the default of 100: /);
    assert.equal(notChecked.length, 3);
  });

  it('cluster create names what the account may not see, and is not prevented by it', async () => {
    addFault(cloud.store, { action: 'DescribeVpcs', mode: 'business-code', times: 9 });
    const { notChecked, breaches, vpcCidrs } = await around();
    assert.match(notChecked.join(), /^that pods and Services do not overlap with the VPC .*: 127\.0\.0\.1:\d+ refused/);
    assert.deepEqual([breaches, vpcCidrs], [[], []]);
    assert.equal((await surroundingsOf(clusterSpec(), undefined)).notChecked.length, 5);
  });
});
