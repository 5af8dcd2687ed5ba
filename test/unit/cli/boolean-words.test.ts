import assert from 'node:assert/strict';
import { withPlainBooleans } from '../../../src/cli/boolean-words.ts';

const FLAGS = {
  force: { type: 'boolean', char: 'f' },
  'rollback-on-failure': { type: 'boolean', allowNo: true },
  yes: { type: 'boolean', aliases: ['quiet'] },
  'dry-run': { type: 'boolean' },
  token: { type: 'option' },
};

describe('a flag that is on or off', () => {
  const words = (...argv: string[]) => withPlainBooleans(argv, FLAGS);

  it('a flag that is on or off may be said as kubectl takes it: --force=true, -f=1, --quiet=T', () => {
    assert.deepEqual(words('--force=true', '-f=1', '--quiet=T', 'node'), ['--force', '--force', '--yes', 'node']);
  });

  it('=false switches off what is on by default, and is nothing if it is off', () => {
    assert.deepEqual(words('--rollback-on-failure=false', '--force=0'), ['--no-rollback-on-failure']);
  });

  it("kubectl's words for --dry-run mean the one dry run there is, and none means no dry run", () => {
    assert.deepEqual(words('--dry-run=server', '--dry-run=client', '--dry-run=none'), ['--dry-run', '--dry-run']);
    assert.throws(() => words('--force=server'), /--force: server is neither true nor false/);
  });

  it('a flag that is on or off with another word is a mistake that names the flag', () => {
    assert.throws(() => words('--force=maybe'), /--force: maybe is neither true nor false/);
    assert.throws(() => words('--force='), /--force: nothing is neither true nor false/);
  });

  it('leaves everything else as it is, and all that stands behind --', () => {
    const argv = ['--token=true', '--force', '--unknown=true', 'a=b', '--', '--force=true'];
    assert.deepEqual(words(...argv), argv);
  });
});
