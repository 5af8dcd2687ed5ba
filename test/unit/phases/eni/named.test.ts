import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { INSTANCE, inProcessEns, runBind } from './in-process-ens.ts';

describe('eni bind with named ENIs and missing rules', () => {
  it('eni bind --eni attaches the named ENI and buys none; the same line again changes nothing', async () => {
    const cloud = inProcessEns();
    const [first] = (await bound(cloud, { eniNumber: 1 })).attached;
    const records = cloud.secondaries();
    for (const eni of records)
      cloud.records.put('ens/network-interface', {
        ...eni,
        status: 'Available',
        instanceId: undefined,
        name: 'by hand',
      });
    const result = await bound(cloud, { interfaceIds: [first ?? ''] });
    assert.deepEqual(result.attached, [first]);
    assert.equal(cloud.secondaries().length, 1);
    assert.equal((await bound(cloud, { interfaceIds: [first ?? ''] })).changed, false);
  });

  it('eni bind --eni names ENIs that cannot be attached before anything is changed', async () => {
    const cloud = inProcessEns();
    const primary = cloud.records.interfaces().find(({ type }) => type === 'Primary');
    assert.ok(primary);
    const going = {
      ...primary,
      id: 'eni-going',
      type: 'Secondary',
      status: 'Deleting',
      instanceId: undefined,
    } as const;
    cloud.records.put('ens/network-interface', going);
    const interfaceIds = ['eni-nope', primary.id, going.id];
    const { result } = await runBind(cloud, { spec: { interfaceIds }, caller: cloud.caller() });
    const error = await result.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    assert.match(error.message + error.why, /eni-nope: the network of the instance has no such ENI/);
    assert.match(error.message + error.why, /it is a primary ENI/);
    assert.match(error.message + error.why, /eni-going: it is being deleted/);
    assert.match(error.next, /^name ENIs with --eni that are Available/);
    assert.equal(cloud.instanceStatus(), 'Running');
  });

  it('eni bind --add-rules adds the rules that pods need, once, and without the flag only warns', async () => {
    const cloud = inProcessEns({ withRules: false });
    const rules = () => cloud.records.securityGroup(`sg-${INSTANCE.slice(2)}`)?.permissions.length;
    const first = await runBind(cloud, { spec: { eniNumber: 1 }, caller: cloud.caller() });
    await first.result;
    assert.ok(
      first.said().some((line) => /--add-rules adds it/.test(line)),
      first.said().join('\n'),
    );
    assert.equal(rules(), 0);
    const caller = cloud.caller([...Array<undefined>(0)]);
    await (await runBind(cloud, { spec: { eniNumber: 1, addRules: true }, caller })).result;
    assert.equal(rules(), 2);
    assert.equal((await bound(cloud, { eniNumber: 1, addRules: true })).changed, false);
    assert.equal(rules(), 2);
  });

  async function bound(cloud: ReturnType<typeof inProcessEns>, spec: Parameters<typeof runBind>[1]['spec']) {
    const { result } = await runBind(cloud, { spec, caller: cloud.caller() });
    return result;
  }
});
