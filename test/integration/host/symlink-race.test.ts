import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { localMachine } from '../../../src/host/local.ts';

const ROUNDS = 60;
const FILES = 40;

/** Exchanges a folder for a symlink and back until it is told to stop: what a process of a pod can do in its volume. */
const ATTACKER = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const { workerData: { folder, spare, outside, stop } } = require('node:worker_threads');
const quietly = (work) => { try { work(); } catch {} };
while (Atomics.load(stop, 0) === 0) {
  quietly(() => renameSync(folder, spare));
  quietly(() => symlinkSync(outside, folder));
  quietly(() => unlinkSync(folder));
  quietly(() => renameSync(spare, folder));
}
`;

describe('the removal of a folder that somebody else changes meanwhile', function () {
  this.timeout(120_000);
  let base: string;
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'edgeadm-race-'));
  });
  after(() => rm(base, { recursive: true, force: true }));

  // CVE-2021-25741, CVE-2022-21658: a symlink in the place of a folder between looking at it and going into it.
  it('a folder that becomes a symlink while its tree is removed leads nowhere: what lies behind the symlink stays', async () => {
    const outside = join(base, 'etc');
    await mkdir(outside);
    await Promise.all(Array.from({ length: FILES }, (_, i) => writeFile(join(outside, `passwd-${i}`), 'root')));
    const tree = join(base, 'pods');
    const folder = join(tree, 'volume');
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const workerData = { folder, spare: join(base, 'spare'), outside, stop };
    const worker = new Worker(ATTACKER, { eval: true, workerData });
    try {
      for (let round = 0; round < ROUNDS; round++) {
        await mkdir(folder, { recursive: true }).catch(() => {});
        await writeFile(join(folder, `file-${round}`), '').catch(() => {});
        await localMachine()
          .removeTree(tree)
          .catch(() => {});
      }
    } finally {
      Atomics.store(stop, 0, 1);
      await new Promise((resolve) => worker.once('exit', resolve));
    }
    assert.equal((await readdir(outside)).filter((name) => name.startsWith('passwd-')).length, FILES);
  });
});
