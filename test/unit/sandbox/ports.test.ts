import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminClient } from '../../../sandbox/admin-client.ts';
import { type SandboxFolder, sandboxFolder } from '../../../sandbox/folder.ts';
import { startSandbox } from '../../../sandbox/index.ts';

describe('the ports of a sandbox that is started again', function () {
  this.timeout(60_000);
  let folder: SandboxFolder;
  beforeEach(async () => {
    folder = sandboxFolder(await mkdtemp(join(tmpdir(), 'edgeadm-ports-')));
  });
  afterEach(() => rm(folder.path, { recursive: true, force: true }));

  const start = (port?: number) => startSandbox({ folder, port, log: () => {} });

  it('a sandbox that is started again keeps its ports, so that nodes that have joined reach it', async () => {
    const first = await start(0);
    await first.close();
    for (const port of [0, undefined]) {
      const again = await start(port);
      await again.close();
      const { apiServer, cloud, ens, cutOff } = again.state;
      assert.deepEqual([apiServer, cloud, ens], [first.state.apiServer, first.state.cloud, first.state.ens]);
      assert.equal(cutOff, undefined);
    }
  });

  it('a sandbox whose port a program has taken gets another one, and names the nodes that cannot reach it', async () => {
    const first = await start(0);
    const client = await adminClient(folder);
    for (const name of ['edge1', 'elsewhere'])
      await client.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    client.close();
    await first.close();
    await mkdir(join(folder.nodes, 'edge1'), { recursive: true });
    const port = Number(new URL(first.state.apiServer).port);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const again = await start(0);
      await again.close();
      assert.notEqual(again.state.apiServer, first.state.apiServer);
      assert.deepEqual(again.state.cutOff, { nodes: ['edge1'], port });
    } finally {
      other.close();
    }
  });
});
