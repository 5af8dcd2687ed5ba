import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changedUnpacked, ownFile, parseSums, readSums, removeUnpacked } from '../../../src/artifacts/own-file.ts';

const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');

describe('The file that edgeadm was started from', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-own-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('The file that edgeadm was started from is what its front says, and not the loader that runs it', () => {
    assert.equal(ownFile({ EDGEADM_FILE: '/root/edgeadm' }), '/root/edgeadm');
    const loader = (folder: string) => `${folder}/ld-linux-x86-64.so.2`;
    const unpacked = loader('/var/cache/edgeadm/0.1.0-0123456789ab');
    assert.equal(ownFile({ EDGEADM_FILE: '/root/edgeadm' }, unpacked), '/root/edgeadm');
    assert.throws(() => ownFile({}), /not one file/);
    const ofPackage = () => ownFile({ EDGEADM_FILE: '/usr/bin/edgeadm' }, loader('/usr/lib/edgeadm'));
    assert.throws(ofPackage, /installed as a package/);
  });

  it('The file that edgeadm was started from is looked up in the lines of sha256sum, text or binary', () => {
    const [a, b] = [sumOf('a'), sumOf('b')];
    assert.deepEqual(
      [...parseSums(`${a}  one\n${b} *two words\nno sum\n`)],
      [
        [a, 'one'],
        [b, 'two words'],
      ],
    );
  });

  it('The file that edgeadm was started from is looked up in a file or at a URL; if there are no sums, that is said', async () => {
    const lines = `${sumOf('a')}  edgeadm-linux-amd64\n`;
    await writeFile(join(dir, 'SHA256SUMS'), lines);
    assert.equal((await readSums(join(dir, 'SHA256SUMS'))).get(sumOf('a')), 'edgeadm-linux-amd64');
    await assert.rejects(readSums(join(dir, 'none')), { code: 'USAGE', why: 'file not found' });
    const server = createServer((request, response) => {
      if (request.url === '/none') response.statusCode = 404;
      response.end(request.url === '/SHA256SUMS' ? lines : '<html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.equal((await readSums(`${base}/SHA256SUMS`)).size, 1);
      await assert.rejects(readSums(`${base}/`), /contains no SHA-256 checksums/);
      await assert.rejects(readSums(`${base}/none`), { code: 'DOWNLOAD_FAILED', why: /none answered 404/ });
    } finally {
      server.close();
    }
  });

  it('finds out what was changed among the files it has unpacked, or is missing', async () => {
    await writeFile(
      join(dir, 'front'),
      `#!/bin/sh\n  cat <<'SUMS'\n${sumOf('x')}  x\n${sumOf('y')}  y\n${sumOf('z')}  z\nSUMS\n`,
    );
    await writeFile(join(dir, 'x'), 'x');
    await writeFile(join(dir, 'y'), 'planted');
    assert.deepEqual(await changedUnpacked(join(dir, 'front'), join(dir, 'ld-linux')), ['y', 'z']);
    assert.deepEqual(await changedUnpacked(join(dir, 'y'), join(dir, 'ld-linux')), []);
  });

  it('takes what it has unpacked away with a reset, and never the files of a package', async () => {
    const cache = join(dir, 'cache/edgeadm');
    for (const folder of [join(cache, '0.1.0-0123456789ab'), join(dir, 'lib/edgeadm')]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'ld-linux.so'), '');
      await removeUnpacked(join(folder, 'ld-linux.so'));
    }
    assert.deepEqual(await readdir(join(dir, 'cache')), []);
    assert.deepEqual(await readdir(join(dir, 'lib/edgeadm')), ['ld-linux.so']);
  });
});
