import assert from 'node:assert/strict';
import { load } from 'js-yaml';
import { formatShown } from '../../../src/cli/shown.ts';

const TOKEN = 'zyxwvu.fedcba9876543210';
const SHOWN = {
  data: [{ id: 'abcdef', expires: new Date(0), description: undefined, seen: TOKEN }],
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

  it('a list with -o yaml is the data of -o json without secrets', () => {
    const text = formatShown(SHOWN, 'yaml');
    assert.doesNotMatch(text, /fedcba9876543210/);
    const [{ seen: _seen, ...rest }] = load(text) as [Record<string, unknown>];
    assert.deepEqual(rest, { id: 'abcdef', expires: '1970-01-01T00:00:00.000Z' });
  });

  it('shows the secret that was asked for', () => {
    assert.match(formatShown({ ...SHOWN, reveal: true }, 'yaml'), /fedcba9876543210/);
  });
});
