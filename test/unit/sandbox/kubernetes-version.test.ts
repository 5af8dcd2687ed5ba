import assert from 'node:assert/strict';
import { seedCluster } from '../../../sandbox/cloud/cs-seed.ts';
import { KUBERNETES_VERSION, keptVersion, sandboxVersion } from '../../../sandbox/kubernetes-version.ts';
import { openStore } from '../../../sandbox/store.ts';

describe('the Kubernetes version of a sandbox', () => {
  it('a minor version stands for a release of it', () => {
    for (const [text, version] of [
      ['1.20', 'v1.20.2'],
      ['v1.20', 'v1.20.2'],
      ['1.20.9', 'v1.20.9'],
      ['1.34', 'v1.34.4'],
      ['1.37', 'v1.37.2'],
      ['1.30', 'v1.30.0'],
      ['1.20.11-aliyunedge.1', 'v1.20.11-aliyunedge.1'],
    ] as const)
      assert.equal(sandboxVersion(text), version);
  });

  it('a version that is unknown, of another vendor or no version is a mistake of the command line', () => {
    for (const text of ['1.15', '1.99', '2.0', '1.28.3+k3s1', 'latest'])
      assert.throws(() => sandboxVersion(text), { code: 'USAGE' }, text);
  });

  it('a new sandbox is today’s, one that exists stays what it was until another is requested', () => {
    const store = openStore(':memory:');
    assert.equal(keptVersion(store, undefined), KUBERNETES_VERSION);
    seedCluster(store, { version: 'v1.20.2' });
    assert.equal(keptVersion(store, undefined), 'v1.20.2');
    assert.equal(keptVersion(store, 'v1.34.4'), 'v1.34.4');
    assert.equal(keptVersion(store, undefined), 'v1.34.4');
    store.close();
  });
});
