import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runOnNodes, withSession } from '../../../src/cli/node-runner.ts';
import type { Output } from '../../../src/output/index.ts';
import { FakeWindows } from '../../unit/host/windows/fake-windows.ts';
import type { SshNode } from '../host/ssh/ssh-node.ts';
import { sshWindows } from '../host/ssh/ssh-windows.ts';

describe('a command on a Windows machine', () => {
  let windows: FakeWindows;
  let node: SshNode;
  beforeEach(async () => {
    windows = await FakeWindows.make();
    node = await sshWindows(windows, 'cmd');
  });
  afterEach(async () => {
    await node.stop();
    await windows.remove();
  });

  const run = (worksOnWindows?: boolean) => {
    const output = { emit: () => {}, hostDone: () => {} } as unknown as Output;
    const host = { openOutput: () => output, version: '0.1.0', argv: [] };
    const ssh = { host: [node.name], 'ssh-key': join(node.folder, 'key'), 'known-hosts': node.knownHosts };
    const flags = { 'dry-run': false, yes: true, verbose: false, concurrency: 1, ...ssh };
    return runOnNodes({ name: 'convert', flags, worksOnWindows }, host, async () => ({
      onNode: withSession(async ({ session }) => {
        await session.host.write('/etc/edge', 'x', { mode: 0o644 });
        return { outcome: 'done' };
      }),
    }));
  };

  it('a command that is not for Windows says so, and changes nothing', async () => {
    const before = windows.state();
    const { hosts } = await run();
    assert.equal(hosts[0]?.error?.code, 'PLATFORM_UNSUPPORTED');
    assert.match(hosts[0]?.error?.message ?? '', /`edgeadm convert` does not work on Windows machines/);
    assert.match(hosts[0]?.error?.why ?? '', /Windows Server 2019/);
    assert.deepEqual(windows.state(), before);
    assert.equal(await windows.read('/etc/edge').catch(() => undefined), undefined);
  });

  it('a command that is for Windows works there', async () => {
    const { hosts } = await run(true);
    assert.deepEqual([hosts[0]?.error, hosts[0]?.outcome], [undefined, 'done']);
    assert.equal(await windows.read('/etc/edge'), 'x');
  });
});
