import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { ERROR_CODES } from '../../../src/errors/index.ts';

const COMMAND = fileURLToPath(new URL('../../../src/commands/explain.ts', import.meta.url));
const PROGRAM = `
  const { default: Explain } = await import(${JSON.stringify(COMMAND)});
  await Explain.run(process.argv.slice(1), ${JSON.stringify(COMMAND)});
`;

function explain(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...args], { encoding: 'utf8' });
}

describe('edgeadm explain', function () {
  // Each starts the program from its sources.
  this.timeout(30_000);
  it('shows cause, evidence and remedy of a code, however it is spelled', () => {
    const { status, stdout } = explain('token-invalid');
    assert.equal(status, 0);
    assert.ok(stdout.startsWith('TOKEN_INVALID (exit code 4)\n'));
    const { cause, evidence, remedy } = ERROR_CODES.TOKEN_INVALID;
    for (const text of [cause, evidence, remedy]) assert.ok(stdout.includes(text));
  });

  it('lists every code, as JSON too', () => {
    assert.equal(explain().stdout.split('\n').length, Object.keys(ERROR_CODES).length + 2);
    const { type, ok, command, data } = JSON.parse(explain('-o', 'json').stdout);
    assert.deepEqual([type, ok, command], ['result', true, 'explain']);
    assert.deepEqual(
      data.map(({ code }: { code: string }) => code),
      Object.keys(ERROR_CODES),
    );
  });
});
