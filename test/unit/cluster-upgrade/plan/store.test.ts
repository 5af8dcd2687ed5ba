import assert from 'node:assert/strict';
import { ensureNamespace } from '../../../../src/cluster-upgrade/cluster/objects.ts';
import { beginPlan } from '../../../../src/cluster-upgrade/control/begin.ts';
import { acquireLease } from '../../../../src/cluster-upgrade/control/lease.ts';
import { nodesIn, nowSeconds } from '../../../../src/cluster-upgrade/plan/plan.ts';
import { PlanStore } from '../../../../src/cluster-upgrade/plan/store.ts';
import { cancelPlan, newPlan, pausePlan, withNodeChanged } from '../../../../src/cluster-upgrade/plan/transitions.ts';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import type { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { names, SPEC, type UpgradeBed, upgradeBed } from '../upgrade-bed.ts';

const MAP = '/api/v1/namespaces/kube-upgrade/configmaps/edgeadm-upgrade';

describe('the plan of a cluster upgrade in the cluster', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  const { signal } = new AbortController();
  beforeEach(async () => {
    bed = await upgradeBed();
  });
  afterEach(() => bed.end());

  const version = async (): Promise<string> =>
    (await bed.client.get<{ metadata: { resourceVersion: string } }>(MAP)).metadata.resourceVersion;
  const start = (client: ApiClient, startedBy: string): Promise<void> => {
    const nodes = names(3).map((name) => ({ name, pool: '', from: 'v1.20.2' }));
    return beginPlan(client, newPlan({ ...SPEC, startedBy }, nodes, nowSeconds()), signal);
  };

  it('loses no change, though two machines write at the same time', async () => {
    await bed.begin(names(60));
    const stores = [bed.store, new PlanStore(bed.connect())];
    await Promise.all(
      names(60).map((name, index) =>
        stores[index % 2]?.update((plan) => withNodeChanged(plan, name, { state: 'upgraded', ended: index })),
      ),
    );
    const plan = await bed.store.need();
    assert.equal(nodesIn(plan, 'upgraded').length, 60);
    assert.deepEqual(
      plan.nodes.map(({ ended }) => ended),
      names(60).map((_, index) => index),
    );
  });

  it('writes together what a thousand nodes change at the same time', async () => {
    await bed.begin(names(1000));
    const before = Number(await version());
    await Promise.all(
      names(1000).map((name) => bed.store.update((plan) => withNodeChanged(plan, name, { state: 'upgraded' }))),
    );
    assert.equal(nodesIn(await bed.store.need(), 'upgraded').length, 1000);
    assert.ok(Number(await version()) - before <= 3);
  });

  it('refuses one change of several without a loss to the others', async () => {
    await bed.begin(names(2));
    const results = await Promise.allSettled([
      bed.store.update((plan) => withNodeChanged(plan, 'edge-1', { state: 'upgraded' })),
      bed.store.update((plan) => cancelPlan(plan, 'no', 1)),
      bed.store.update((plan) => withNodeChanged(plan, 'edge-2', { state: 'upgraded' })),
      bed.store.update(
        (plan) => withNodeChanged(plan, 'edge-2', { state: 'failed' }),
        AbortSignal.abort(new Error('lost')),
      ),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
    assert.equal(nodesIn(await bed.store.need(), 'upgraded').length, 2);
  });

  it('writes nothing if nothing changes', async () => {
    await bed.begin(names(2));
    const before = await version();
    await bed.store.update((plan) => plan);
    assert.equal(await version(), before);
  });

  it('the plan of a cluster upgrade in the cluster is begun by exactly one of those who start at the same time; the others hear who it is', async () => {
    const lease = await ensureNamespace(bed.client).then(() => acquireLease(bed.client, 'ann (process 7)', signal));
    const people = ['ann', 'bob', 'cem', 'dan'];
    const answers = await Promise.allSettled(people.map((who) => start(bed.connect(), `${who}@home`)));
    const winners = people.filter((_, index) => answers[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1);
    assert.equal((await bed.store.need()).spec.startedBy, `${winners[0]}@home`);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') continue;
      const { code, why = '' } = answer.reason as EdgeadmError;
      assert.equal(code, 'UPGRADE_UNDER_WAY');
      assert.match(
        why,
        new RegExp(`^${winners[0]}@home started it at .*; it is Running\nits controller is ann \\(process 7\\)`),
      );
    }
    if (typeof lease !== 'string') await lease.release();
  });

  it('takes the place of one that has ended, and of no other', async () => {
    await start(bed.client, 'ann@home');
    await bed.store.update((plan) => pausePlan(plan, 'ann', 1));
    await assert.rejects(
      start(bed.client, 'bob@home'),
      /ann@home started it at .*; it is Paused\nit has no controller/,
    );
    await bed.store.update((plan) => cancelPlan(plan, 'enough', 2));
    await start(bed.client, 'bob@home');
    assert.equal((await bed.store.need()).spec.startedBy, 'bob@home');
  });

  it('says that there is none, and what is wrong with one that somebody has edited', async () => {
    await assert.rejects(bed.store.need(), (error: EdgeadmError) => error.code === 'NO_UPGRADE');
    await assert.rejects(
      bed.store.update((plan) => plan),
      (error: EdgeadmError) => error.code === 'NO_UPGRADE',
    );
    await bed.begin(names(2));
    await bed.client.patch(MAP, { data: { 'progress.json': '{' } });
    await assert.rejects(bed.store.need(), (error: EdgeadmError) => {
      assert.equal(error.code, 'UPGRADE_STATE_UNREADABLE');
      return /key progress\.json is damaged: line 1/.test(error.why ?? '');
    });
  });

  it('writes nothing at all if a plan cannot fit, and says how to take fewer nodes', async () => {
    const nodes = names(20_000).map((name) => ({ name: name.padEnd(60, 'x'), pool: '', from: 'v1.20.2' }));
    const plan = newPlan(SPEC, nodes, nowSeconds());
    await assert.rejects(beginPlan(bed.client, plan, signal), (error: EdgeadmError) => {
      assert.equal(error.code, 'USAGE');
      assert.match(error.what, /^20000 nodes are too many/);
      assert.match(error.next, /--nodepool NAME, or --selector/);
      return true;
    });
    assert.equal(await bed.client.find('/api/v1/namespaces/kube-upgrade'), undefined);
  });
});
