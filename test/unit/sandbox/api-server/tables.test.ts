import assert from 'node:assert/strict';
import { age } from '../../../../sandbox/api-server/columns.ts';

describe('ages in tables', () => {
  it('ages in tables are shown as kubectl shows them', () => {
    const now = Date.parse('2026-01-10T00:00:00Z');
    const shown = (seconds: number): string => age(new Date(now - seconds * 1000).toISOString(), now);
    const [minute, hour, day] = [60, 3600, 86_400];
    const expected: [number, string][] = [
      [0, '0s'],
      [119, '119s'],
      [2 * minute, '2m'],
      [5 * minute + 2, '5m2s'],
      [10 * minute + 2, '10m'],
      [3 * hour + 5 * minute, '3h5m'],
      [8 * hour + 5 * minute, '8h'],
      [2 * day + 5 * hour, '2d5h'],
      [9 * day + 5 * hour, '9d'],
    ];
    assert.deepEqual(
      expected.map(([seconds]) => shown(seconds)),
      expected.map(([, text]) => text),
    );
    assert.equal(age(undefined, now), '<unknown>');
  });
});
