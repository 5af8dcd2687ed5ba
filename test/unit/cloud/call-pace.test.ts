import assert from 'node:assert/strict';
import { callPace } from '../../../src/cloud/call-pace.ts';
import { skippingClock } from '../test-clock.ts';

describe('the pace of calls to the cloud', () => {
  it('a service that takes three calls a second refuses few of the calls of a long list, which takes little longer than it must', async () => {
    const clock = skippingClock();
    const pace = callPace(300, clock);
    const started = clock.now();
    let taken: number[] = [];
    let refused = 0;
    for (let answered = 0; answered < 100; ) {
      await pace.turn();
      taken = taken.filter((time) => clock.now() - time < 1000);
      if (taken.length >= 3) {
        refused++;
        pace.throttled();
        continue;
      }
      taken.push(clock.now());
      answered++;
      pace.answered();
    }
    assert.ok(refused < 50, `${refused} were refused`);
    assert.ok(clock.now() - started < 40_000, `it took ${clock.now() - started} ms`);
  });

  it('calls that nobody throttles are not spaced', async () => {
    const clock = skippingClock();
    const pace = callPace(300, clock);
    const started = clock.now();
    for (let call = 0; call < 10; call++) {
      await pace.turn();
      pace.answered();
    }
    assert.equal(clock.now(), started);
  });
});
