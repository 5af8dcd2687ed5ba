import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms } from '../../scripts/dist/programs.ts';

describe('npm run dist on a machine without rpmbuild', () => {
  it('names the program and the package to install, before it builds anything', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'edgeadm-dist-'));
    for (const name of ['apt-get', 'dpkg-deb']) await writeFile(join(dir, name), '', { mode: 0o755 });
    assert.match(missingPrograms(dir) ?? '', /^rpmbuild not found.*apt-get install rpm\./);
    await writeFile(join(dir, 'rpmbuild'), '', { mode: 0o755 });
    assert.equal(missingPrograms(dir), undefined);
    await rm(dir, { recursive: true });
  });
});
