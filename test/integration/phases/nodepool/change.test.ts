import assert from 'node:assert/strict';
import { addFault } from '../../../../sandbox/cloud/faults.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import {
  openPoolTask,
  orderForPool,
  type PoolChangeRequest,
  poolChange,
} from '../../../../src/phases/nodepool/change.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../../unit/cloud/cloud-under-test.ts';

const NOTHING: PoolChangeRequest = { labels: {}, removeLabels: [], taints: [], removeTaints: [], updateNodes: false };

describe('changes of a node pool of the container service', function () {
  this.timeout(60_000);
  let cloud: CloudUnderTest;
  beforeEach(async () => {
    // Its time passes by requests, so that a busy machine sees the same states.
    let time = Date.now();
    cloud = await cloudUnderTest({}, () => {
      time += 5;
      return time;
    });
  });
  afterEach(() => cloud.close());

  const pool = async () => {
    const [found] = await cloud.service.nodePools(cloud.cluster.id);
    assert.ok(found);
    return found;
  };
  const run = async (send: (id: string) => Promise<string | undefined>, more = {}): Promise<string[]> => {
    const { nodepoolId: id, name } = (await pool()).nodepoolInfo;
    const told: string[] = [];
    const { service, cluster } = cloud;
    await orderForPool(
      { what: `node pool ${name} to be changed`, send: () => send(id), ...more },
      {
        service,
        clusterId: cluster.id,
        pool: { id, name },
        wait: true,
        timeoutMs: 20_000,
        listDelayMs: 5000,
        tell: (line) => void told.push(line),
      },
    );
    return told;
  };
  const change = async (request: Partial<PoolChangeRequest>) => {
    const made = poolChange(await pool(), { ...NOTHING, ...request });
    if (made) await run((id) => cloud.service.changeNodePool(cloud.cluster.id, id, made.body));
    return made?.lines ?? [];
  };

  it('nodepool update changes what is named, keeps the rest, and does nothing the second time', async () => {
    const taints = [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }];
    assert.deepEqual(await change({ labels: { zone: 'north', size: 'l' }, taints, autoRepair: true }), [
      'labels: - -> size=l,zone=north',
      'taints: - -> edge=yes:NoSchedule',
      'auto-repair: no -> yes',
    ]);
    assert.deepEqual(await change({ labels: { zone: 'south' }, removeLabels: ['size'], name: 'branches' }), [
      'name: default-nodepool -> branches',
      'labels: size=l,zone=north -> zone=south',
    ]);
    assert.deepEqual(await change({ labels: { zone: 'south' }, taints }), []);
    assert.deepEqual(await change({ removeTaints: ['edge'] }), ['taints: edge=yes:NoSchedule -> -']);
    assert.equal((await pool()).management?.autoRepair, true);
  });

  it('nodepool upgrade and repair tell the stages of the task, and wait for one that another command has begun', async () => {
    const upgrade = (id: string) =>
      cloud.service.upgradeNodePool(cloud.cluster.id, id, { kubernetes_version: 'v1.20.2' });
    assert.ok((await run(upgrade)).includes('Task: upgrading the nodes in batches.'));
    const { nodepoolId } = (await pool()).nodepoolInfo;
    await upgrade(nodepoolId);
    const told = await run(() => Promise.reject(new Error('ordered twice')));
    assert.match(told[0] ?? '', /is updating: waiting for it/);
    const repair = (id: string) =>
      cloud.service.repairNodePool(cloud.cluster.id, id, { nodes: ['edge1'], operations: ['restart.kubelet'] });
    assert.ok((await run(repair)).includes('Task: repairing the nodes.'));
  });

  it('nodepool upgrade ends with the error of the task, and is not ordered again if its answer is lost', async () => {
    addFault(cloud.store, { action: 'UpgradeClusterNodepool/task', mode: '500', times: 1 });
    const upgrade = (id: string) => cloud.service.upgradeNodePool(cloud.cluster.id, id, {});
    const error = await run(upgrade).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    assert.equal(error.code, 'CLOUD_FAILED');
    addFault(cloud.store, { action: 'UpgradeClusterNodepool', mode: 'timeout-after-effect', times: 1 });
    await run(upgrade);
  });

  it('nodepool upgrade ends as paused after the batch that was named, finds the paused task, and continues it', async () => {
    const policy = { rolling_policy: { pause_policy: 'FirstBatch' as const } };
    const upgrade = (id: string) => cloud.service.upgradeNodePool(cloud.cluster.id, id, policy);
    await assert.rejects(run(upgrade), { code: 'UPGRADE_PAUSED', next: /run the same command again/ });
    const { nodepoolId } = (await pool()).nodepoolInfo;
    const paused = await openPoolTask(cloud.service, cloud.cluster.id, nodepoolId);
    assert.equal(paused?.state, 'paused');
    await assert.rejects(
      run(() => Promise.reject(new Error('ordered twice'))),
      { code: 'UPGRADE_PAUSED' },
    );
    const taskId = paused?.taskId ?? '';
    addFault(cloud.store, { action: 'ResumeTask', mode: 'timeout-after-effect', times: 1 });
    await run(() => cloud.service.resumeTask(taskId).then(() => taskId), { continues: taskId });
    assert.equal((await cloud.service.task(taskId)).state, 'success');
    assert.equal((await pool()).status?.state, 'active');
    assert.equal(await openPoolTask(cloud.service, cloud.cluster.id, nodepoolId), undefined);
  });

  it('nodepool upgrade tells that another command has paused its task, and the node pool is active again when that is cancelled', async () => {
    const { nodepoolId } = (await pool()).nodepoolInfo;
    const taskId = (await cloud.service.upgradeNodePool(cloud.cluster.id, nodepoolId, {})) ?? '';
    await cloud.service.pauseTask(taskId);
    await assert.rejects(
      run(async () => undefined),
      { code: 'UPGRADE_PAUSED' },
    );
    await cloud.service.cancelTask(taskId);
    assert.equal((await cloud.service.task(taskId)).state, 'canceled');
    assert.equal((await pool()).status?.state, 'active');
  });
});
