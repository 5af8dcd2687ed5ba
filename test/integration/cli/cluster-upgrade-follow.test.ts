import assert from 'node:assert/strict';
import { once } from 'node:events';
import { follow } from '../../../src/cli/cluster-upgrade/follow.ts';
import { nowSeconds } from '../../../src/cluster-upgrade/plan/plan.ts';
import { endNode, pauseIfIdle, pausePlan, withNodeChanged } from '../../../src/cluster-upgrade/plan/transitions.ts';
import type { EdgeadmError } from '../../../src/errors/index.ts';
import { createOutput, type Output } from '../../../src/output/index.ts';
import { names, type UpgradeBed, upgradeBed } from '../../unit/cluster-upgrade/upgrade-bed.ts';
import { asWriteStream, FakeStream } from '../../unit/output/fake-terminal.ts';

describe('a cluster upgrade that is followed', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  let stderr: FakeStream;
  let output: Output;
  beforeEach(async () => {
    bed = await upgradeBed();
    stderr = new FakeStream();
    output = createOutput({
      mode: 'text',
      verbose: false,
      command: 'cluster upgrade status',
      hosts: ['localhost'],
      version: '0',
      looksOnly: true,
      stdout: asWriteStream(new FakeStream()),
      stderr: asWriteStream(stderr),
    });
    await bed.begin(names(2));
  });
  afterEach(async () => {
    await output.close();
    await bed.end();
  });

  it('a cluster upgrade that is followed is told line by line until it pauses, over a time without the API server', async () => {
    const followed = follow(bed.client, new AbortController().signal, output, true);
    await stderr.shows('is Running');
    await bed.store.update((plan) => withNodeChanged(plan, 'edge-1', { state: 'running', batch: 1 }));
    await stderr.shows('Batch 1: upgrading node edge-1 to v1.20.3.');
    await bed.down();
    await stderr.shows('trying again');
    await bed.up();
    await bed.store.update((plan) =>
      pauseIfIdle(endNode(plan, 'edge-1', 'the disk is full', nowSeconds()), nowSeconds()),
    );
    const plan = await followed;
    assert.equal(plan.progress.phase, 'Paused');
    await stderr.shows('Node edge-1 failed: the disk is full');
  });

  it('ends at once by Ctrl-C, and says that the upgrade goes on', async () => {
    const stop = new AbortController();
    // Only Ctrl-C ends a pause of this clock.
    const sleep = async (_ms: number, signal?: AbortSignal): Promise<void> => {
      if (signal && !signal.aborted) await once(signal, 'abort');
    };
    const followed = follow(bed.client, stop.signal, output, true, { now: () => 0, sleep });
    await stderr.shows('is Running');
    stop.abort(new Error('interrupted by SIGINT'));
    await assert.rejects(followed, (error: EdgeadmError) => {
      assert.equal(error.code, 'INTERRUPTED');
      return /the upgrade is still running/.test(error.what);
    });
  });

  it('ends with an error if its plan is deleted', async () => {
    const followed = follow(bed.client, new AbortController().signal, output, true);
    await stderr.shows('is Running');
    await bed.client.delete('/api/v1/namespaces/kube-upgrade');
    await assert.rejects(followed, (error: EdgeadmError) => error.code === 'NO_UPGRADE');
  });

  it('ends if it is paused before it is watched', async () => {
    await bed.store.update((plan) => pausePlan(plan, 'bob@desk', nowSeconds()));
    const plan = await follow(bed.client, new AbortController().signal, output, true);
    assert.equal(plan.progress.phase, 'Paused');
  });
});
