import assert from 'node:assert/strict';
import { currentPlan } from '../../../src/cluster-upgrade/control/actions.ts';
import { endingError } from '../../../src/cluster-upgrade/control/run-controller.ts';
import type { NodeRecord, Plan } from '../../../src/cluster-upgrade/plan/plan.ts';
import { newPlan } from '../../../src/cluster-upgrade/plan/transitions.ts';
import { progressOf, statusOf } from '../../../src/cluster-upgrade/status.ts';
import { type EdgeadmError, toEdgeadmError } from '../../../src/errors/index.ts';
import { ApiClient } from '../../../src/kubernetes/api/client.ts';
import { names, SPEC, upgradeBed } from './upgrade-bed.ts';

function planOf(count: number, changes: Readonly<Record<string, Partial<NodeRecord>>>, progress = {}): Plan {
  const plan = newPlan(
    SPEC,
    names(count).map((name) => ({ name, pool: '', from: 'v1.20.2' })),
    1000,
  );
  const nodes = plan.nodes.map((node) => ({ ...node, ...changes[node.name] }));
  return { ...plan, progress: { ...plan.progress, ...progress }, nodes };
}

const upgraded = (batch: number, started: number, ended: number) =>
  ({ state: 'upgraded', batch, started, ended }) as const;

describe('the status of a cluster upgrade', function () {
  this.timeout(10_000);

  it('tells batches, their durations, and the time left from those that are over', () => {
    const plan = planOf(
      40,
      {
        'edge-1': upgraded(1, 1000, 1060),
        'edge-2': upgraded(2, 1060, 1160),
        'edge-3': upgraded(2, 1060, 1200),
        'edge-4': { state: 'running', batch: 3, started: 1200 },
      },
      { batch: 3, lastBatchSize: 4 },
    );
    const status = progressOf(plan, 1230);
    assert.deepEqual(status.batches, [
      { number: 1, nodes: 1, upgraded: 1, failed: 0, started: 1000, ended: 1060 },
      { number: 2, nodes: 2, upgraded: 2, failed: 0, started: 1060, ended: 1200 },
      { number: 3, nodes: 1, upgraded: 0, failed: 0, started: 1200, ended: undefined },
    ]);
    assert.equal(status.elapsed, 230);
    assert.deepEqual(status.nextBatches, Array(9).fill(4));
    // Batches took 100 s on average: nine to come, and 70 s of the one that is under way.
    assert.equal(status.left, 970);
  });

  it('says nothing of the time left before a batch is over, and that none is left at the end', () => {
    assert.equal(progressOf(planOf(2, {}), 1010).left, undefined);
    const all = { 'edge-1': upgraded(1, 1000, 1060), 'edge-2': upgraded(2, 1060, 1100) };
    const done = progressOf(planOf(2, all, { phase: 'Completed', ended: 1100 }), 9999);
    assert.deepEqual([done.left, done.elapsed, done.nextBatches], [0, 100, []]);
  });

  it('counts nodes that failed among those to come after a pause, which begin with one again', () => {
    const changes = { 'edge-1': { state: 'failed', batch: 1, started: 1000, ended: 1010 } } as const;
    const paused = progressOf(planOf(30, changes, { phase: 'Paused', lastBatchSize: 3 }), 1010);
    assert.deepEqual(paused.nextBatches, [1, 2, ...Array(9).fill(3)]);
  });

  it('never has a time below zero if clocks differ', () => {
    assert.equal(progressOf(planOf(2, {}), 400).elapsed, 0);
  });

  it('shows the plan to whoever may read that alone, with what is withheld', async () => {
    const bed = await upgradeBed();
    try {
      await bed.begin(names(2));
      const nobody = bed.connect('nobody');
      const status = await statusOf(nobody, await currentPlan(bed.client));
      assert.equal(status.nodes.length, 2);
      assert.equal(status.unknown.length, 2);
      assert.match(status.unknown.join('\n'), /cannot get resource "leases"[\s\S]*cannot list resource "pods"/);
      const whole = await statusOf(bed.client, await currentPlan(bed.client));
      assert.deepEqual([whole.unknown, whole.failedPods, whole.controller], [[], [], undefined]);
      await assert.rejects(currentPlan(nobody), /cannot get resource "configmaps"/);
    } finally {
      await bed.end();
    }
  });

  it('shows failed pods with the end of their logs', async () => {
    const bed = await upgradeBed();
    try {
      await bed.begin(names(2));
      const PODS = '/api/v1/namespaces/kube-upgrade/pods';
      await bed.client.create(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'upgrade-edge-1-x',
          labels: { 'edgeadm.io/upgrade': 'node' },
          annotations: { 'edgeadm.io/upgrade-node': 'edge-1' },
        },
        spec: { nodeName: 'edge-1', containers: [] },
      });
      const containerStatuses = [{ state: { terminated: { exitCode: 1, message: 'error: disk full\n' } } }];
      await bed.client.patch(`${PODS}/upgrade-edge-1-x/status`, { status: { phase: 'Failed', containerStatuses } });
      const { failedPods } = await statusOf(bed.client, await currentPlan(bed.client));
      assert.deepEqual(failedPods, [{ pod: 'upgrade-edge-1-x', node: 'edge-1', log: 'error: disk full' }]);
    } finally {
      await bed.end();
    }
  });

  it('the status of a cluster upgrade is an error of the network if nothing answers', async () => {
    const client = new ApiClient({ servers: ['https://127.0.0.1:1'] }, () => Promise.reject(new Error('refused')));
    await assert.rejects(currentPlan(client), (error: EdgeadmError) => error.code === 'API_UNREACHABLE');
    await assert.rejects(statusOf(client, planOf(1, {})), (error) => toEdgeadmError(error).code === 'API_UNREACHABLE');
  });

  it('ends a command that has followed it with each node that failed', () => {
    const failed = { 'edge-1': { state: 'failed', message: 'disk full' } } as const;
    const error = endingError(planOf(2, failed, { phase: 'Paused', reason: 'node edge-1 failed' }));
    assert.equal(error?.code, 'UPGRADE_PAUSED');
    assert.equal(error?.why, 'node edge-1 failed\nedge-1: disk full');
    assert.match(error?.next ?? '', /cluster upgrade continue/);
    assert.equal(endingError(planOf(2, {}, { phase: 'Completed' })), undefined);
    assert.match(endingError(planOf(2, {}, { phase: 'Cancelled' }))?.next ?? '', /start/);
  });
});
