import assert from 'node:assert/strict';
import { refuseLoginPassword } from '../../../src/config/login-password.ts';

describe('the rules for the password of an instance', () => {
  it('a password has 8 to 30 characters of three kinds', () => {
    for (const good of ['Hello123', 'hello-123', `Aa1${'x'.repeat(27)}`])
      assert.deepEqual(refuseLoginPassword(good), []);
    for (const bad of ['Hell123', `Aa1${'x'.repeat(28)}`, 'hellohello', 'HELLOhello'])
      assert.equal(refuseLoginPassword(bad).length, 1, bad);
    assert.equal(refuseLoginPassword('short').length, 2);
    assert.deepEqual(refuseLoginPassword('Hello 123'), ['the password must not have spaces']);
  });
});
