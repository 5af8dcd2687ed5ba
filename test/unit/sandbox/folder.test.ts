import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopSandbox } from '../../../sandbox/background.ts';
import { runningSandbox, type SandboxFolder, sandboxFolder } from '../../../sandbox/folder.ts';
import { startSandbox } from '../../../sandbox/index.ts';

describe('the folder of a sandbox', () => {
  let dir: string;
  let folder: SandboxFolder;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-folder-'));
    folder = sandboxFolder(join(dir, 'sandbox'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  describe('that a killed sandbox left', () => {
    let other: ChildProcess;
    beforeEach(async () => {
      await mkdir(folder.path);
      other = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
      await once(other, 'spawn');
    });
    afterEach(() => other.kill('SIGKILL'));
    const left = (more: object) =>
      writeFile(
        folder.state,
        JSON.stringify({ pid: other.pid, apiServer: 'https://127.0.0.1:1', cloud: 'https://127.0.0.1:2', ...more }),
      );

    for (const [what, more] of Object.entries({
      'an earlier boot': { processStarted: '00000000-0000-0000-0000-000000000000 1234' },
      'a version that wrote no start time': {},
    })) {
      it(`sandbox down ends no other process that has its number: ${what}`, async function () {
        if (process.platform !== 'linux') this.skip();
        await left(more);
        assert.equal(await stopSandbox(folder), false);
        other.stdin?.end();
        assert.deepEqual(await once(other, 'exit'), [0, null], 'it ended by itself, not by a signal');
      });
    }

    it('a damaged state file counts as no sandbox', async () => {
      for (const text of ['', 'null', '5', '{"pid":"1"}', '{"pid":-1}', '\0\0\0']) {
        await writeFile(folder.state, text);
        assert.equal(await runningSandbox(folder), undefined, text);
      }
    });
  });

  it('a running sandbox is found by the state that it wrote', async () => {
    const sandbox = await startSandbox({ folder, port: 0, log: () => {} });
    try {
      assert.deepEqual(await runningSandbox(folder), sandbox.state);
      assert.deepEqual(JSON.parse(await readFile(folder.state, 'utf8')), sandbox.state);
    } finally {
      await sandbox.close();
    }
    assert.equal(await runningSandbox(folder), undefined);
  });

  it('holds nothing that other users may read, under umask 000 and in a folder that they may enter', async function () {
    if (process.platform === 'win32') this.skip();
    const umask = process.umask(0);
    try {
      await mkdir(folder.path);
      await chmod(folder.path, 0o755);
      // As an earlier version left them.
      for (const path of [folder.database, folder.ca, folder.kubeconfig, folder.state]) await writeFile(path, '');
      await mkdir(folder.nodes);
      const sandbox = await startSandbox({ folder, port: 0, log: () => {} });
      try {
        const names = await readdir(folder.path);
        assert.ok(names.includes('sandbox.db-wal'), names.join(' '));
        for (const name of names) assert.equal((await stat(join(folder.path, name))).mode & 0o077, 0, name);
      } finally {
        await sandbox.close();
      }
    } finally {
      process.umask(umask);
    }
  });
});
