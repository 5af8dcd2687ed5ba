import assert from 'node:assert/strict';
import { checkFit, parseManifest, renderManifest } from '../../../src/artifacts/manifest.ts';
import { failure, manifestOf, PAUSE } from './fixtures.ts';

const SUM = 'a'.repeat(64);
const HEAD = 'apiVersion: edgeadm.io/v1\nkind: Bundle\nkubernetesVersion: v1.20.2\narch: amd64\n';

describe('bundle.yaml', () => {
  it('bundle.yaml is read back as it was written', () => {
    assert.deepEqual(parseManifest(renderManifest(manifestOf()), 'x').files.length, manifestOf().files.length);
    assert.equal(renderManifest(parseManifest(renderManifest(manifestOf()), 'x')), renderManifest(manifestOf()));
  });

  it('takes a version without v and sums in upper case', () => {
    const text = `${HEAD.replace('v1.20.2', '1.20.2')}files: [{path: kubelet, kind: kubelet, sha256: ${SUM.toUpperCase()}}]`;
    const manifest = parseManifest(text, 'x');
    assert.equal(manifest.kubernetesVersion, 'v1.20.2');
    assert.equal(manifest.files[0]?.sha256, SUM);
  });

  it('tells all mistakes at once, each with its place', () => {
    const text = `
apiVersion: edgeadm.io/v2
kind: Bundle
kubernetesVersion: 1.20
arch: mips
edgehubImage: typo
pauseImage: ${PAUSE}
files:
  - {path: kubelet, kind: kubelet, sha256: short}
  - {path: KUBELET, kind: kubelet, sha256: ${SUM}}
  - {path: a.tar, kind: picture, sha256: ${SUM}}
`;
    assert.throws(
      () => parseManifest(text, '/b'),
      failure(
        'BUNDLE_INVALID',
        'bundle.yaml of /b',
        'apiVersion: ',
        'kubernetesVersion: ',
        'arch: ',
        'edgehubImage',
        'files[0].sha256: must be 64 hexadecimal digits',
        'files[1].path: KUBELET is listed twice',
        'files[2].kind: ',
        '2 files of kind kubelet',
        `pauseImage: ${PAUSE} is not among the images`,
      ),
    );
  });

  it('names the missing version of a yurthub program, and takes one without v', () => {
    const bundle = (more: string) =>
      `apiVersion: edgeadm.io/v1\nkind: Bundle\nkubernetesVersion: v1.34.4\narch: amd64\n${more}files:\n  - {path: yurthub, kind: yurthub, sha256: ${SUM}}\n`;
    assert.throws(() => parseManifest(bundle(''), '/b'), failure('BUNDLE_INVALID', 'edgeHubVersion: is required'));
    assert.equal(parseManifest(bundle('edgeHubVersion: 1.7.0\n'), '/b').edgeHubVersion, 'v1.7.0');
  });

  for (const path of [
    '/etc/passwd',
    '../kubelet',
    'a/../../b',
    'a//b',
    './a',
    'C:\\x',
    'c:/x',
    'a\\b',
    'bundle.yaml',
    '',
  ]) {
    it(`refuses the path ${JSON.stringify(path)}`, () => {
      const text = `${HEAD}files: [{path: ${JSON.stringify(path)}, kind: kubelet, sha256: ${SUM}}]`;
      assert.throws(() => parseManifest(text, 'x'), failure('BUNDLE_INVALID', 'files[0].path'));
    });
  }

  it('says where the YAML breaks off', () => {
    assert.throws(() => parseManifest('files: [', 'x'), failure('BUNDLE_INVALID', /line|\(1:/));
  });

  for (const text of ['', 'null', '[]', 'just text', '42']) {
    it(`refuses ${JSON.stringify(text)} without stumbling`, () => {
      assert.throws(() => parseManifest(text, 'x'), failure('BUNDLE_INVALID'));
    });
  }

  it('knows the short name of an image in files by its full one', () => {
    const text = `${HEAD}pauseImage: docker.io/library/pause:3.6\nfiles: [{path: p.tar, kind: image, name: "pause:3.6", sha256: ${SUM}}]`;
    assert.equal(parseManifest(text, 'x').pauseImage, 'docker.io/library/pause:3.6');
  });

  it('fits a node of its architecture and a cluster of its minor version, whatever the patch', () => {
    checkFit(manifestOf(), '/b', { arch: 'amd64', kubernetesVersion: '1.20.11-aliyunedge.1' });
    assert.throws(
      () => checkFit(manifestOf(), '/b', { arch: 'arm64', kubernetesVersion: 'v1.21.0' }),
      failure('BUNDLE_INVALID', 'it is for amd64, the node is arm64', 'v1.20.2, but v1.21.0 is needed'),
    );
  });
});
