import assert from 'node:assert/strict';
import { recordClusterEvent } from '../../../../src/cluster-upgrade/cluster/events.ts';
import { nodeJob } from '../../../../src/cluster-upgrade/cluster/job-manifests.ts';
import { listJobs, nodeJobName } from '../../../../src/cluster-upgrade/cluster/jobs.ts';
import {
  cancelUpgrade,
  continueUpgrade,
  currentPlan,
  pauseUpgrade,
} from '../../../../src/cluster-upgrade/control/actions.ts';
import { MAX_PAUSE_S, type NodeRecord, nowSeconds } from '../../../../src/cluster-upgrade/plan/plan.ts';
import { withNodeChanged } from '../../../../src/cluster-upgrade/plan/transitions.ts';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { names, SPEC, type UpgradeBed, upgradeBed } from '../upgrade-bed.ts';

const JOBS = '/apis/batch/v1/namespaces/kube-upgrade/jobs';
const EVENTS = '/api/v1/namespaces/kube-upgrade/events';

describe('a cluster upgrade that is paused', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  beforeEach(async () => {
    bed = await upgradeBed();
    await bed.begin(names(4));
  });
  afterEach(() => bed.end());

  const refused = (what: RegExp, why: RegExp, next: RegExp) => (error: EdgeadmError) => {
    assert.equal(error.code, 'UPGRADE_NOT_POSSIBLE');
    assert.match(error.what, what);
    assert.match(error.why ?? '', why);
    assert.match(error.next, next);
    return true;
  };
  const leaveJob = (name: string): Promise<unknown> =>
    bed.client.create(JOBS, nodeJob(nodeJobName(name), { name, batch: 1, started: 1 } as NodeRecord, SPEC));
  const pausedFor = (seconds: number): Promise<unknown> =>
    bed.store.update((plan) => ({
      ...plan,
      progress: { ...plan.progress, phase: 'Paused', reason: 'node edge-1 failed', paused: nowSeconds() - seconds },
    }));
  const eventCount = async (): Promise<number> => (await bed.client.get<{ items: [] }>(EVENTS)).items.length;

  it('a cluster upgrade that is paused is paused at once if no node has begun, though no controller has ever come', async () => {
    assert.equal((await pauseUpgrade(bed.client, 'bob@desk')).progress.phase, 'Paused');
    assert.equal((await pauseUpgrade(bed.client, 'cem@desk')).progress.reason, 'paused by bob@desk');
    assert.equal((await cancelUpgrade(bed.client, 'bob@desk')).progress.phase, 'Cancelled');
  });

  it('a cluster upgrade that is paused can be cancelled then and only then; nodes that are done stay', async () => {
    await assert.rejects(
      cancelUpgrade(bed.client, 'bob@desk'),
      refused(/^the upgrade to v1\.20\.3 cannot be cancelled$/, /^it is Running$/, /cluster upgrade pause/),
    );
    await bed.store.update((plan) => withNodeChanged(plan, 'edge-1', { state: 'running', batch: 1 }));
    assert.equal((await pauseUpgrade(bed.client, 'bob@desk')).progress.phase, 'Pausing');
    await assert.rejects(
      cancelUpgrade(bed.client, 'bob@desk'),
      refused(/cannot be cancelled/, /^it is Pausing: paused by bob@desk$/, /wait until the nodes in progress/),
    );
    await bed.store.update((plan) => withNodeChanged(plan, 'edge-1', { state: 'upgraded' }));
    await leaveJob('edge-2');
    await pauseUpgrade(bed.client, 'bob@desk');
    const plan = await cancelUpgrade(bed.client, 'bob@desk');
    assert.equal(plan.progress.reason, 'cancelled by bob@desk');
    assert.deepEqual(
      plan.nodes.map(({ state }) => state),
      ['upgraded', 'waiting', 'waiting', 'waiting'],
    );
    assert.deepEqual(await listJobs(bed.client), []);
    await assert.rejects(
      continueUpgrade(bed.client, {}),
      refused(
        /cannot be continued/,
        /^it is Cancelled: cancelled by bob@desk$/,
        /^start another one: edgeadm cluster upgrade start$/,
      ),
    );
    await assert.rejects(pauseUpgrade(bed.client, 'x'), refused(/cannot be paused/, /Cancelled/, /start/));
  });

  it('goes on with its failed nodes, their Jobs removed, and with what is to be different from now on', async () => {
    await bed.store.update((plan) => withNodeChanged(plan, 'edge-1', { state: 'failed', message: 'disk full' }));
    await leaveJob('edge-1');
    await pausedFor(60);
    const plan = await continueUpgrade(bed.client, { image: 'example.com/new:2' });
    assert.equal(plan.progress.phase, 'Running');
    assert.equal(plan.progress.reason, undefined);
    assert.equal(plan.spec.image, 'example.com/new:2');
    assert.deepEqual([plan.nodes[0]?.state, plan.nodes[0]?.message], ['waiting', '']);
    assert.deepEqual(await listJobs(bed.client), []);
  });

  it('takes another image even if it runs, and lets Jobs alone that are under way', async () => {
    await leaveJob('edge-1');
    const plan = await continueUpgrade(bed.client, { image: 'example.com/new:2' });
    assert.equal(plan.spec.image, 'example.com/new:2');
    assert.equal((await listJobs(bed.client)).length, 1);
  });

  it('a cluster upgrade that is paused is cancelled by the first look after 15 days, its events and Jobs removed; not a minute before', async () => {
    await leaveJob('edge-1');
    await recordClusterEvent(bed.client, { reason: 'Paused', message: 'Paused' });
    await pausedFor(MAX_PAUSE_S - 60);
    assert.equal((await currentPlan(bed.client)).progress.phase, 'Paused');
    assert.equal(await eventCount(), 1);
    await pausedFor(MAX_PAUSE_S + 60);
    const plan = await currentPlan(bed.client);
    assert.deepEqual([plan.progress.phase, plan.progress.reason], ['Cancelled', 'paused for more than 15 days']);
    assert.equal(await eventCount(), 0);
    assert.deepEqual(await listJobs(bed.client), []);
    await assert.rejects(
      continueUpgrade(bed.client, {}),
      refused(/continued/, /paused for more than 15 days/, /start/),
    );
  });

  it('a cluster upgrade that is paused is not cancelled by a laptop whose clock is wrong', async () => {
    await pausedFor(60);
    const real = Date.now;
    Date.now = () => real() + (MAX_PAUSE_S + 600) * 1000;
    try {
      assert.equal((await currentPlan(bed.client)).progress.phase, 'Paused');
    } finally {
      Date.now = real;
    }
  });
});
