import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { count } from '../../../src/lib/count.ts';

describe('a number of things', () => {
  it('a number of things is singular for one alone', () => {
    assert.deepEqual(
      [0, 1, 2].map((number) => count('pod', number)),
      ['0 pods', '1 pod', '2 pods'],
    );
  });
});
