import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { flock } from '../../../src/host/flock.ts';
import type { Lock } from '../../../src/host/machine.ts';

describe('a lock on this machine', function () {
  this.timeout(20_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-lock-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const soonFree = async (path: string): Promise<Lock> => {
    for (let tries = 0; tries < 30; tries++) {
      const lock = await flock(path);
      if (lock) return lock;
      await delay(100);
    }
    assert.fail('the lock is still held');
  };

  it('a lock on this machine is free as soon as the run that held it is killed', async () => {
    const path = join(folder, 'killed');
    const module = new URL('../../../src/host/flock.ts', import.meta.url).href;
    const script = `
      import { flock } from '${module}';
      if (await flock(${JSON.stringify(path)})) console.log('held');
      setInterval(() => {}, 1000);
    `;
    const run = execa(process.execPath, ['--input-type=module', '--eval', script], { reject: false, buffer: false });
    await new Promise((resolve) => run.stdout.once('data', resolve));
    assert.equal(await flock(path), undefined);
    run.kill('SIGKILL');
    await (await soonFree(path)).release();
  });

  it('a lock on this machine is free as soon as its holder is killed', async () => {
    const path = join(folder, 'holder');
    assert.ok(await flock(path));
    await execa('pkill', ['--signal', 'KILL', '--full', '--', `flock .*${path}`]);
    await (await soonFree(path)).release();
  });
});
