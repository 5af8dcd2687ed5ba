import assert from 'node:assert/strict';
import sdk from '@alicloud/cs20151215';
import { UPGRADE_STEP_MS } from '../../../../sandbox/cloud/cs-upgrade-record.ts';
import { addFault } from '../../../../sandbox/cloud/faults.ts';
import { addNode, type EmulatedCluster, emulatedCluster } from './emulated-cluster.ts';

const TARGET = '1.20.11-aliyunedge.1';

describe('the container service of a slow sandbox', function () {
  this.timeout(20_000);

  it('the container service takes so many times as long for pools, clusters and upgrades as the sandbox was told', async () => {
    let clock = Date.now();
    const cloud = await emulatedCluster({ version: '1.26.3-aliyun.1' }, () => clock, { slowness: 100 });
    try {
      const client = new sdk.default({
        ...cloud.account,
        endpoint: cloud.endpoint,
        ca: cloud.pki.caPem,
      } as ConstructorParameters<typeof sdk.default>[0]);
      const { id } = cloud.cluster;
      const nodepoolInfo = { name: 'slow', type: 'edge' };
      const pool = await client.createClusterNodePool(id, new sdk.CreateClusterNodePoolRequest({ nodepoolInfo }));
      const upgrade = await client.upgradeCluster(
        id,
        new sdk.UpgradeClusterRequest({ nextVersion: '1.28.9-aliyun.1' }),
      );
      const states = async () => [
        (await client.describeTaskInfo(pool.body?.taskId ?? '')).body?.state,
        (await client.describeTaskInfo(upgrade.body?.taskId ?? '')).body?.state,
      ];
      clock += 20_000;
      assert.deepEqual(await states(), ['running', 'running']);
      clock += 400_000;
      assert.deepEqual(await states(), ['success', 'success']);
    } finally {
      await cloud.close();
    }
  });
});

