import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { interruptedError } from '../../../src/errors/interrupted.ts';

describe('a command that looks, when it is ended', () => {
  it('says that it was interrupted, not that it has a fault of its own', () => {
    const error = interruptedError(AbortSignal.abort(new Error('interrupted by SIGINT')), 'the look was interrupted');
    assert.equal(error.exit, 130);
    assert.equal(error.why, 'interrupted by SIGINT');
  });

  it('says that its time was over', () => {
    const reason = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 5.0s' });
    assert.equal(interruptedError(AbortSignal.abort(reason), 'the look was interrupted'), reason);
  });
});
