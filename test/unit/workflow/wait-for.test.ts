import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { waitFor } from '../../../src/lib/wait-for.ts';

describe('a wait', () => {
  it('ends as soon as the probe has found what it looks for', async () => {
    let looks = 0;
    const found = await waitFor({
      what: 'x',
      timeoutMs: 5000,
      intervalMs: [1, 5],
      probe: async () => (++looks < 4 ? { seen: 'not yet' } : { done: looks }),
    });
    assert.equal(found, 4);
  });

  it('looks often at first, then less and less often', async () => {
    const times: number[] = [];
    await waitFor({
      what: 'x',
      timeoutMs: 5000,
      intervalMs: [10, 80],
      probe: async () => (times.push(performance.now()) < 7 ? { seen: '' } : { done: 1 }),
    });
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok((pauses[0] ?? 0) < (pauses.at(-1) ?? 0), pauses.join());
  });

  it('that runs out of time says what it waited for, what it saw last, and gathers evidence', async () => {
    const wait = waitFor({
      what: 'the kubelet',
      timeoutMs: 60,
      intervalMs: [5, 10],
      code: 'KUBELET_FAILED',
      next: 'look at it',
      probe: async () => ({ seen: 'activating' }),
      evidence: async () => 'log: exit 1',
    });
    await assert.rejects(wait, {
      code: 'KUBELET_FAILED',
      what: 'timed out after 60ms waiting for the kubelet',
      why: 'last seen: activating\nlog: exit 1',
      next: 'look at it',
    });
  });

  it('that the time limit of the whole command cuts short says what it waited for all the same', async () => {
    const late = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 1m' });
    const wait = waitFor({
      what: 'the hub',
      timeoutMs: 60_000,
      signal: abortsWith(late),
      code: 'EDGE_HUB_FAILED',
      probe: async () => ({ seen: 'connection refused' }),
      evidence: async () => 'log: no such image',
    });
    await assert.rejects(wait, {
      code: 'EDGE_HUB_FAILED',
      what: 'the command did not end within 1m: it was waiting for the hub',
      why: 'last seen: connection refused\nlog: no such image',
      cause: late,
    });
  });

  it('ends at once where its guard says that nothing will come of it', async () => {
    const hopeless = new EdgeadmError({ code: 'KUBELET_FAILED', what: 'the kubelet does not stay up' });
    let looks = 0;
    const wait = waitFor({
      what: 'x',
      timeoutMs: 60_000,
      intervalMs: [1, 1],
      probe: async () => ({ seen: String(++looks) }),
      guard: async () => {
        if (looks === 3) throw hopeless;
      },
    });
    await assert.rejects(wait, (thrown) => thrown === hopeless);
  });

  it('uses its time up: the last look comes shortly before the end', async () => {
    let last = 0;
    const started = performance.now();
    await assert.rejects(
      waitFor({
        what: 'x',
        timeoutMs: 400,
        intervalMs: [10, 1000],
        probe: async () => {
          last = performance.now() - started;
          return { seen: '' };
        },
      }),
      { code: 'TIMEOUT' },
    );
    assert.ok(last > 300, `last look after ${last} ms`);
  });

  it('takes an error of the probe for what it saw', async () => {
    const failing = [
      (): Promise<never> => Promise.reject(new Error('connection refused')),
      (): never => {
        throw new Error('connection refused');
      },
    ];
    for (const probe of failing) {
      await assert.rejects(waitFor({ what: 'x', timeoutMs: 20, intervalMs: [5, 5], probe }), {
        why: 'last seen: connection refused',
      });
    }
  });

  it('ends in time though the probe never answers', async () => {
    const wait = waitFor({ what: 'x', timeoutMs: 50, probe: () => new Promise<never>(() => {}) });
    await assert.rejects(wait, { code: 'TIMEOUT', why: 'last seen: nothing yet' });
  });

  it('ends at once when it is interrupted, with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted by SIGINT');
    setTimeout(() => controller.abort(reason), 20);
    const started = performance.now();
    const wait = waitFor({
      what: 'x',
      timeoutMs: 60_000,
      intervalMs: [30_000, 30_000],
      signal: controller.signal,
      probe: async () => ({ seen: '' }),
    });
    await assert.rejects(wait, (thrown) => thrown === reason);
    assert.ok(performance.now() - started < 5000);
  });
});

/** A signal that aborts in a moment, for this reason. */
function abortsWith(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 30);
  return controller.signal;
}
