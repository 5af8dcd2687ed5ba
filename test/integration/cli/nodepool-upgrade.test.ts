import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addFault } from '../../../sandbox/cloud/faults.ts';
import { keptUpgrade } from '../../../src/cli/nodepool/kept-upgrade.ts';
import { poolUpgrade } from '../../../src/cli/nodepool/upgrade.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../unit/cloud/cloud-under-test.ts';

const FLAGS = { 'replace-disk': false, 'ignore-warnings': false };

describe('nodepool upgrade, run again after a kill', function () {
  this.timeout(60_000);
  let cloud: CloudUnderTest;
  let state: string;
  let late = 0;
  beforeEach(async () => {
    late = 0;
    cloud = await cloudUnderTest({}, () => Date.now() + late);
    state = await mkdtemp(join(tmpdir(), 'edgeadm-state-'));
  });
  afterEach(async () => {
    await cloud.close();
    await rm(state, { recursive: true });
  });

  /** What a run would do, and what it would do that with. */
  const planned = async (flags: object = {}, folder = state) => {
    const { service, cluster } = cloud;
    const [pool] = await service.nodePools(cluster.id);
    assert.ok(pool);
    const memory = keptUpgrade(cluster.id, pool.nodepoolInfo.nodepoolId, { XDG_STATE_HOME: folder });
    return poolUpgrade(pool, { service, clusterId: cluster.id }, { ...FLAGS, ...flags }, memory);
  };
  const taskEnds = () => {
    late += 60_000;
  };
  const ORDERED = ['upgrade the node pool default-nodepool to Kubernetes v1.20.2'];

  it('an upgrade that ended after the kill is not ordered again by the second run, and is by a third one', async () => {
    const taskId = await (await planned()).send();
    taskEnds();
    const { lines, data, unchanged } = await planned();
    assert.deepEqual([lines, data], [[], { finished: taskId }]);
    assert.equal(unchanged, `nodepool/default-nodepool was upgraded by the order of an earlier run: task ${taskId}`);
    assert.deepEqual((await planned()).lines, ORDERED);
  });

  it('an upgrade is ordered again if the first one failed, was another one, or its end was seen', async () => {
    addFault(cloud.store, { action: 'UpgradeClusterNodepool/task', mode: '500', times: 1 });
    await (await planned()).send();
    taskEnds();
    assert.deepEqual((await planned()).lines, ORDERED);
    const second = await planned();
    await second.send();
    taskEnds();
    assert.notDeepEqual((await planned({ 'max-parallel': 2 })).lines, []);
    await second.ended?.();
    assert.deepEqual((await planned()).lines, ORDERED);
  });

  it('a dry run says that the upgrade has ended, and leaves it to the next run to do so again', async () => {
    await (await planned()).send();
    taskEnds();
    assert.deepEqual((await planned({ 'dry-run': true })).lines, []);
    assert.deepEqual((await planned()).lines, []);
    assert.deepEqual((await planned()).lines, ORDERED);
  });

  it('an order that the service refused is not taken for that of another user, which was in its way', async () => {
    const { service, cluster } = cloud;
    const [pool] = await service.nodePools(cluster.id);
    const { send } = await planned();
    await service.upgradeNodePool(cluster.id, pool?.nodepoolInfo.nodepoolId ?? '', {});
    await assert.rejects(send());
    taskEnds();
    assert.deepEqual((await planned()).lines, ORDERED);
  });

  it('an upgrade whose request never arrived is ordered, and without a state folder too', async () => {
    await (await planned()).send();
    taskEnds();
    await (await planned()).ended?.();
    addFault(cloud.store, { action: 'UpgradeClusterNodepool', mode: 'timeout-before', times: 1 });
    await assert.rejects((await planned())?.send());
    assert.deepEqual((await planned()).lines, ORDERED);
    assert.deepEqual((await planned({}, join(state, 'nothing', 'here'))).lines, ORDERED);
  });
});
