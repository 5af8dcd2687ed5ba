import assert from 'node:assert/strict';
import { interruption } from '../../../src/cli/signals.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

describe('a command that looks, when it is ended', () => {
  it('says that it was interrupted, not that it has a fault of its own', () => {
    const error = interruption(AbortSignal.abort(new Error('interrupted by SIGINT')), 'the look was interrupted');
    assert.equal(error.exit, 130);
    assert.equal(error.why, 'interrupted by SIGINT');
  });

  it('says that its time was over', () => {
    const reason = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 5.0s' });
    assert.equal(interruption(AbortSignal.abort(reason), 'the look was interrupted'), reason);
  });
});
