import assert from 'node:assert/strict';
import { formatShown } from '../../../src/cli/shown.ts';

const SHOWN = {
  data: [{ id: 'abcdef' }],
  text: 'ID\nabcdef\n',
  names: ['token/abcdef'],
};

describe('a list as -o asks for it', () => {
  it('a list is a table as text, and with -o wide if the command has no more columns', () => {
    assert.equal(formatShown(SHOWN, 'text'), SHOWN.text);
    assert.equal(formatShown(SHOWN, 'wide'), SHOWN.text);
    assert.equal(formatShown({ ...SHOWN, wide: 'more\n' }, 'wide'), 'more\n');
  });

  it('a list is KIND/NAME a line with -o name, and nothing for an empty list', () => {
    assert.equal(formatShown(SHOWN, 'name'), 'token/abcdef\n');
    assert.equal(formatShown({ ...SHOWN, names: [] }, 'name'), '');
  });
});
