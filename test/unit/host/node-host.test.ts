import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeHost } from '../../../src/host/node-host.ts';
import { scratchMachine } from '../../../src/host/scratch.ts';

describe('files that a join writes', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-node-host-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('ask for their folder once, and again after something was removed or a program ran', async () => {
    const machine = scratchMachine(root);
    let asked = 0;
    const host = new NodeHost({
      ...machine,
      stat: (path, options) => {
        if (path === '/etc/cni') asked += 1;
        return machine.stat(path, options);
      },
      exec: async () => {
        await rm(join(root, 'etc'), { recursive: true });
        return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
      },
    });
    const write = (name: string) => host.write(`/etc/cni/${name}`, 'x', { mode: 0o600 });
    await write('one');
    await write('two');
    await write('three');
    assert.equal(asked, 1);
    await host.run('rm', ['-r', '/etc']);
    await write('four');
    await host.removeTree('/etc/cni');
    await write('five');
    await host.remove('/etc/cni/five');
    await write('six');
    assert.equal(asked, 4);
    assert.ok((await stat(join(root, 'etc/cni/six'))).isFile());
  });
});
