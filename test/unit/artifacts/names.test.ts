import assert from 'node:assert/strict';
import { fullReference } from '../../../src/artifacts/names.ts';

describe('image references', () => {
  const cases: Record<string, string> = {
    busybox: 'docker.io/library/busybox:latest',
    'busybox:1.36': 'docker.io/library/busybox:1.36',
    'openyurt/yurthub:v0.5.0': 'docker.io/openyurt/yurthub:v0.5.0',
    'docker.io/busybox': 'docker.io/library/busybox:latest',
    'index.docker.io/a/b:1': 'docker.io/a/b:1',
    'registry.k8s.io/pause:3.6': 'registry.k8s.io/pause:3.6',
    'localhost/pause': 'localhost/pause:latest',
    'localhost:5000/pause:3.6': 'localhost:5000/pause:3.6',
    'host:5000/pause': 'host:5000/pause:latest',
    [`quay.io/a/b@sha256:${'0'.repeat(64)}`]: `quay.io/a/b@sha256:${'0'.repeat(64)}`,
  };
  for (const [short, full] of Object.entries(cases)) {
    it(`${short} is what containerd calls ${full}`, () => assert.equal(fullReference(short), full));
  }
});
