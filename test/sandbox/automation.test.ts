import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resultOf } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

const page = await readFile(new URL('../../docs/automation.md', import.meta.url), 'utf8');

/** Keys that the page promises for a command, without those within brackets, and those of another flag. */
function promisedKeys(command: string): string[] {
  const row = page.split('\n').find((line) => line.startsWith(`| \`${command}\``));
  const cell = row?.split(' | ')[1]?.replace(/\([^)]*\)|;.*/g, '') ?? assert.fail(command);
  return [...cell.matchAll(/`(\w+)`/g)].map(([, key = '']) => key);
}

describe('the page for automation', function () {
  this.timeout(180_000);
  let bed: SandboxBed;
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
    const { joinLine } = resultOf(await bed.sandbox('node', 'create', 'edge1', '-o', 'json')).data as {
      joinLine: string;
    };
    assert.equal((await bed.run(...joinLine.split(' ').slice(1))).exitCode, 0);
  });
  after(() => bed.remove());

  for (const [command, ...more] of [
    ['token create'],
    ['token list'],
    ['nodepool list'],
    ['eni list', '--instance', 'i-sandbox'],
    ['cluster upgrade plan'],
    ['sandbox get nodes'],
    ['sandbox node create', 'edge1'],
  ] as const)
    it(`edgeadm ${command} -o json has the keys that docs/automation.md names`, async () => {
      const dir = command.startsWith('sandbox') ? ['--dir', bed.dir] : [];
      const { data } = resultOf(await bed.run(...command.split(' '), ...more, ...dir, '-o', 'json'));
      const shown = Object.keys((Array.isArray(data) ? data[0] : data) ?? {});
      assert.notEqual(promisedKeys(command).length, 0);
      for (const key of promisedKeys(command)) assert.ok(shown.includes(key), `${key} is not in ${shown}`);
    });
});
