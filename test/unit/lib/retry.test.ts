import assert from 'node:assert/strict';
import { type RetryOptions, retry } from '../../../src/lib/retry.ts';

const QUICK = { tries: 3, pauseMs: [0, 0] as const, isPassing: () => true };

/** Runs an action that fails as often as there are errors. */
async function attempt(errors: readonly Error[], options: Partial<RetryOptions> = {}) {
  const left = [...errors];
  let runs = 0;
  const action = async (): Promise<string> => {
    runs++;
    const error = left.shift();
    if (error) throw error;
    return 'done';
  };
  const result = await retry(action, { ...QUICK, ...options }).catch((error: Error) => error);
  return { result, runs };
}

describe('retry', () => {
  it('gives the result of the first try that succeeds', async () => {
    assert.deepEqual(await attempt([]), { result: 'done', runs: 1 });
    assert.deepEqual(await attempt([new Error('a'), new Error('b')]), { result: 'done', runs: 3 });
  });

  it('throws the last error once all tries are used', async () => {
    const { result, runs } = await attempt(['a', 'b', 'c', 'd'].map((text) => new Error(text)));
    assert.equal((result as Error).message, 'c');
    assert.equal(runs, 3);
  });

  it('throws an error that does not pass at once', async () => {
    const { result, runs } = await attempt([new TypeError('no')], {
      isPassing: (error) => !(error instanceof TypeError),
    });
    assert.equal((result as Error).message, 'no');
    assert.equal(runs, 1);
  });

  it('describes the last error with the number of tries', async () => {
    const describe = (error: unknown, tries: number): Error => new Error(`${tries} tries: ${(error as Error).message}`);
    const { result } = await attempt(
      ['a', 'b', 'c'].map((text) => new Error(text)),
      { describe },
    );
    assert.equal((result as Error).message, '3 tries: c');
  });

  it('counts tries from the last progress on', async () => {
    const progress = [true, true, false, false];
    const errors = ['a', 'b', 'c', 'd'].map((text) => new Error(text));
    const { result, runs } = await attempt(errors, { hasProgressed: () => progress.shift() ?? false });
    assert.equal((result as Error).message, 'd');
    assert.equal(runs, 4);
  });

  it('throws the reason of a signal that aborts during a try or a pause, and tries no more', async () => {
    for (const pauseMs of [[0, 0] as const, [60_000, 60_000] as const]) {
      const controller = new AbortController();
      const onRetry = (): void => controller.abort(new Error('interrupted'));
      const { result, runs } = await attempt([new Error('a')], { pauseMs, onRetry, signal: controller.signal });
      assert.equal((result as Error).message, 'interrupted');
      assert.equal(runs, 1);
    }
  });
});
