import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { closest } from '../../../src/lib/closest.ts';

describe('the word that was probably meant', () => {
  it('the word that was probably meant is the one with the fewest letters changed', () => {
    assert.equal(closest('TOKEN_INVALD', ['TOKEN_EXPIRED', 'TOKEN_INVALID', 'USAGE']), 'TOKEN_INVALID');
    assert.equal(closest('USGAE', ['LOCKED', 'USAGE']), 'USAGE');
    assert.equal(closest('jion', ['join', 'node']), 'join');
    assert.equal(closest('USAGE', ['USAGE']), 'USAGE');
  });

  it('the word that was probably meant is none if nothing is near', () => {
    assert.equal(closest('something', ['LOCKED', 'USAGE']), undefined);
    assert.equal(closest('x', []), undefined);
    assert.equal(closest('--foo', ['--root']), undefined);
    assert.equal(closest('', ['ENI']), undefined);
    assert.equal(closest('node', ['pods', 'swap']), undefined);
  });

  it('the word that was probably meant may be one that was only begun', () => {
    assert.equal(closest('--tok', ['--root', '--token']), '--token');
  });
});
