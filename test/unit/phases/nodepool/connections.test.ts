import assert from 'node:assert/strict';
import { addFault } from '../../../../sandbox/cloud/faults.ts';
import { type CenRecord, NETWORK_KIND, seedNetworks } from '../../../../sandbox/cloud/network-records.ts';
import { networkServices } from '../../../../sandbox/cloud/networks.ts';
import { openEnterpriseNetwork } from '../../../../src/cloud/enterprise-network.ts';
import type { NodePoolSpec } from '../../../../src/config/node-pool.ts';
import { connectionsOf } from '../../../../src/phases/nodepool/connections.ts';
import { type EmulatedCloud, emulatedCloud } from '../../sandbox/cloud/emulated-cloud.ts';
import { callerOptions } from '../cluster/caller-options.ts';

const SPEC: NodePoolSpec = {
  name: 'video',
  mode: 'enhanced',
  cenId: 'cen-1',
  ccnId: 'ccn-1',
  ccnRegion: 'cn-shanghai',
  labels: {},
  annotations: {},
  taints: [],
  podCidrs: [],
};

describe('the networks of an enhanced node pool', function () {
  this.timeout(20_000);
  let cloud: EmulatedCloud;
  let opened: Awaited<ReturnType<typeof callerOptions>>;
  beforeEach(async () => {
    cloud = await emulatedCloud({ services: (parts) => networkServices(parts) });
    seedNetworks(cloud.store, 'cn-hangzhou');
    opened = await callerOptions(cloud);
  });
  afterEach(async () => {
    await cloud.close();
    await opened.remove();
  });

  const look = (values: Partial<NodePoolSpec> = {}) =>
    connectionsOf({ ...SPEC, ...values }, () => openEnterpriseNetwork({ ...opened.options, region: 'cn-hangzhou' }));
  const attach = (attached: CenRecord['attached']): void =>
    cloud.store.put(NETWORK_KIND.cen, 'cen-1', { id: 'cen-1', attached } satisfies CenRecord);

  it('the ranges of the VPCs of an enhanced node pool are read from its CEN instance', async () => {
    assert.deepEqual(await look(), { refusals: [], vpcCidrs: ['192.168.0.0/16'], notChecked: [] });
  });

  it('an enhanced node pool is refused for CEN and CCN instances that are not there, or not connected', async () => {
    assert.deepEqual((await look({ ccnId: 'ccn-9', ccnRegion: 'cn-hongkong' })).refusals, [
      'the CCN instance ccn-9 was not found in cn-hongkong',
    ]);
    assert.deepEqual((await look({ cenId: 'cen-9' })).refusals, [
      'the account has no CEN instance cen-9; --cen-owner names the account that has it',
    ]);
    attach([]);
    assert.deepEqual((await look()).refusals, [
      'the CCN instance ccn-1 is not attached (CEN instance cen-1)',
      'no VPC is attached to the CEN instance cen-1',
    ]);
  });

  it('what cannot be seen of the networks of an enhanced node pool is a warning: another account, a refused call', async () => {
    assert.deepEqual(await look({ cenId: 'cen-9', cenOwner: '1234' }), {
      refusals: [],
      vpcCidrs: [],
      notChecked: [
        'whether the CEN and the CCN instance exist and are connected was not checked: the CEN instance cen-9 belongs to the account 1234',
      ],
    });
    attach([
      { id: 'vpc-of-others', type: 'VPC', region: 'cn-beijing' },
      { id: 'ccn-1', type: 'CCN', region: 'cn-shanghai' },
    ]);
    assert.match((await look()).notChecked.join(), /overlap with vpc-of-others was not checked/);
    addFault(cloud.store, { action: 'DescribeCens', mode: 'business-code', times: 9 });
    const { refusals, notChecked } = await look();
    assert.deepEqual(refusals, []);
    assert.match(notChecked.join(), /was not checked: 127\.0\.0\.1:\d+ refused DescribeCens/);
  });
});
