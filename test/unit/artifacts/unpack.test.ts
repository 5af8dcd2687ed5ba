import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Scratch } from '../../../src/artifacts/scratch.ts';
import { readTar } from '../../../src/artifacts/tar.ts';
import { unpackPrograms } from '../../../src/artifacts/unpack.ts';
import { mostBytesHeld } from '../bytes-held.ts';
import { type Entry, failure, program, sha256, tar, temporaryFolder, tgz } from './fixtures.ts';

const folder = temporaryFolder();
let count = 0;

async function unpack(archive: Buffer) {
  const parent = folder.path(`scratch-${count++}`);
  await mkdir(parent);
  const path = `${parent}.tgz`;
  await writeFile(path, archive);
  const scratch = new Scratch(parent);
  const result = await unpackPrograms(path, { scratch }).finally(async () => {
    // Whatever came of it, nothing lies beside the scratch folder.
    assert.ok((await readdir(parent)).every((name) => name.startsWith('edgeadm-')));
  });
  return { ...result, scratch, parent };
}

describe('an archive of programs', () => {
  it('gives its programs, whatever folder they lie in, and the sum of the archive', async () => {
    const archive = tgz([
      { path: './', type: '5' },
      { path: './bin/', type: '5' },
      { path: './bin/ctr', data: program('amd64', 'ctr') },
      { path: 'README.md', data: 'text', mode: 0o644 },
    ]);
    const { programs, archiveSum } = await unpack(archive);
    assert.deepEqual(
      programs.map(({ path }) => path),
      ['bin/ctr'],
    );
    assert.equal(sha256(await readFile(programs[0]?.localPath ?? '')), programs[0]?.sha256);
    assert.equal(archiveSum, sha256(archive));
  });

  it('an archive of programs may be large: the bytes come out as they went in', async () => {
    const data = Buffer.alloc(5_000_001, 'abcdefghijklmnopqrstuvwxyz');
    const { programs } = await unpack(tgz([{ path: 'a', data: 'x' }, { path: 'big', data }, { path: 'empty' }]));
    assert.deepEqual(
      programs.map((each) => each.sha256),
      [sha256('x'), sha256(data), sha256('')],
    );
  });

  it('leaves nothing behind when it is closed', async () => {
    const { scratch, parent } = await unpack(tgz([{ path: 'a', data: 'x' }]));
    await scratch.close();
    assert.deepEqual(await readdir(parent), []);
  });

  const hostile: Record<string, { entries: Entry[]; says: string }> = {
    'an absolute path': { entries: [{ path: '/etc/cron.d/x', data: 'x' }], says: 'points outside the folder' },
    'a path that climbs': { entries: [{ path: '../../x', data: 'x' }], says: 'points outside the folder' },
    'a path that climbs in its middle': {
      entries: [{ path: 'a/../../x', data: 'x' }],
      says: 'points outside the folder',
    },
    'a folder that climbs': { entries: [{ path: '../x/', type: '5' }], says: 'points outside the folder' },
    'a Windows path': { entries: [{ path: 'C:\\x', data: 'x' }], says: 'points outside the folder' },
    'a backslash path': { entries: [{ path: '..\\x', data: 'x' }], says: 'points outside the folder' },
    'a line break in a name': { entries: [{ path: 'a\nb', data: 'x' }], says: 'points outside the folder' },
    'a symlink': { entries: [{ path: 'a', type: '2', link: '/etc' }], says: 'symbolic link' },
    'a symlink and a file through it': {
      entries: [
        { path: 'a', type: '2', link: '/tmp' },
        { path: 'a/x', data: 'x' },
      ],
      says: 'symbolic link',
    },
    'a hard link': { entries: [{ path: 'a', type: '1', link: '/etc/shadow' }], says: 'link' },
    'a device': { entries: [{ path: 'a', type: '3' }], says: 'character device' },
    'a FIFO': { entries: [{ path: 'a', type: '6' }], says: 'fifo' },
    'two names that differ by case': {
      entries: [
        { path: 'ctr', data: 'x' },
        { path: 'CTR', data: 'y' },
      ],
      says: 'twice',
    },
    'two names that differ by Unicode composition': {
      entries: [
        { path: 'caf\u00e9', data: 'x' },
        { path: 'cafe\u0301', data: 'y' },
      ],
      says: 'twice',
    },
    'the same name twice, spelled differently': {
      entries: [
        { path: 'a/b', data: 'x' },
        { path: './a//b', data: 'y' },
      ],
      says: 'twice',
    },
    'an unknown type': { entries: [{ path: 'a', type: 'Z' }], says: 'unknown type' },
  };
  for (const [what, { entries, says }] of Object.entries(hostile)) {
    it(`an archive of programs is refused for ${what}`, async () => {
      await assert.rejects(unpack(tgz([{ path: 'good', data: 'x' }, ...entries])), failure('BUNDLE_INVALID', says));
    });
  }

  it('an archive of programs is refused if it is cut off', async () => {
    const whole = tgz([{ path: 'a', data: Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251)) }]);
    await assert.rejects(
      unpack(whole.subarray(0, whole.length / 2)),
      failure('BUNDLE_INVALID', 'not a usable archive'),
    );
    const inside = tar([{ path: 'a', data: Buffer.alloc(10_000, 1) }]).subarray(0, 5000);
    await assert.rejects(unpack(gzipSync(inside)), failure('BUNDLE_INVALID', 'not a usable archive'));
  });

  it('an archive of programs is refused if a byte is wrong', async () => {
    const broken = tgz([{ path: 'a', data: 'x' }]);
    broken[broken.length - 6] = (broken[broken.length - 6] ?? 0) ^ 1;
    await assert.rejects(unpack(broken), failure('BUNDLE_INVALID', 'not a usable archive'));
  });

  it('an archive of programs is refused if it is not an archive', async () => {
    await assert.rejects(unpack(Buffer.from('#!/bin/sh\nrm -rf /\n'.repeat(100))), failure('BUNDLE_INVALID'));
    await assert.rejects(unpack(Buffer.alloc(0)), failure('BUNDLE_INVALID'));
    await assert.rejects(
      unpack(gzipSync(tgz([{ path: 'a', data: 'x' }]))),
      failure('BUNDLE_INVALID', 'compressed twice'),
    );
  });

  it('an archive of programs is refused before a byte is written if it unpacks to more than a disk may hold', async () => {
    const bomb = tgz([{ path: 'a', data: 'x', size: 8_000_000_000 }]);
    await assert.rejects(unpack(bomb), (error: { code?: string }) => /BUNDLE_INVALID|NO_SPACE/.test(error.code ?? ''));
    assert.deepEqual(await readdir(folder.path(`scratch-${count - 1}`)).then((names) => names.length), 1);
  });

  it('an archive that unpacks to far more than it is itself is left at the limit, whatever its headers say', async () => {
    const bomb = folder.path('bomb.tgz');
    const zeros = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    await writeFile(bomb, Buffer.concat([tgz([{ path: 'a', data: 'x', size: 2 ** 33 }]), zeros, zeros]));
    let unpacked = 0;
    const read = async (): Promise<void> => {
      for await (const entry of readTar(bomb, { maxBytes: 1024 * 1024 }))
        for await (const chunk of entry.body) unpacked += chunk.length;
    };
    await assert.rejects(read(), failure('BUNDLE_INVALID', 'unpacks to more than'));
    assert.ok(unpacked <= 1024 * 1024, `${unpacked} bytes`);
  });

  it('an archive of programs is refused for more entries than any release has', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({ path: `f${i}`, mode: 0o644 }));
    await assert.rejects(unpack(tgz(many)), failure('BUNDLE_INVALID', 'more than 10000 entries'));
  });

  it('keeps memory flat behind its end, however much follows', async () => {
    const zeros = gzipSync(Buffer.alloc(32 * 1024 * 1024), { level: 1 });
    const archive = Buffer.concat([tgz([{ path: 'a', data: 'x' }]), ...Array.from({ length: 4 }, () => zeros)]);
    const held = await mostBytesHeld(async () => assert.equal((await unpack(archive)).programs.length, 1));
    assert.ok(held < 32 * 1024 * 1024, `${held} bytes`);
  }).timeout(20_000);
});
