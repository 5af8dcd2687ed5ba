import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../sandbox/store.ts';

describe('the database of a sandbox', () => {
  it('a database that was damaged is named, with the commands that begin again (CubeBackup/docker#5: a power cut)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-store-'));
    try {
      for (const damage of [
        Buffer.alloc(8192, 7),
        Buffer.from('not a database, but longer than the header of one'.repeat(99)),
      ]) {
        await writeFile(join(folder, 'sandbox.db'), damage);
        assert.throws(() => openStore(join(folder, 'sandbox.db')), {
          code: 'SANDBOX_FAILED',
          what: `${join(folder, 'sandbox.db')} is damaged`,
          next: /edgeadm sandbox reset/,
        });
      }
      await rm(join(folder, 'sandbox.db'));
      openStore(join(folder, 'sandbox.db')).close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
