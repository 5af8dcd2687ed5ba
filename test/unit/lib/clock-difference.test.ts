import assert from 'node:assert/strict';
import { clockDifference } from '../../../src/lib/clock-difference.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');
const DATE = 'Thu, 01 Jan 2026 12:00:00 GMT';

describe('the difference of two clocks', () => {
  const rows: ReadonlyArray<readonly [what: string, asked: number, tookMs: number, difference: number]> = [
    ['clocks that agree, as far as whole seconds can tell', NOON + 900, 50, 0],
    ['clocks that agree, whose answer came after nine seconds', NOON - 8900, 9000, 0],
    ['a server that is an hour ahead', NOON - 3_600_000, 100, 3_600_450],
    ['a server that is an hour behind', NOON + 3_600_000, 100, -3_599_550],
    ['a server that is ten seconds ahead of a question that took four', NOON - 14_000, 4000, 12_500],
  ];
  for (const [what, asked, tookMs, difference] of rows)
    it(`the difference of ${what}`, () => assert.equal(clockDifference(DATE, asked, tookMs), difference));

  it('the difference of clocks is unknown without a date', () => {
    assert.equal(clockDifference(undefined, NOON, 0), undefined);
    assert.equal(clockDifference('yesterday', NOON, 0), undefined);
  });
});
