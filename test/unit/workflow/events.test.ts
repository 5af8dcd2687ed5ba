import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type EventBody, phaseLog } from '../../../src/workflow/events.ts';

describe('what a phase says', () => {
  it('what a phase says is a message with its level', () => {
    const said: EventBody[] = [];
    const log = phaseLog((body) => said.push(body));
    log.info('one');
    log.warning('two');
    log.debug('three');
    assert.deepEqual(said, [
      { type: 'message', level: 'info', text: 'one' },
      { type: 'message', level: 'warning', text: 'two' },
      { type: 'message', level: 'debug', text: 'three' },
    ]);
  });

  it('what a phase says may be progress', () => {
    const said: EventBody[] = [];
    phaseLog((body) => said.push(body)).progress('kubelet', 1, 2);
    assert.deepEqual(said, [{ type: 'progress', what: 'kubelet', done: 1, total: 2 }]);
  });
});
