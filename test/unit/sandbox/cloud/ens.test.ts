import assert from 'node:assert/strict';
import { ensService } from '../../../../sandbox/cloud/ens.ts';
import { ENS_DELAY_MS } from '../../../../sandbox/cloud/ens-orders.ts';
import { type InstanceSeed, seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import { openStore } from '../../../../sandbox/store.ts';

type Interface = { NetworkInterfaceId: string; InstanceId: string; Status: string; Type: string };

/** An ENS with one instance, and a clock that only the test moves. */
function ens(seed: InstanceSeed = {}, slowness?: number) {
  const store = openStore(':memory:');
  let time = 1_000_000;
  const service = ensService({ store, now: () => time, slowness });
  seedInstance(store, seed);
  const call = <T>(action: string, parameters: Record<string, string> = {}): T => {
    assert.equal(service.actionOf('POST', '/', { Action: action }), action);
    return service.handle({ method: 'POST', path: '/', action, parameters, body: undefined, headers: {} }) as T;
  };
  const list = (parameters: Record<string, string> = {}) =>
    call<{ NetworkInterfaceSets: { NetworkInterfaceSet: Interface[] } }>('DescribeNetworkInterfaces', parameters)
      .NetworkInterfaceSets.NetworkInterfaceSet;
  const create = (vSwitch = 'vsw-ap-southeast-1-sandbox') =>
    call<{ NetworkInterfaceIds: string[] }>('CreateNetworkInterface', {
      VSwitchId: vSwitch,
      SecurityGroupIds: '["sg-sandbox"]',
      Name: 'n',
    }).NetworkInterfaceIds[0] ?? '';
  return {
    store,
    call,
    list,
    create,
    statusOf: (id: string) => list({ NetworkInterfaceId: id })[0]?.Status,
    instance: () =>
      call<{ Instances: { Instance: { Status: string }[] } }>('DescribeInstances', { InstanceId: 'i-sandbox' })
        .Instances.Instance[0],
    pass: (ms: number) => {
      time += ms;
    },
  };
}

const I = { InstanceId: 'i-sandbox' };

describe('the emulated ENS', () => {
  it('answers instances with zone, network, security groups and interfaces, as the real one', () => {
    const { InstanceId, Status, EnsRegionId, ...rest } = ens().instance() as unknown as Record<string, unknown>;
    assert.deepEqual([InstanceId, Status, EnsRegionId], ['i-sandbox', 'Running', 'ap-southeast-1-sandbox']);
    assert.partialDeepStrictEqual(rest, {
      NetworkAttributes: { NetworkId: 'n-ap-southeast-1-sandbox', VSwitchId: 'vsw-ap-southeast-1-sandbox' },
      SecurityGroupIds: { SecurityGroupId: ['sg-sandbox'] },
      NetworkInterfaces: { NetworkInterfaces: [{ Type: 'Primary' }] },
    });
  });

  it('the emulated ENS tells only what every filter of the request leaves', () => {
    const { store, call, list } = ens();
    seedInstance(store, { id: 'i-far', regionId: 'cn-hangzhou-44' });
    const instances = (filter: Record<string, string>): string[] =>
      call<{ Instances: { Instance: { InstanceId: string }[] } }>('DescribeInstances', filter).Instances.Instance.map(
        ({ InstanceId }) => InstanceId,
      );
    for (const filter of [
      { InstanceIds: '["i-far","i-none"]' },
      { InstanceName: 'i-far' },
      { EnsRegionIds: '["cn-hangzhou-44"]' },
      { NetworkId: 'n-cn-hangzhou-44' },
      { VSwitchId: 'vsw-cn-hangzhou-44' },
      { SecurityGroupId: 'sg-far' },
    ] as Record<string, string>[])
      assert.deepEqual(instances(filter), ['i-far'], JSON.stringify(filter));
    assert.throws(() => instances({ InstanceIds: 'i-far' }), { code: 'InvalidParameter.InstanceIds' });
    const [primary] = list({ SecurityGroupId: 'sg-far' });
    assert.equal(primary?.InstanceId, 'i-far');
    assert.deepEqual(list({ PrimaryIpAddress: '10.10.1.250' }), []);
    assert.deepEqual(list({ EnsRegionId: 'cn-hangzhou-44' }), [primary]);
  });

  it('the emulated ENS takes no rule and no script that the real one could not read', () => {
    const { call } = ens();
    const rule = { SecurityGroupId: 'sg-sandbox', IpProtocol: 'tcp', PortRange: '22/22', SourceCidrIp: '10.0.0.0/8' };
    assert.deepEqual(call('AuthorizeSecurityGroup', rule), {});
    for (const [name, value] of [
      ['PortRange', '22'],
      ['SourceCidrIp', '10.0.0.0/99'],
      ['IpProtocol', 'quic'],
    ] as const)
      assert.throws(() => call('AuthorizeSecurityGroup', { ...rule, [name]: value }), {
        code: `InvalidParameter.${name}`,
      });
    assert.throws(() => call('AttachEnsInstances', { ...I, Scripts: 'wget x' }), { code: 'InvalidParameter.Scripts' });
  });

  it('ENS takes so many times as long for each change as the sandbox was told', () => {
    const { create, statusOf, pass } = ens({}, 100);
    const id = create();
    pass(100 * ENS_DELAY_MS.create - 1);
    assert.equal(statusOf(id), 'Creating');
    pass(1);
    assert.equal(statusOf(id), 'Available');
  });

  it('takes time for each change, and shows the state on the way', () => {
    const { call, create, statusOf, instance, pass } = ens();
    const id = create();
    assert.equal(statusOf(id), 'Creating');
    pass(ENS_DELAY_MS.create);
    assert.equal(statusOf(id), 'Available');
    call('StopInstance', I);
    assert.equal(instance()?.Status, 'Stopping');
    pass(ENS_DELAY_MS.stop);
    assert.equal(instance()?.Status, 'Stopped');
    call('AttachNetworkInterface', { ...I, NetworkInterfaceId: id });
    assert.equal(statusOf(id), 'Attaching');
    pass(ENS_DELAY_MS.attach);
    assert.equal(statusOf(id), 'InUse');
    call('DetachNetworkInterface', { NetworkInterfaceId: id });
    assert.equal(statusOf(id), 'Detaching');
    pass(ENS_DELAY_MS.detach);
    assert.equal(statusOf(id), 'Available');
    call('StartInstance', I);
    assert.equal(instance()?.Status, 'Starting');
    pass(ENS_DELAY_MS.start);
    assert.equal(instance()?.Status, 'Running');
    call('DeleteNetworkInterfaces', { NetworkInterfaceIds: JSON.stringify([id]) });
    assert.equal(statusOf(id), 'Deleting');
    pass(ENS_DELAY_MS.delete);
    assert.equal(statusOf(id), undefined);
  });

  it('buys twice when asked twice', () => {
    const { create, list } = ens();
    assert.notEqual(create(), create());
    assert.equal(list({ Type: 'Secondary' }).length, 2);
  });

  it('attaches only what is Available, to an instance that is Stopped', () => {
    const { call, create, pass } = ens();
    const id = create();
    const attach = () => call('AttachNetworkInterface', { ...I, NetworkInterfaceId: id });
    assert.throws(attach, { code: 'InvalidOperation.InvalidEniStatus' });
    pass(1000);
    assert.throws(attach, { code: 'InvalidOperation.InvalidEnsStatus' });
    call('StopInstance', I);
    pass(1000);
    attach();
    assert.throws(attach, { code: 'InvalidOperation.InvalidEniStatus' });
  });

  it('attaches only within zone and VPC', () => {
    const { store, call, create, pass } = ens({ status: 'Stopped' });
    seedInstance(store, { id: 'i-other', regionId: 'elsewhere' });
    const id = create('vsw-elsewhere');
    pass(1000);
    assert.throws(() => call('AttachNetworkInterface', { ...I, NetworkInterfaceId: id }), {
      code: 'InvalidOperation.InstanceNotSupport',
    });
  });

  it('lets an instance have ten interfaces, the primary one among them', () => {
    const { call, create, pass, list } = ens({ status: 'Stopped' });
    const ids = Array.from({ length: 10 }, () => create());
    pass(1000);
    const attach = (id = '') => call('AttachNetworkInterface', { ...I, NetworkInterfaceId: id });
    ids.slice(0, 9).forEach(attach);
    assert.throws(() => attach(ids[9]), { code: 'QuotaExceeded' });
    assert.equal(list(I).length, 10);
  });

  it('knows the documented errors', () => {
    const { call, list } = ens();
    const primary = list({ Type: 'Primary' })[0]?.NetworkInterfaceId ?? '';
    const refused = (action: string, parameters: Record<string, string>, code: string) =>
      assert.throws(() => call(action, parameters), { code });
    refused('StopInstance', {}, 'MissingParameter');
    refused('StopInstance', { InstanceId: 'i-none' }, 'InstanceNotFound');
    refused('StartInstance', I, 'InvalidOperation.InvalidEnsStatus');
    refused('AttachNetworkInterface', { ...I, NetworkInterfaceId: 'eni-none' }, 'InvalidEniId.NotFound');
    refused('DetachNetworkInterface', { NetworkInterfaceId: primary }, 'InvalidOperation.InvalidEniType');
    refused('DeleteNetworkInterfaces', { NetworkInterfaceIds: 'eni-1' }, 'InvalidParameter.NetworkInterfaceIds');
    refused('CreateNetworkInterface', { VSwitchId: 'x', SecurityGroupIds: '[]' }, 'MissingParameter');
    refused('DescribeInstances', { PageSize: '1000' }, 'InvalidParameter.PageSize');
  });

  it('gives at most a page at a time', () => {
    const { create, call } = ens();
    for (let i = 0; i < 4; i++) create();
    const page = (PageNumber: string) => call('DescribeNetworkInterfaces', { PageSize: '3', PageNumber }) as object;
    const sizes = ['1', '2', '3'].map(
      (number) =>
        (page(number) as { NetworkInterfaceSets: { NetworkInterfaceSet: object[] } }).NetworkInterfaceSets
          .NetworkInterfaceSet.length,
    );
    assert.deepEqual(sizes, [3, 2, 0]);
    assert.partialDeepStrictEqual(page('2'), { TotalCount: 5, PageNumber: 2, PageSize: 3 });
  });

  it('the emulated ENS has a quota of interfaces', () => {
    const { create } = ens();
    for (let i = 0; i < 49; i++) create();
    assert.throws(() => create(), { code: 'QuotaExceeded' });
  });

  it('the emulated ENS is the same after a restart', () => {
    const { store, create } = ens();
    const id = create();
    const again = ensService({ store, now: () => 2_000_000 });
    const answer = again.handle({
      method: 'POST',
      path: '/',
      action: 'DescribeNetworkInterfaces',
      parameters: { NetworkInterfaceId: id },
      body: undefined,
      headers: {},
    });
    assert.partialDeepStrictEqual(answer, { TotalCount: 1 });
  });
});
