import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Node } from '@kubernetes/client-node';
import { continueUpgrade, pauseUpgrade } from '../../../../src/cluster-upgrade/control/actions.ts';
import { OFFLINE_POLL_ROUNDS } from '../../../../src/cluster-upgrade/control/controller.ts';
import type { NodeExecutor } from '../../../../src/cluster-upgrade/control/executor.ts';
import { LEASE_TIMES } from '../../../../src/cluster-upgrade/control/lease.ts';
import { isPausedOrEnded } from '../../../../src/cluster-upgrade/plan/plan.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import {
  names,
  RETRY_INTERVAL_MS,
  simulated,
  sizesOf,
  startController,
  startSuccessor,
  stateOf,
  type UpgradeBed,
  until,
  upgradeBed,
} from '../../../unit/cluster-upgrade/upgrade-bed.ts';
import { flowingClock } from '../../../unit/test-clock.ts';

describe('the controller of a cluster upgrade', function () {
  this.timeout(30_000);
  let bed: UpgradeBed;
  beforeEach(async () => {
    bed = await upgradeBed();
  });
  afterEach(() => bed.end());

  const phase = async (): Promise<string> => (await bed.store.need()).progress.phase;

  it('takes 12 nodes one after the other, in the order of their numbers', async () => {
    await bed.addNodes(names(12));
    await bed.begin(names(12).reverse());
    const executor = simulated();
    const plan = await startController(bed.client, executor).ended;
    assert.equal(plan.progress.phase, 'Completed');
    assert.deepEqual(executor.begun, names(12));
    assert.deepEqual(sizesOf(plan), Array(12).fill(1));
    assert.equal(Math.max(...executor.together), 1);
  });

  it('takes 80 nodes in batches of 1, 2, 4, and a tenth of them from then on', async () => {
    await bed.addNodes(names(80));
    await bed.begin(names(80));
    const executor = simulated();
    const plan = await startController(bed.client, executor).ended;
    assert.deepEqual(sizesOf(plan), [1, 2, 4, ...Array(9).fill(8), 1]);
    assert.ok(Math.max(...executor.together) <= 8);
    assert.equal(new Set(executor.begun).size, 80);
    assert.equal(executor.begun.length, 80);
    assert.ok(plan.nodes.every(({ state }) => state === 'upgraded'));
  });

  it('begins with one node again after a pause, and after a failure', async () => {
    await bed.addNodes(names(60));
    await bed.begin(names(60));
    const executor = simulated();
    executor.failures.set('edge-2', 'the disk is full');
    executor.held.add('edge-20');
    await assert.doesNotReject(startController(bed.client, executor).ended);
    const failed = await bed.store.need();
    assert.equal(failed.progress.phase, 'Paused');
    assert.deepEqual(sizesOf(failed), [57, 1, 2]);
    await continueUpgrade(bed.client, {});
    const second = startController(bed.client, executor);
    await until(async () => stateOf(await bed.store.need(), 'edge-20') === 'running', 'edge-20 is under way');
    await pauseUpgrade(bed.client, 'bob@desk');
    executor.held.clear();
    const paused = await second.ended;
    assert.equal(paused.progress.reason, 'paused by bob@desk');
    const before = paused.progress.batch;
    await continueUpgrade(bed.client, {});
    const plan = await startController(bed.client, executor).ended;
    // Batch 2 lost the node that was tried again in batch 3.
    const [, , ...sizes] = sizesOf(plan);
    assert.deepEqual(sizes.slice(0, before - 2), [1, 2, 4, 6, 6].slice(0, before - 2));
    assert.deepEqual(sizes.slice(before - 2, before + 2), [1, 2, 4, 6]);
  });

  it('lets nodes finish that have begun when it is paused, and begins no others', async () => {
    await bed.addNodes(names(40));
    await bed.begin(names(40));
    const executor = simulated();
    executor.held.add('edge-2').add('edge-3');
    const clock = flowingClock();
    const controller = startController(bed.client, executor, 'controller-1', clock);
    await until(() => executor.begun.length === 3, 'the second batch is under way');
    await pauseUpgrade(bed.client, 'bob@desk');
    await clock.sleptAgain(3, RETRY_INTERVAL_MS);
    assert.equal(await phase(), 'Pausing');
    executor.held.clear();
    const plan = await controller.ended;
    assert.equal(plan.progress.phase, 'Paused');
    assert.deepEqual(executor.ended.sort(), ['edge-1', 'edge-2', 'edge-3']);
    assert.equal(executor.begun.length, 3);
    const { items } = await bed.client.get<{ items: { reason: string; message: string }[] }>(
      '/api/v1/namespaces/kube-upgrade/events',
    );
    assert.ok(items.some(({ reason, message }) => reason === 'Paused' && message === 'Paused: paused by bob@desk'));
    assert.equal(items.filter(({ reason }) => reason === 'BatchStarted').length, 2, 'an event for each batch');
  });

  it('pauses by itself if a node fails, says why, and tries it again when it goes on', async () => {
    await bed.addNodes(names(3));
    await bed.begin(names(3));
    const executor = simulated();
    executor.failures.set('edge-2', 'no space left on device');
    const plan = await startController(bed.client, executor).ended;
    assert.equal(plan.progress.phase, 'Paused');
    assert.equal(plan.progress.reason, 'node edge-2 failed');
    assert.match(plan.nodes[1]?.message ?? '', /^node edge-2 was not upgraded: no space left on device$/);
    assert.equal(stateOf(plan, 'edge-3'), 'waiting');
    await continueUpgrade(bed.client, {});
    const done = await startController(bed.client, executor).ended;
    assert.equal(done.progress.phase, 'Completed');
    assert.deepEqual(executor.begun, ['edge-1', 'edge-2', 'edge-2', 'edge-3']);
    assert.equal(done.nodes[1]?.message, '');
  });

  it('skips nodes that are offline, takes them when they are back, and lists those that are not', async () => {
    await bed.addNodes(['edge-1', 'edge-4']);
    await bed.addNodes(['edge-2', 'edge-3'], { ready: false });
    await bed.begin(names(4));
    const executor = simulated();
    executor.held.add('edge-4');
    const controller = startController(bed.client, executor);
    await until(() => executor.begun.includes('edge-4'), 'the others are taken first');
    assert.equal(stateOf(await bed.store.need(), 'edge-2'), 'offline');
    await bed.setReady('edge-2', true);
    executor.held.clear();
    const plan = await controller.ended;
    assert.equal(plan.progress.phase, 'Completed');
    assert.deepEqual(executor.ended, ['edge-1', 'edge-4', 'edge-2']);
    assert.equal(stateOf(plan, 'edge-3'), 'offline');
  });

  it('waits for nodes that are offline if that is asked for, without writing at each look', async () => {
    await bed.addNodes(['edge-1']);
    await bed.addNodes(['edge-2'], { ready: false });
    await bed.begin(names(2), { waitOffline: true });
    const clock = flowingClock();
    const controller = startController(bed.client, simulated(), 'controller-1', clock);
    const looks = (): Promise<void> => clock.sleptAgain(3, RETRY_INTERVAL_MS * OFFLINE_POLL_ROUNDS);
    await until(async () => stateOf(await bed.store.need(), 'edge-1') === 'upgraded', 'edge-1 is done');
    await looks();
    const version = async () =>
      (await bed.client.get<V1Node>('/api/v1/namespaces/kube-upgrade/configmaps/edgeadm-upgrade')).metadata
        ?.resourceVersion;
    const before = await version();
    await looks();
    assert.equal(await version(), before);
    assert.equal(await phase(), 'Running');
    await bed.setReady('edge-2', true);
    const plan = await controller.ended;
    assert.equal(stateOf(plan, 'edge-2'), 'upgraded');
  });

  it('leaves out nodes that were deleted meanwhile', async () => {
    await bed.addNodes(names(3));
    await bed.begin(names(3));
    const executor = simulated();
    executor.held.add('edge-1');
    const controller = startController(bed.client, executor);
    await until(() => executor.begun.length === 1, 'the first is under way');
    await bed.client.delete('/api/v1/nodes/edge-2');
    executor.held.clear();
    const plan = await controller.ended;
    assert.equal(plan.progress.phase, 'Completed');
    assert.equal(stateOf(plan, 'edge-2'), 'gone');
    assert.deepEqual(executor.ended, ['edge-1', 'edge-3']);
  });

  it('goes on if an API server was away, for a moment and for longer than the lease lasts', async () => {
    await bed.addNodes(names(6));
    await bed.begin(names(6));
    const executor = simulated();
    executor.held.add('edge-2').add('edge-4');
    const clock = flowingClock();
    const controller = startController(bed.client, executor, 'controller-1', clock);
    const says = (words: RegExp) => () => controller.log.lines.some((line) => words.test(line));
    await until(() => executor.begun.includes('edge-2'), 'it has begun');
    await bed.down();
    await until(says(/trying again/), 'it knows that the API server is away');
    await bed.up();
    executor.held.delete('edge-2');
    await until(() => executor.begun.includes('edge-4'), 'it goes on');
    await bed.down();
    clock.skip(LEASE_TIMES.giveUpMs + LEASE_TIMES.renewalMs);
    await until(says(/could not be renewed.*acquiring it again/), 'it has given its lease up');
    await bed.up();
    executor.held.clear();
    const plan = await controller.ended;
    assert.equal(plan.progress.phase, 'Completed');
    assert.ok(plan.nodes.every(({ state }) => state === 'upgraded'));
    assert.deepEqual(executor.twice, []);
  });

  it('the controller of a cluster upgrade is followed by another when it is killed: no node twice at the same time, none forgotten', async () => {
    await bed.addNodes(names(40));
    await bed.begin(names(40));
    const executor = simulated();
    executor.held.add('edge-3');
    const { client, cut } = bed.link();
    const first = startController(client, executor, 'controller-1');
    const isDone = async () => stateOf(await bed.store.need(), 'edge-2') === 'upgraded';
    await until(async () => executor.begun.includes('edge-3') && (await isDone()), 'in mid-batch');
    cut();
    first.stop();
    await assert.rejects(first.ended, /stopped/);
    assert.equal(stateOf(await bed.store.need(), 'edge-3'), 'running');
    executor.held.clear();
    const second = await startSuccessor(bed.connect(), executor);
    const plan = await second.ended;
    assert.equal(plan.progress.phase, 'Completed');
    assert.deepEqual(executor.twice, []);
    assert.deepEqual([...new Set(executor.ended)].sort(), names(40).sort());
    assert.equal(executor.begun.length, 41, 'edge-3 alone was begun by both');
    assert.deepEqual(sizesOf(plan), [1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1]);
  });

  it('refuses a second controller while the first is alive, and says who that is', async () => {
    await bed.addNodes(names(2));
    await bed.begin(names(2));
    const executor = simulated();
    executor.held.add('edge-1');
    const clock = flowingClock();
    const first = startController(bed.client, executor, 'controller-1', clock);
    await until(() => executor.begun.length === 1, 'the first is under way');
    const looked = clock.sleptAgain(1, LEASE_TIMES.retryIntervalMs);
    const second = startController(bed.connect(), executor, 'controller-2', clock);
    await looked;
    clock.skip(LEASE_TIMES.renewalMs);
    await assert.rejects(second.ended, (error: EdgeadmError) => {
      assert.equal(error.code, 'UPGRADE_UNDER_WAY');
      assert.equal(error.why, 'controller-1');
      return true;
    });
    executor.held.clear();
    assert.ok(isPausedOrEnded(await first.ended));
    assert.deepEqual(executor.begun, names(2));
  });

  it('stops at once and changes nothing any more if another has taken its lease', async () => {
    await bed.addNodes(names(2));
    await bed.begin(names(2));
    const executor = simulated();
    executor.held.add('edge-1');
    const clock = flowingClock();
    const first = startController(bed.client, executor, 'controller-1', clock);
    await until(() => executor.begun.length === 1, 'the first is under way');
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-upgrade/leases/edgeadm-upgrade-controller';
    await bed.client.patch(lease, { spec: { holderIdentity: 'controller-2' } });
    clock.skip(LEASE_TIMES.renewalMs);
    await assert.rejects(first.ended, (error: EdgeadmError) => {
      assert.equal(error.code, 'UPGRADE_UNDER_WAY');
      assert.equal(error.why, 'it is now controlled by controller-2');
      return true;
    });
    const before = await bed.store.need();
    executor.held.clear();
    assert.equal(clock.asleep, 0, 'it looks at nothing any more');
    assert.deepEqual(await bed.store.need(), before);
    assert.equal(stateOf(before, 'edge-1'), 'running');
    assert.deepEqual(executor.ended, []);
    const { spec } = await bed.client.get<{ spec: { holderIdentity: string } }>(lease);
    assert.equal(spec.holderIdentity, 'controller-2', 'the lease of the other is left alone');
  });

  it('interrupts the nodes that are under way when its lease is lost, so that they are not rolled back', async () => {
    await bed.addNodes(names(1));
    await bed.begin(names(1));
    const reasons: unknown[] = [];
    const executor: NodeExecutor = {
      upgrade: async (_node, signal) => {
        await delay(60_000, undefined, { signal }).catch(() => void reasons.push(signal.reason));
        signal.throwIfAborted();
      },
    };
    const clock = flowingClock();
    const first = startController(bed.client, executor, 'controller-1', clock);
    await until(async () => stateOf(await bed.store.need(), 'edge-1') === 'running', 'it is under way');
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-upgrade/leases/edgeadm-upgrade-controller';
    await bed.client.patch(lease, { spec: { holderIdentity: 'controller-2' } });
    clock.skip(LEASE_TIMES.renewalMs);
    await assert.rejects(first.ended, (error: EdgeadmError) => error.code === 'UPGRADE_UNDER_WAY');
    assert.equal(reasons.length, 1);
    assert.ok(!(reasons[0] instanceof EdgeadmError), 'that would be told as a failure of the node');
  });

  it('goes on if it is continued while the last node of a pause still ends', async () => {
    await bed.addNodes(names(3));
    await bed.begin(names(3));
    const executor = simulated();
    executor.held.add('edge-1');
    const controller = startController(bed.client, executor);
    await until(() => executor.begun.length === 1, 'the first is under way');
    await pauseUpgrade(bed.client, 'bob@desk');
    await continueUpgrade(bed.client, { image: 'example.com/other:2' });
    executor.held.clear();
    const plan = await controller.ended;
    assert.equal(plan.progress.phase, 'Completed');
    assert.equal(plan.spec.image, 'example.com/other:2');
  });

  it('ends all its work if the plan is deleted under it', async () => {
    await bed.addNodes(names(40));
    await bed.begin(names(40));
    const aborted: string[] = [];
    const executor: NodeExecutor = {
      upgrade: async ({ name }, signal) => {
        if (name === 'edge-1') return;
        await delay(60_000, undefined, { signal }).catch(() => void aborted.push(name));
        signal.throwIfAborted();
      },
    };
    const controller = startController(bed.client, executor);
    await until(async () => stateOf(await bed.store.need(), 'edge-3') === 'running', 'the second batch is under way');
    await bed.client.delete('/api/v1/namespaces/kube-upgrade/configmaps/edgeadm-upgrade');
    await assert.rejects(controller.ended, (error: EdgeadmError) => error.code === 'NO_UPGRADE');
    assert.deepEqual(aborted.sort(), ['edge-2', 'edge-3']);
  });
});
