import assert from 'node:assert/strict';
import { mergePatch } from '../../../src/lib/merge-patch.ts';

describe('a merge patch', () => {
  it('a merge patch names what differs, null for what is gone, and lists as a whole', () => {
    const before = { a: 1, b: { c: 2, d: [1] }, e: 5 };
    assert.deepEqual(mergePatch(before, { a: 1, b: { c: 3, d: [1, 2] } }), { b: { c: 3, d: [1, 2] }, e: null });
    assert.equal(mergePatch(before, { ...before }), undefined);
  });
});