describe("upgrades by the container service of the sandbox, for the vendor's own SDK", function () {
  this.timeout(20_000);
  let cloud: EmulatedCluster;
  let client: InstanceType<typeof sdk.default>;
  let id = '';
  let clock = 0;
  const start = Date.now();
  beforeEach(async () => {
    clock = 0;
    cloud = await emulatedCluster({}, () => start + clock, { retiredActions: true });
    id = cloud.cluster.id;
    client = new sdk.default({
      ...cloud.account,
      endpoint: cloud.endpoint,
      ca: cloud.pki.caPem,
    } as ConstructorParameters<typeof sdk.default>[0]);
    const { body } = await client.describeClusterNodePools(id, new sdk.DescribeClusterNodePoolsRequest({}));
    const pool = body?.nodepools?.[0]?.nodepoolInfo?.nodepoolId ?? '';
    for (const name of ['edge2', 'edge1']) await addNode(cloud, name, { pool });
  });
  afterEach(() => cloud.close());

  const order = async (request: object = { nextVersion: TARGET }) =>
    (await client.upgradeCluster(id, new sdk.UpgradeClusterRequest(request))).body;
  const status = async () => {
    const { body } = await client.getUpgradeStatus(id);
    return [body?.status, body?.upgradeStep, body?.upgradeTask?.status];
  };
  const detail = async () => {
    const { body } = await client.describeClusterDetail(id);
    return [body?.state, body?.currentVersion, body?.nextVersion];
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      ({ statusCode, code }: { statusCode: number; code: string }) => `${statusCode} ${code}`,
    );

  it('go on with time: precheck, control plane, one node after the other', async () => {
    assert.deepEqual(await status(), ['', 'not_start', undefined]);
    assert.deepEqual(await detail(), ['running', 'v1.20.2', TARGET]);
    const ordered = await order();
    assert.equal(ordered?.clusterId, id);
    assert.deepEqual(await status(), ['running', 'prechecking', 'running']);
    assert.equal((await detail())[0], 'upgrading');
    clock += UPGRADE_STEP_MS.precheck;
    assert.deepEqual(await status(), ['running', 'upgrading', 'running']);
    clock += UPGRADE_STEP_MS.master + UPGRADE_STEP_MS.node;
    const task = (await client.describeTaskInfo(ordered?.taskId ?? '')).body;
    assert.deepEqual([task?.state, task?.currentStage, task?.target?.id], ['running', 'upgrade_worker', id]);
    assert.deepEqual(
      task?.stages?.map(({ state }) => state),
      ['success', 'success', 'running'],
    );
    assert.deepEqual(
      task?.events?.map(({ message }) => message),
      [`node edge1 is at ${TARGET}`],
    );
    clock += UPGRADE_STEP_MS.node;
    assert.deepEqual(await status(), ['success', 'success', 'Success']);
    assert.deepEqual(await detail(), ['running', TARGET, '1.22.15-aliyunedge.1']);
    const { body } = await client.describeClusterTasks(id, new sdk.DescribeClusterTasksRequest({}));
    assert.deepEqual([body?.tasks?.[0]?.taskId, body?.tasks?.[0]?.state], [ordered?.taskId, 'success']);
    assert.equal((await order({ nextVersion: '1.22.15-aliyunedge.1' }))?.clusterId, id);
  });

  it('pause after the node that has begun, resume and are cancelled', async () => {
    await order();
    clock += UPGRADE_STEP_MS.precheck + UPGRADE_STEP_MS.master;
    await client.pauseClusterUpgrade(id);
    assert.deepEqual(await status(), ['running', 'pause', 'running']);
    clock += UPGRADE_STEP_MS.node * 5;
    assert.deepEqual(await status(), ['pause', 'pause', 'running']);
    await client.resumeUpgradeCluster(id);
    assert.deepEqual(await status(), ['running', 'upgrading', 'running']);
    await client.pauseClusterUpgrade(id);
    addFault(cloud.store, { action: 'UpgradeCluster/node', mode: '500', times: 1 });
    clock += UPGRADE_STEP_MS.node;
    assert.equal((await client.getUpgradeStatus(id)).body?.errorMessage, 'node edge2 could not be upgraded');
    await client.cancelClusterUpgrade(id);
    assert.deepEqual(await status(), ['', 'not_start', undefined]);
    assert.deepEqual(await detail(), ['running', TARGET, '1.22.15-aliyunedge.1']);
  });

  it('refuse what the state does not allow, and versions that are not offered', async () => {
    const pause = () => client.pauseClusterUpgrade(id);
    const resume = () => client.resumeUpgradeCluster(id);
    const cancel = () => client.cancelClusterUpgrade(id);
    const wrongState = '400 ErrorClusterUpgradeState';
    for (const call of [pause, resume, cancel]) assert.equal(await codeOf(call()), wrongState);
    assert.equal(await codeOf(order({ nextVersion: '1.30.7-aliyun.1' })), '400 InvalidParameter');
    assert.equal(await codeOf(order({})), '400 MissingParameter');
    await order();
    for (const call of [order, resume, cancel]) assert.equal(await codeOf(call()), wrongState);
    assert.equal(await codeOf(client.getUpgradeStatus('c-other')), '404 ErrorClusterNotFound');
    assert.equal(await codeOf(client.describeTaskInfo('T-other')), '404 ErrorTaskNotFound');
  });

  it('upgrades by the container service of the sandbox are paused, resumed and cancelled by their tasks, which answer nothing', async () => {
    const { taskId = '' } = (await order()) ?? {};
    const state = async () => (await client.describeTaskInfo(taskId)).body?.state;
    clock += UPGRADE_STEP_MS.precheck + UPGRADE_STEP_MS.master;
    assert.equal((await client.pauseTask(taskId)).statusCode, 200);
    assert.equal(await state(), 'pausing');
    clock += UPGRADE_STEP_MS.node;
    assert.equal(await state(), 'paused');
    await client.resumeTask(taskId);
    assert.equal(await state(), 'running');
    await client.pauseTask(taskId);
    clock += UPGRADE_STEP_MS.node;
    assert.equal(await state(), 'success');
    assert.equal(await codeOf(client.cancelTask(taskId)), '400 ErrorClusterUpgradeState');
    assert.equal(await codeOf(client.cancelTask('T-other')), '404 ErrorTaskNotFound');
  });

  it('upgrades by the container service of the sandbox have none of the actions that the real one switches off, unless those are wanted', async () => {
    const today = await emulatedCluster();
    try {
      const own = new sdk.default({
        ...today.account,
        endpoint: today.endpoint,
        ca: today.pki.caPem,
      } as ConstructorParameters<typeof sdk.default>[0]);
      for (const call of [
        () => own.getUpgradeStatus(today.cluster.id),
        () => own.pauseClusterUpgrade(today.cluster.id),
        () => own.resumeUpgradeCluster(today.cluster.id),
        () => own.cancelClusterUpgrade(today.cluster.id),
        () => own.describeClusters(new sdk.DescribeClustersRequest({})),
        () => own.describeClustersV1(new sdk.DescribeClustersV1Request({})),
      ])
        assert.equal(await codeOf(call()), '404 InvalidAction.NotFound');
    } finally {
      await today.close();
    }
  });

  it('upgrades by the container service of the sandbox do not fail inside by faults that are for calls', async () => {
    await order();
    addFault(cloud.store, { action: '*', mode: '500', times: 1 });
    clock += UPGRADE_STEP_MS.precheck;
    assert.match(await codeOf(client.getUpgradeStatus(id)), /^500 /);
    assert.deepEqual(await status(), ['running', 'upgrading', 'running']);
  });
});
