import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { atQuestion, Stopwatch } from '../../../src/lib/stopwatch.ts';

describe('the time that work took', () => {
  let now = 0;
  const later = async (ms: number): Promise<void> => {
    now += ms;
  };
  beforeEach(() => {
    now = 0;
    mock.method(performance, 'now', () => now);
  });
  afterEach(() => mock.restoreAll());

  it('does not count the time at a question, in the work itself and in what is around it', async () => {
    const command = new Stopwatch();
    const phase = await command.measure(async () => {
      await later(10);
      const inner = new Stopwatch();
      await inner.measure(async () => {
        await atQuestion(() => later(60_000));
        await later(5);
      });
      return inner;
    });
    assert.deepEqual([phase.ms, command.ms], [5, 15]);
  });

  it('counts a question within another one once', async () => {
    const watch = new Stopwatch();
    await watch.measure(() => atQuestion(() => atQuestion(() => later(1000))));
    assert.equal(watch.ms, 0);
  });

  it('does not count a question that was interrupted', async () => {
    const watch = new Stopwatch();
    const asked = watch.measure(() =>
      atQuestion(async () => {
        await later(1000);
        throw new Error('Ctrl-C');
      }),
    );
    await assert.rejects(asked, /Ctrl-C/);
    assert.equal(watch.ms, 0);
  });

  it('counts what other work does during a question of this one', async () => {
    const [asks, works] = [new Stopwatch(), new Stopwatch()];
    await asks.measure(() => atQuestion(() => works.measure(() => later(100))));
    assert.deepEqual([asks.ms, works.ms], [0, 100]);
  });
});
