import assert from 'node:assert/strict';
import { confirm } from '../../../src/cli/confirmation.ts';

const output = { ask: <T>(question: () => Promise<T>) => question() };

/** The tests have no terminal, as scripts have none. */
describe('A command that needs a confirmation, without a terminal', () => {
  const isTTY = process.stdin.isTTY;
  before(() => {
    process.stdin.isTTY = false;
  });
  after(() => {
    process.stdin.isTTY = isTTY;
  });

  it('fails with the line to run, each word quoted for a shell', async () => {
    const argv = ['reset', '--host', 'root@10.0.0.11', '--known-hosts', 'my hosts'];
    await assert.rejects(confirm('Reset root@10.0.0.11?', { output, yes: false, argv }), {
      code: 'CONFIRMATION_NEEDED',
      exit: 2,
      why: 'Reset root@10.0.0.11?',
      next: "edgeadm reset --host root@10.0.0.11 --known-hosts 'my hosts' --yes",
    });
  });

  it('goes ahead with --yes, or if it may run unattended', async () => {
    await confirm('Reset?', { output, yes: true, argv: [] });
    await confirm('Reset localhost?', { output, yes: false, unattended: true, argv: [] });
  });
});
