import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { normalizeArguments } from '../../../src/cli/argv-aliases.ts';

const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Starts the program from its sources, as bin/run.js starts what was compiled. */
function edgeadm(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = `
    const { main } = await import(${JSON.stringify(file('src/cli/main.ts'))});
    await main(process.argv.slice(1), { root: ${JSON.stringify(file(''))} });
  `;
  const args = ['--input-type=module', '-e', program, '--', ...words];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('spellings that people bring along', () => {
  const TABLE: [string, string[], string[]][] = [
    ['help of a command, as kubectl has it', ['help', 'join'], ['join', '--help']],
    ['the version, as kubeadm has it', ['version'], ['--version']],
    ['the short flag for help', ['token', 'list', '-h'], ['token', 'list', '--help']],
    ['words behind a double hyphen, which are no flags', ['join', '--', '-h'], ['join', '--', '-h']],
  ];
  for (const [what, given, understood] of TABLE) {
    it(`spellings of kubectl and kubeadm are understood: ${what}`, () =>
      assert.deepEqual(normalizeArguments(given), understood));
  }
});

describe('the program', () => {
  it('prints its version and ends with 0, also for a user without a home or an entry in the list of users', () => {
    const { status, stdout, stderr } = edgeadm(['version'], { HOME: undefined, SHELL: undefined });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^edgeadm\/\d+\.\d+\.\d+ /);
  });

  it('ends with 2 and a JSON result for a command that does not exist', () => {
    const { status, stdout } = edgeadm(['jion', '-o', 'json']);
    assert.equal(status, 2, stdout);
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    assert.deepEqual([result.type, result.ok, result.error.code], ['result', false, 'USAGE']);
    assert.match(JSON.stringify(result.error), /join/);
  });
});
