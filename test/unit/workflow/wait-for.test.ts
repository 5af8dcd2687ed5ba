import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { waitFor } from '../../../src/lib/wait-for.ts';
import { skippingClock } from '../test-clock.ts';

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
    const clock = skippingClock();
    await waitFor({
      what: 'x',
      timeoutMs: 5000,
      intervalMs: [10, 80],
      probe: async () => (clock.sleeps.length < 7 ? { seen: '' } : { done: 1 }),
      clock,
    });
    assert.deepEqual(clock.sleeps.map(Math.round), [10, 15, 23, 34, 51, 76, 80]);
  });

  it('a wait that runs out of time says what it waited for, what it saw last, and gathers evidence', async () => {
    const wait = waitFor({
      what: 'the kubelet',
      timeoutMs: 60_000,
      code: 'KUBELET_FAILED',
      next: 'look at it',
      clock: skippingClock(),
      probe: async () => ({ seen: 'activating' }),
      evidence: async () => 'log: exit 1',
    });
    await assert.rejects(wait, {
      code: 'KUBELET_FAILED',
      what: 'timed out after 1m waiting for the kubelet',
      why: 'last seen: activating\nlog: exit 1',
      next: 'look at it',
    });
  });

  it('a wait that the time limit of the whole command cuts short says what it waited for all the same', async () => {
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

  it('ends at once if its guard says that nothing will come of it', async () => {
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
    const looks: number[] = [];
    const clock = skippingClock();
    const probe = async () => {
      looks.push(clock.now());
      return { seen: '' };
    };
    const wait = waitFor({ what: 'x', timeoutMs: 4000, intervalMs: [10, 10_000], probe, clock });
    await assert.rejects(wait, { code: 'TIMEOUT' });
    assert.equal(looks.at(-1), 3990);
  });

  it('takes an error of the probe for what it saw', async () => {
    const failing = [
      (): Promise<never> => Promise.reject(new Error('connection refused')),
      (): never => {
        throw new Error('connection refused');
      },
    ];
    for (const probe of failing) {
      await assert.rejects(waitFor({ what: 'x', timeoutMs: 5000, probe, clock: skippingClock() }), {
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
    let looks = 0;
    const wait = waitFor({
      what: 'x',
      timeoutMs: 60_000,
      signal: controller.signal,
      probe: async () => {
        if (++looks === 3) controller.abort(reason);
        return { seen: '' };
      },
      clock: skippingClock(),
    });
    await assert.rejects(wait, (thrown) => thrown === reason);
    assert.equal(looks, 3);
  });
});

/** A signal that aborts in a moment, for this reason. */
function abortsWith(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 30);
  return controller.signal;
}
