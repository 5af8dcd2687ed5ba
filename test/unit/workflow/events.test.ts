import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type EventBody, phaseLog } from '../../../src/workflow/events.ts';

describe('what a phase says', () => {
  it('carries file and line of the code that said it, whichever way it was called', async () => {
    const said: EventBody[] = [];
    const log = phaseLog((body) => said.push(body));
    log.info('one');
    log.warning('two');
    log.debug('three');
    await Promise.resolve().then(() => log.info('four'));
    const sources = said.map((body) => (body.type === 'message' ? body.source : ''));
    const first = Number(sources[0]?.split(':')[1]);
    assert.deepEqual(
      sources,
      [0, 1, 2, 3].map((line) => `events.test.ts:${first + line}`),
    );
    assert.ok(first > 5);
    assert.deepEqual(
      said.map((body) => body.type === 'message' && body.level),
      ['info', 'warning', 'debug', 'info'],
    );
  });

  it('may be progress', () => {
    const said: EventBody[] = [];
    phaseLog((body) => said.push(body)).progress('kubelet', 1, 2);
    assert.deepEqual(said, [{ type: 'progress', what: 'kubelet', done: 1, total: 2 }]);
  });
});
