import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../../src/commands/cluster/upgrade/controller.ts', import.meta.url));
const PROGRAM = `
  const { default: Controller } = await import(${JSON.stringify(COMMAND)});
  await Controller.run(process.argv.slice(1), ${JSON.stringify(COMMAND)});
`;

describe('the upgrade controller', () => {
  it('refuses to run outside a pod, and names the command that starts it', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      encoding: 'utf8',
      env: { ...process.env, KUBERNETES_SERVICE_HOST: undefined },
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /edgeadm cluster upgrade start/);
  });
});
