import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { formatBytes } from '../../../src/lib/format-bytes.ts';
import { describeProgress, formatSeconds, Meter, type ProgressEvent } from '../../../src/output/progress.ts';
import { event } from './events.ts';

function progress(done: number, total: number, time: number): ProgressEvent {
  return event('p', { type: 'progress', what: 'kubelet', done, total }, { time }) as ProgressEvent;
}

describe('progress of a transfer', () => {
  it('shows share, rate and time left', () => {
    const meter = new Meter(0);
    for (let second = 1; second <= 4; second++) meter.update(progress(second * 10e6, 100e6, second * 1000));
    assert.equal(describeProgress('kubelet', meter), 'kubelet: 40% of 100 MB, 10 MB/s, 6s left');
  });

  it('shows the rate of the last seconds, not that of the whole', () => {
    const meter = new Meter(0);
    for (let second = 1; second <= 10; second++) meter.update(progress(second * 10e6, 1000e6, second * 1000));
    for (let second = 11; second <= 20; second++)
      meter.update(progress(100e6 + (second - 10) * 1e6, 1000e6, second * 1000));
    assert.equal(Math.round((meter.rate ?? 0) / 1e6), 1);
  });

  it('shows what has come if the total is not known', () => {
    const meter = new Meter(0);
    meter.update(progress(5e6, 0, 1000));
    assert.equal(describeProgress('bundle', meter), 'bundle: 5.0 MB, 5.0 MB/s');
  });

  it('begins again when the transfer does', () => {
    const meter = new Meter(0);
    meter.update(progress(50e6, 100e6, 1000));
    meter.update(progress(0, 100e6, 2000));
    meter.update(progress(10e6, 100e6, 3000));
    assert.equal(describeProgress('kubelet', meter), 'kubelet: 10% of 100 MB, 10 MB/s, 9s left');
  });

  it('writes amounts and durations short', () => {
    assert.deepEqual([0, 999, 1000, 45_400, 113e6, 4.2e9].map(formatBytes), [
      '0 B',
      '999 B',
      '1.0 kB',
      '45 kB',
      '113 MB',
      '4.2 GB',
    ]);
    assert.deepEqual([400, 5000, 90_999].map(formatSeconds), ['0ms', '5s', '1m30s']);
  });
});
