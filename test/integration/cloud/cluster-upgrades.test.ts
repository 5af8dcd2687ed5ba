import assert from 'node:assert/strict';
import { UPGRADE_STEP_MS } from '../../../sandbox/cloud/cs-upgrade-record.ts';
import { addFault, type FaultMode, listFaults } from '../../../sandbox/cloud/faults.ts';
import { type KeptUpgrade, phaseOf, readClusterUpgrade } from '../../../src/cloud/cluster-upgrade-state.ts';
import { type CloudUpgrades, cloudUpgrades } from '../../../src/cloud/cluster-upgrades.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../unit/cloud/cloud-under-test.ts';
import { addNode } from '../../unit/sandbox/cloud/emulated-cluster.ts';
import { skippingClock } from '../../unit/test-clock.ts';

const TARGET = '1.20.11-aliyunedge.1';

describe('the upgrade of a cluster through the container service', function () {
  this.timeout(20_000);
  let cloud: CloudUnderTest;
  let upgrades: CloudUpgrades;
  let clock = 0;
  /** How far the clock goes whenever somebody looks at it. */
  let tick = 0;
  const start = Date.now();
  beforeEach(async () => {
    [clock, tick] = [0, 0];
    cloud = await cloudUnderTest({}, () => {
      clock += tick;
      return start + clock;
    });
    upgrades = cloudUpgrades(cloud.service, cloud.cluster.id, { clock: skippingClock() });
    const [pool] = await cloud.service.nodePools(cloud.cluster.id);
    for (const name of ['edge1', 'edge2']) await addNode(cloud, name, { pool: pool?.nodepoolInfo?.nodepoolId ?? '' });
  });
  afterEach(() => cloud.close());

  const begin = async (masterOnly = false) => upgrades.start(await upgrades.intent(TARGET, masterOnly));
  const pass = (...steps: (keyof typeof UPGRADE_STEP_MS)[]): void => {
    for (const step of steps) clock += UPGRADE_STEP_MS[step];
  };
  const phase = async (): Promise<string> => (await upgrades.look()).phase;
  const fails = async (work: Promise<unknown>): Promise<EdgeadmError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    return error;
  };
  const fault = (mode: FaultMode, action: string, times = 1): void =>
    void addFault(cloud.store, { action, mode, times });
  const ordered = async (): Promise<number> => (await cloud.service.tasks(cloud.cluster.id)).length;

  it('goes from the precheck over the control plane to the worker nodes, and tells how far it is', async () => {
    assert.equal(await phase(), 'NotStarted');
    assert.equal((await begin()).phase, 'Prechecking');
    pass('precheck');
    const control = await upgrades.look();
    assert.deepEqual(
      [control.phase, control.version, control.task?.currentStage],
      ['Running', 'v1.20.2', 'upgrade_master'],
    );
    pass('master', 'node');
    const nodes = await upgrades.look();
    assert.deepEqual([nodes.phase, nodes.version], ['Running', TARGET]);
    assert.equal(nodes.progress, `worker nodes to ${TARGET}: 1 of 2`);
    assert.match(nodes.task?.events?.[0]?.message ?? '', /^node edge1 is at/);
    pass('node');
    const done = await upgrades.look();
    assert.deepEqual([done.phase, done.version, done.offered], ['Completed', TARGET, ['1.22.15-aliyunedge.1']]);
  });

  it('leaves the worker nodes alone if that is asked for', async () => {
    await begin(true);
    pass('precheck', 'master');
    assert.equal(await phase(), 'Completed');
  });

  it('takes the version that is offered if none is said, and refuses every other one with the list', async () => {
    assert.deepEqual(await upgrades.intent(undefined, false), { from: 'v1.20.2', to: TARGET, masterOnly: false });
    for (const version of ['1.20.11', 'v1.20.2', '1.22.15-aliyunedge.1']) {
      const error = await fails(upgrades.intent(version, false));
      assert.equal(error.code, 'UPGRADE_VERSION');
      assert.match(error.why ?? '', /it is at v1\.20\.2\noffered: 1\.20\.11-aliyunedge\.1/);
    }
    assert.equal(await ordered(), 0);
  });

  it('says so if the service offers no version', async () => {
    await cloud.close();
    cloud = await cloudUnderTest({ version: 'v1.14.8' });
    upgrades = cloudUpgrades(cloud.service, cloud.cluster.id);
    assert.match((await fails(upgrades.intent(undefined, false))).why ?? '', /no version is offered/);
  });

  it('pauses when the node that has begun is done, goes on, and can be cancelled while it is paused alone', async () => {
    await begin();
    pass('precheck', 'master');
    assert.equal((await fails(upgrades.cancel())).code, 'UPGRADE_NOT_POSSIBLE');
    assert.equal((await upgrades.pause()).phase, 'Pausing');
    assert.equal((await upgrades.pause()).phase, 'Pausing');
    assert.equal((await fails(upgrades.resume())).code, 'UPGRADE_NOT_POSSIBLE');
    pass('node');
    const paused = await upgrades.look();
    assert.deepEqual([paused.phase, paused.progress], ['Paused', `worker nodes to ${TARGET}: 1 of 2`]);
    pass('node', 'node');
    assert.equal(await phase(), 'Paused');
    assert.equal((await fails(upgrades.intent(TARGET, false))).code, 'UPGRADE_UNDER_WAY');
    assert.equal((await upgrades.resume()).phase, 'Running');
    assert.equal((await upgrades.resume()).phase, 'Running');
    await upgrades.pause();
    pass('node');
    assert.equal(await phase(), 'Completed');
    assert.equal((await fails(upgrades.cancel())).code, 'UPGRADE_NOT_POSSIBLE');
  });

  it('the upgrade of a cluster through the container service is over after a cancellation, with the control plane if it was taken', async () => {
    await begin();
    await upgrades.pause();
    pass('precheck');
    assert.equal((await upgrades.cancel()).phase, 'NotStarted');
    assert.equal((await fails(upgrades.pause())).code, 'NO_UPGRADE');
    assert.equal((await begin()).phase, 'Prechecking');
  });

  it('the upgrade of a cluster through the container service is ordered once if the answer is lost', async () => {
    fault('timeout-after-effect', 'UpgradeCluster');
    assert.equal((await begin()).phase, 'Prechecking');
    assert.equal(await ordered(), 1);
  });

  it('the upgrade of a cluster through the container service is not ordered again if it is not known whether the order arrived; the same command does it', async () => {
    fault('timeout-before', 'UpgradeCluster');
    const error = await fails(begin());
    assert.equal(error.code, 'CLOUD_NO_ANSWER');
    assert.match(error.next, /edgeadm cluster upgrade status.*same command again/);
    assert.equal(await phase(), 'NotStarted');
    assert.equal(await ordered(), 0);
    await begin();
    assert.equal(await ordered(), 1);
  });

  it('the upgrade of a cluster through the container service is known to have begun if it had failed again before anybody could look', async () => {
    fault('500', 'UpgradeCluster/precheck', 2);
    await begin();
    pass('precheck');
    assert.equal(await phase(), 'Failed');
    fault('timeout-after-effect', 'UpgradeCluster');
    tick = UPGRADE_STEP_MS.precheck;
    assert.equal((await begin()).phase, 'Failed');
    assert.equal(await ordered(), 2);
  });

  it('the upgrade of a cluster through the container service is not taken for begun by an older task that could not be seen before', async () => {
    fault('500', 'UpgradeCluster/precheck');
    await begin();
    pass('precheck');
    const intent = await upgrades.intent(TARGET, false);
    fault('throttle', 'DescribeClusterTasks', 4);
    fault('timeout-before', 'UpgradeCluster');
    assert.equal((await fails(upgrades.start(intent))).code, 'CLOUD_NO_ANSWER');
    assert.equal(await ordered(), 1);
  });

  for (const [verb, action] of [
    ['pause', 'PauseTask'],
    ['resume', 'ResumeTask'],
    ['cancel', 'CancelTask'],
  ] as const) {
    it(`knows what became of a lost ${verb}, and tells what it cannot know`, async () => {
      await begin();
      if (verb !== 'pause') {
        await upgrades.pause();
        pass('precheck');
      }
      fault('timeout-before', action);
      assert.equal((await fails(upgrades[verb]())).code, 'CLOUD_NO_ANSWER');
      fault('timeout-after-effect', action);
      const phases = { pause: 'Pausing', resume: 'Running', cancel: 'NotStarted' };
      assert.equal((await upgrades[verb]()).phase, phases[verb]);
    });
  }

  it('pauses by itself at a node that fails, with the cause, and tries that node again', async () => {
    fault('500', 'UpgradeCluster/node');
    await begin();
    pass('precheck', 'master', 'node');
    const paused = await upgrades.look();
    assert.deepEqual([paused.phase, paused.error], ['Paused', 'node edge1 could not be upgraded']);
    const going = await upgrades.resume();
    assert.deepEqual([going.phase, going.error], ['Running', undefined]);
    pass('node', 'node');
    assert.equal(await phase(), 'Completed');
  });

  it('fails at its precheck, and may be started again', async () => {
    fault('500', 'UpgradeCluster/precheck');
    await begin();
    pass('precheck');
    const failed = await upgrades.look();
    assert.deepEqual([failed.phase, failed.error], ['Failed', 'the precheck found errors']);
    assert.equal((await fails(upgrades.resume())).code, 'UPGRADE_NOT_POSSIBLE');
    assert.equal((await begin()).phase, 'Prechecking');
  });

  it('the upgrade of a cluster through the container service is looked at although the service is overloaded for a moment', async () => {
    await begin();
    fault('qps-limit', 'DescribeTaskInfo', 2);
    fault('rejected-throttling', 'DescribeClusterTasks', 3);
    assert.equal(await phase(), 'Prechecking');
    assert.deepEqual(listFaults(cloud.store), []);
  });

  it('the upgrade of a cluster through the container service is found again after a kill by the task that was kept, even if the account may not list tasks', async () => {
    let kept: KeptUpgrade | undefined;
    const memory = {
      recall: async () => kept,
      keep: async (upgrade: KeptUpgrade) => {
        kept = upgrade;
      },
    };
    const opened = () => cloudUpgrades(cloud.service, cloud.cluster.id, { clock: skippingClock(), memory });
    upgrades = opened();
    const { task } = await begin();
    assert.deepEqual(kept, { taskId: task?.taskId, to: TARGET });
    upgrades = opened();
    fault('500', 'DescribeClusterTasks', 100);
    assert.equal((await upgrades.pause()).phase, 'Pausing');
    pass('precheck');
    assert.equal((await upgrades.resume()).phase, 'Running');
    kept = undefined;
    assert.equal((await fails(opened().look())).code, 'CLOUD_FAILED');
  });

  it('the upgrade of a cluster through the container service is taken for the one that is requested if its target is the same, and not ordered again', async () => {
    const { task } = await begin();
    for (const version of [TARGET, undefined]) {
      const again = await upgrades.intent(version, false);
      assert.deepEqual([again.to, again.existing?.task?.taskId], [TARGET, task?.taskId]);
      assert.equal((await upgrades.start(again)).phase, 'Prechecking');
    }
    const other = await fails(upgrades.intent('1.22.15-aliyunedge.1', false));
    assert.equal(other.code, 'UPGRADE_UNDER_WAY');
    assert.match(other.why ?? '', /it is Prechecking\nits target is 1\.20\.11-aliyunedge\.1\ntask T-/);
    assert.equal((await fails(upgrades.intent(TARGET, true))).code, 'UPGRADE_UNDER_WAY');
    pass('precheck', 'master', 'node', 'node');
    assert.equal((await upgrades.intent(TARGET, false)).existing?.phase, 'Completed');
    assert.equal((await fails(upgrades.intent(TARGET, true))).code, 'UPGRADE_VERSION');
    assert.equal((await upgrades.intent(undefined, false)).existing, undefined);
    assert.equal(await ordered(), 1);
  });

  it('the upgrade of a cluster through the container service has the target that was kept if its task does not tell it', async () => {
    const { task } = await begin();
    const silent = {
      ...cloud.service,
      task: async (id: string) => ({ ...(await cloud.service.task(id)), parameters: {} }),
    };
    const toOf = async (kept?: KeptUpgrade) => (await readClusterUpgrade(silent, cloud.cluster.id, kept)).to;
    assert.equal(await toOf({ taskId: task?.taskId ?? '', to: TARGET }), TARGET);
    assert.equal(await toOf({ taskId: 'T-older', to: TARGET }), undefined);
    upgrades = cloudUpgrades(silent, cloud.cluster.id);
    assert.equal((await fails(upgrades.intent(TARGET, false))).code, 'UPGRADE_UNDER_WAY');
  });

  it('the upgrade of a cluster through the container service is the newest task of its type among those of other types on several pages', async () => {
    const { task } = await begin();
    const runtime = { clusterId: cloud.cluster.id, type: 'runtime_upgrade', target: { type: 'cluster', id: 'c' } };
    for (let number = 0; number < 120; number++) {
      const id = `T-${String(number).padStart(24, '0')}`;
      cloud.store.put('cs/task', id, { id, ...runtime, created: start + 86_400_000, ends: start + 90_000_000 });
    }
    assert.equal((await cloud.service.tasks(cloud.cluster.id)).length, 121);
    assert.equal((await upgrades.look()).task?.taskId, task?.taskId);
  });

  it('the upgrade of a cluster through the container service takes the versions of today', async () => {
    await cloud.close();
    cloud = await cloudUnderTest({ version: '1.26.3-aliyun.1' });
    upgrades = cloudUpgrades(cloud.service, cloud.cluster.id, { clock: skippingClock() });
    const intent = await upgrades.intent(undefined, false);
    assert.deepEqual([intent.from, intent.to], ['1.26.3-aliyun.1', '1.28.9-aliyun.1']);
    assert.equal((await upgrades.start(intent)).phase, 'Prechecking');
  });

  it('the upgrade of a cluster through the container service is refused by the service in its own words if a second one slips in between', async () => {
    await begin();
    const order = { nextVersion: TARGET, masterOnly: false };
    const error = await fails(cloud.service.upgradeCluster(cloud.cluster.id, order));
    assert.deepEqual([error.code, error.exit], ['CLOUD_REFUSED', 5]);
    fault('throttle', 'UpgradeCluster');
    assert.equal((await fails(cloud.service.upgradeCluster(cloud.cluster.id, order))).code, 'CLOUD_THROTTLED');
  });

  it('the upgrade of a cluster through the container service is cancelled by the service after a pause of 15 days', async () => {
    await begin();
    await upgrades.pause();
    pass('precheck');
    assert.equal(await phase(), 'Paused');
    // The clock of a signature may be a quarter of an hour off, so time is moved where it is kept.
    const [found] = cloud.store.list<{ id: string; since: number }>('cs/upgrade');
    const record = found?.document;
    assert.ok(record);
    cloud.store.put('cs/upgrade', record.id, { ...record, since: record.since - 15.1 * 86_400_000 });
    assert.equal(await phase(), 'NotStarted');
  });

  it('the upgrade of a cluster through the container service is understood in the words of the reference, and unknown words are told as such', () => {
    const cases: [state: string | undefined, stage: string | undefined, phase: string][] = [
      ['running', 'precheck', 'Prechecking'],
      ['running', 'upgrade_worker', 'Running'],
      ['pausing', 'upgrade_worker', 'Pausing'],
      ['paused', 'precheck', 'Paused'],
      ['fail', 'upgrade_worker', 'Failed'],
      ['failed', undefined, 'Failed'],
      ['Success', '', 'Completed'],
      ['canceled', '', 'NotStarted'],
      ['resting', 'upgrade_worker', 'Unknown'],
      [undefined, undefined, 'Unknown'],
    ];
    for (const [state, currentStage, expected] of cases)
      assert.equal(phaseOf({ state, currentStage }), expected, `${state} ${currentStage}`);
    assert.equal(phaseOf(undefined, 'running'), 'NotStarted');
    assert.equal(phaseOf(undefined, 'upgrading'), 'Running');
  });
});
