import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { type CreateBundleOptions, createBundle } from '../../../src/artifacts/create-bundle.ts';
import { openBundle } from '../../../src/artifacts/open-bundle.ts';
import { verifyBundle } from '../../../src/artifacts/verify.ts';
import { failure, imageTar, PARTS, PAUSE, program, sha256, temporaryFolder, tgz, writeFiles } from './fixtures.ts';

const folder = temporaryFolder();
const input = (name: string) => folder.path(`input/${name}`);

const OPTIONS = (): Omit<CreateBundleOptions, 'directory'> => ({
  kubernetesVersion: 'v1.20.2',
  arch: 'amd64',
  parts: [
    { kind: 'kubelet', source: input('kubelet') },
    { kind: 'cni-plugins', source: input('cni-plugins.tgz') },
    { kind: 'containerd', source: input('containerd.tgz') },
    { kind: 'runc', source: input('runc') },
    { kind: 'image', source: input('images/pause.tar') },
  ],
  pauseImage: PAUSE,
});

describe('bundle create', () => {
  before(() =>
    writeFiles(folder.path('input'), new Map(Object.entries(PARTS).map(([path, { data }]) => [path, data]))),
  );

  it('makes a folder that opens with the sum it tells, and is found good', async () => {
    const directory = folder.path('made/here');
    const { sha256: pin, manifest } = await createBundle({ ...OPTIONS(), directory });
    assert.equal(pin, sha256(await readFile(`${directory}/bundle.yaml`)));
    assert.deepEqual((await readdir(directory)).sort(), [
      'bundle.yaml',
      'cni-plugins.tgz',
      'containerd.tgz',
      'images',
      'kubelet',
      'runc',
    ]);
    assert.deepEqual(manifest.files.find(({ kind }) => kind === 'image')?.name, PAUSE);
    assert.deepEqual(Object.keys(manifest.files.find(({ kind }) => kind === 'cni-plugins')?.contents ?? {}), [
      'bridge',
      'loopback',
    ]);
    const bundle = await openBundle(directory, { sha256: pin, arch: 'amd64' });
    assert.deepEqual(
      (await verifyBundle(bundle)).filter(({ problem }) => problem),
      [],
    );
    await bundle.close();
    assert.deepEqual(await readdir(folder.path('made')), ['here']);
  });

  it('names all files that are missing at once', async () => {
    const parts = (['kubelet', 'runc'] as const).map((kind) => ({ kind, source: input(`no-${kind}`) }));
    await assert.rejects(
      createBundle({ ...OPTIONS(), parts, directory: folder.path('c') }),
      failure('USAGE', /^--kubelet: file not found: .*\n--runc: file not found: /m),
    );
  });

  it('gives the same bytes for the same files, in the .tgz too', async () => {
    const first = await createBundle({ ...OPTIONS(), directory: folder.path('a'), tgz: folder.path('a.tgz') });
    await utimes(input('kubelet'), 1, 1);
    const parts = [...OPTIONS().parts].reverse();
    const second = await createBundle({ ...OPTIONS(), parts, directory: folder.path('b'), tgz: folder.path('b.tgz') });
    assert.equal(first.sha256, second.sha256);
    assert.deepEqual(await readFile(folder.path('a.tgz')), await readFile(folder.path('b.tgz')));
    const bundle = await openBundle(folder.path('a.tgz'), { sha256: first.sha256 });
    assert.deepEqual(
      (await verifyBundle(bundle)).filter(({ problem }) => problem),
      [],
    );
    await bundle.close();
  });

  it('makes programs executable, whatever they were', async () => {
    await createBundle({ ...OPTIONS(), directory: folder.path('modes') });
    assert.equal((await stat(folder.path('modes/kubelet'))).mode & 0o777, 0o755);
    assert.equal((await stat(folder.path('modes/bundle.yaml'))).mode & 0o777, 0o644);
  });

  it('leaves an existing bundle alone', async () => {
    await mkdir(folder.path('full'));
    await writeFile(folder.path('full/bundle.yaml'), 'mine');
    await assert.rejects(createBundle({ ...OPTIONS(), directory: folder.path('full') }), failure('USAGE', 'not empty'));
  });

  const refused: Record<
    string,
    { data: Buffer; kind: 'kubelet' | 'containerd' | 'cni-plugins' | 'image'; says: string; name?: string }
  > = {
    'a kubelet for another architecture': {
      kind: 'kubelet',
      data: program('arm64'),
      says: 'it is for arm64, not amd64',
    },
    'a kubelet that is a script': {
      kind: 'kubelet',
      data: Buffer.from('#!/bin/sh\n'),
      says: 'not a 64-bit Linux program',
    },
    'an image for another architecture': { kind: 'image', data: imageTar([PAUSE], 'arm64'), says: 'it is for arm64' },
    'an image under a name that is not in it': {
      kind: 'image',
      data: imageTar(['a:1']),
      name: PAUSE,
      says: 'only docker.io/library/a:1',
    },
    'an image without a name': { kind: 'image', data: imageTar([]), says: 'it contains no named image' },
    'CNI plug-ins for another architecture': {
      kind: 'cni-plugins',
      data: tgz([{ path: './loopback', data: program('arm64') }]),
      says: 'loopback in it is for arm64',
    },
    'a containerd archive without its shim': {
      kind: 'containerd',
      data: tgz([{ path: 'bin/containerd', data: program('amd64') }]),
      says: 'not contain containerd-shim-runc-v2',
    },
    'a hostile archive': {
      kind: 'cni-plugins',
      data: tgz([{ path: '../loopback', data: program('amd64') }]),
      says: 'points outside',
    },
  };
  for (const [what, { kind, data, says, name }] of Object.entries(refused)) {
    it(`refuses ${what} and leaves nothing behind`, async () => {
      await writeFile(input('refused'), data);
      const directory = folder.path('refused/bundle');
      const parts = [{ kind, source: input('refused'), name }];
      await assert.rejects(
        createBundle({ kubernetesVersion: 'v1.20.2', arch: 'amd64', parts, directory }),
        failure('BUNDLE_INVALID', says),
      );
      assert.deepEqual(await readdir(folder.path('refused')), []);
    });
  }

  it('names the flag of a file that is not there', async () => {
    const parts = [{ kind: 'kubelet' as const, source: './none' }];
    await assert.rejects(createBundle({ ...OPTIONS(), parts, directory: folder.path('none') }), {
      code: 'USAGE',
      what: '--kubelet: cannot read the file "./none"',
    });
  });

  it('refuses a pause image that is not in the bundle, and a version that is none', async () => {
    const options = { ...OPTIONS(), pauseImage: 'pause:9', kubernetesVersion: '1.20', directory: folder.path('no') };
    await assert.rejects(
      createBundle(options),
      failure('BUNDLE_INVALID', 'pause:9 is not among', 'must look like v1.20.2'),
    );
  });
});

describe('bundle verify', () => {
  it('tells every file that is bad, with the reason', async () => {
    const directory = folder.path('bad');
    await createBundle({ ...OPTIONS(), directory });
    await writeFile(`${directory}/kubelet`, Buffer.alloc(PARTS.kubelet?.data.length ?? 0));
    await writeFile(`${directory}/containerd.tgz`, 'short');
    const bundle = await openBundle(directory);
    const verdicts = await verifyBundle(bundle);
    await bundle.close();
    const problems = Object.fromEntries(verdicts.map(({ path, problem }) => [path, problem]));
    assert.match(problems.kubelet ?? '', /SHA-256 expected [0-9a-f]{64}, found/);
    assert.match(problems['containerd.tgz'] ?? '', /it has 5 bytes/);
    assert.equal(problems.runc, undefined);
  });
});
