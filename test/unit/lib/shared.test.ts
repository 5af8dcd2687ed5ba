import assert from 'node:assert/strict';
import { Shared } from '../../../src/lib/shared.ts';

/** Shared work that the test ends by hand; `signals` has one signal for each time it was started. */
function work() {
  const signals: AbortSignal[] = [];
  const runs: PromiseWithResolvers<string>[] = [];
  const shared = new Shared((signal) => {
    const run = Promise.withResolvers<string>();
    signal.addEventListener('abort', () => run.reject(signal.reason));
    signals.push(signal);
    runs.push(run);
    return run.promise;
  });
  return { shared, signals, runs };
}

describe('work that several callers share', () => {
  it('work that several callers share is done once, and every caller gets its result', async () => {
    const { shared, runs } = work();
    const callers = [shared.get(), shared.get(new AbortController().signal)];
    runs[0]?.resolve('done');
    assert.deepEqual(await Promise.all([...callers, shared.get()]), ['done', 'done', 'done']);
    assert.equal(runs.length, 1);
  });

  it('goes on for the others when one caller is interrupted', async () => {
    const { shared, signals, runs } = work();
    const controller = new AbortController();
    const [first, second] = [shared.get(controller.signal), shared.get()];
    controller.abort(new Error('interrupted'));
    await assert.rejects(first, /interrupted/);
    assert.equal(signals[0]?.aborted, false);
    runs[0]?.resolve('done');
    assert.equal(await second, 'done');
  });

  it('ends when the last caller is interrupted, and is started again for the next one', async () => {
    const { shared, signals, runs } = work();
    const controller = new AbortController();
    const callers = [shared.get(controller.signal), shared.get(controller.signal)];
    controller.abort(new Error('interrupted'));
    for (const caller of callers) await assert.rejects(caller, /interrupted/);
    assert.equal(signals[0]?.aborted, true);
    const next = shared.get();
    runs[1]?.resolve('second');
    assert.equal(await next, 'second');
  });

  it('work that several callers share is started again after a failure', async () => {
    const { shared, runs } = work();
    const first = shared.get();
    runs[0]?.reject(new Error('network'));
    await assert.rejects(first, /network/);
    assert.equal(await shared.settled(), undefined);
    const second = shared.get();
    runs[1]?.resolve('done');
    assert.equal(await second, 'done');
    assert.equal(await shared.settled(), 'done');
  });
});
