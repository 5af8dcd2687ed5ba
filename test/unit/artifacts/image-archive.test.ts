import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { readImageArchive } from '../../../src/artifacts/image-archive.ts';
import { failure, imageTar, PAUSE, tar, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const NAME = 'images/pause.tar in https://files.example.com/edge';

async function read(archive: Buffer) {
  const path = folder.path('image.tar');
  await writeFile(path, archive);
  return readImageArchive(path, NAME);
}

const archiveOf = (files: Readonly<Record<string, unknown>>): Buffer =>
  tar(Object.entries(files).map(([path, data]) => ({ path, data: JSON.stringify(data) })));

const good = { Config: 'config.json', RepoTags: [PAUSE] };

describe('an image archive', () => {
  it('tells the images in it and their architecture', async () => {
    assert.deepEqual(await read(imageTar(['busybox'], 'arm64')), {
      references: ['docker.io/library/busybox:latest'],
      archs: ['arm64'],
    });
  });

  /** What `docker save` and `ctr images export` write, each with one value of a wrong type. */
  const BAD: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'manifest.json is null': { 'manifest.json': null },
    'manifest.json is a map': { 'manifest.json': good },
    'manifest.json holds null': { 'manifest.json': [null] },
    'manifest.json holds a text': { 'manifest.json': ['x'] },
    'RepoTags is a text': { 'manifest.json': [{ ...good, RepoTags: PAUSE }] },
    'RepoTags holds null': { 'manifest.json': [{ ...good, RepoTags: [null] }] },
    'RepoTags holds no image name': { 'manifest.json': [{ ...good, RepoTags: ['--all-platforms\n'] }] },
    'Config is a number': { 'manifest.json': [{ ...good, Config: 5 }] },
    'the configuration is null': { 'manifest.json': [good], 'config.json': null },
    'the architecture is a map': { 'manifest.json': [good], 'config.json': { architecture: {} } },
    'index.json is null': { 'index.json': null, 'manifest.json': [good] },
    'index.json names a text as its manifests': { 'index.json': { manifests: 'x' } },
    'index.json holds null': { 'index.json': { manifests: [null] } },
    'an annotation is a list': {
      'index.json': { manifests: [{ annotations: { 'io.containerd.image.name': [PAUSE] } }] },
    },
    'nothing in it is named': { 'manifest.json': [{ ...good, RepoTags: null }] },
  };

  for (const [what, files] of Object.entries(BAD)) {
    it(`an image archive is refused by its name if ${what}`, async () => {
      await assert.rejects(read(archiveOf(files)), failure('BUNDLE_INVALID', NAME));
    });
  }

  it('an image archive is read or refused by its name, whatever JSON is in it', async () => {
    const file = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc
        .array(fc.record({ Config: fc.jsonValue(), RepoTags: fc.jsonValue() }, { requiredKeys: [] }), { maxLength: 3 })
        .map((images) => JSON.stringify(images)),
      fc
        .record({ manifests: fc.array(fc.record({ annotations: fc.jsonValue() })) })
        .map((index) => JSON.stringify(index)),
    );
    const files = fc.record({ 'manifest.json': file, 'index.json': file, 'config.json': file }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(files, async (contents) => {
        const entries = Object.entries(contents).map(([path, data = '']) => ({ path, data }));
        await read(tar(entries)).catch(failure('BUNDLE_INVALID', NAME));
      }),
      { numRuns: 200 },
    );
  });

  it('an image archive is read or refused by its name if bytes of it are damaged', async () => {
    const whole = imageTar([PAUSE]);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), async (changes, end) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        await read(bytes.subarray(0, end)).catch(failure('BUNDLE_INVALID', NAME));
      }),
      { numRuns: 200 },
    );
  });
});
