import assert from 'node:assert/strict';
import { allSettled } from '../../../src/lib/all-settled.ts';
import { forEachLimited } from '../../../src/lib/for-each.ts';

describe('work side by side', () => {
  it('work side by side fails only when all of it has ended, so that nothing changes a node that is rolled back', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let ended = false;
    const failing = allSettled([Promise.reject(new Error('disk full')), promise]).finally(() => {
      ended = true;
    });
    failing.catch(() => {});
    await new Promise((done) => setImmediate(done));
    assert.equal(ended, false);
    resolve('copied');
    await assert.rejects(failing, /disk full/);
  });

  it('work side by side is left at once when the command is interrupted', async () => {
    const controller = new AbortController();
    const failing = allSettled([new Promise(() => {}), Promise.reject(new Error('cut off'))], controller.signal);
    controller.abort(new Error('interrupted by SIGINT'));
    await assert.rejects(failing, /interrupted by SIGINT/);
  });

  it('work side by side answers as Promise.all does', async () => {
    assert.deepEqual(await allSettled([Promise.resolve(1), 'two']), [1, 'two']);
  });

  it('work on many items begins no more after a failure, and fails when those that run have ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun: number[] = [];
    const failing = forEachLimited([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      await promise;
    });
    failing.catch(() => {});
    await new Promise((done) => setImmediate(done));
    resolve();
    await assert.rejects(failing, /first/);
    assert.deepEqual(begun, [1, 2]);
  });
});
