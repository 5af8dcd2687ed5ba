import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACTIONS } from '../../../sandbox/cloud/actions.ts';
import { RESOURCE_PATHS } from '../../../sandbox/list-objects.ts';
import { valuesOfArgument } from '../../../src/cli/completion/values.ts';

const COMMAND = fileURLToPath(new URL('../../../src/commands/sandbox/values.ts', import.meta.url));
const PROGRAM = `
  const { default: Values } = await import(${JSON.stringify(COMMAND)});
  await Values.run(process.argv.slice(1), ${JSON.stringify(COMMAND)});
`;

describe('what shells complete of the sandbox', function () {
  // Each starts the program from its sources.
  this.timeout(30_000);
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeadm-values-'));
  });
  afterEach(() => rmdirSync(folder));

  const values = (what: string): string[] => {
    const args = ['--input-type=module', '-e', PROGRAM, '--', what, '--dir', folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.split('\n').filter(Boolean);
  };

  it('a shell completes the cloud actions that can be made to fail', () => {
    assert.deepEqual(values('sandbox-actions'), [...ACTIONS]);
  });

  it('a shell completes the resources that `sandbox get` shows', () => {
    const { words } = valuesOfArgument('sandbox:get', { name: 'resource' }) ?? {};
    assert.deepEqual(words, Object.keys(RESOURCE_PATHS));
  });

  it('a shell completes no node of a sandbox that was never started', () => {
    assert.deepEqual(values('sandbox-nodes'), []);
  });
});
