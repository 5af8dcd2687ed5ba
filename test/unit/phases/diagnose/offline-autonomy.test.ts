import assert from 'node:assert/strict';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { offlineAutonomyState } from '../../../../src/phases/diagnose/collectors/offline-autonomy.ts';
import type { Finding } from '../../../../src/phases/diagnose/finding.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { fakeHost } from '../../fake-host.ts';

const MANIFEST = 'spec: {containers: [{image: "openyurt/yurthub:v1.7.0"}]}\n';

async function diagnosed(version: string, configuration: string, journal = {}): Promise<Finding[]> {
  const files = {
    '/etc/kubernetes/manifests/yurthub.yaml': MANIFEST,
    '/var/lib/kubelet/config.yaml': configuration,
    '/usr/bin/kubelet': '',
  };
  const host = fakeHost({ files, commands: { '/usr/bin/kubelet': `Kubernetes ${version}\n` } });
  const [collection] = await collect(host, [offlineAutonomyState], { signal: new AbortController().signal });
  return findings({ ...collection?.facts, journal });
}

describe('diagnose and offline autonomy', () => {
  it('names a node with kubelet 1.35 behind yurthub 1.7 that would lose its pods, and what to run', async () => {
    const [finding] = await diagnosed('v1.35.4', 'maxPods: 50\n', { joined: 'edge-1' });
    assert.equal(finding?.rule, 'OfflineAutonomy');
    assert.match(finding?.evidence ?? '', /kubelet v1\.35\.4 reads watch lists; edge-hub openyurt\/yurthub:v1\.7\.0/);
    assert.match(finding?.next ?? '', /^edgeadm upgrade/);
  });

  it('names edgeadm convert for a node that was converted, and the file for one of another tool', async () => {
    const [converted] = await diagnosed('v1.35.4', 'maxPods: 50\n', { conversion: 'edge-1' });
    assert.match(converted?.next ?? '', /^edgeadm convert \(it sets/);
    const [foreign] = await diagnosed('v1.35.4', 'maxPods: 50\n');
    assert.match(foreign?.next ?? '', /in \/var\/lib\/kubelet\/config\.yaml, then systemctl restart kubelet$/);
  });

  it('says nothing of a node with the gate, or with a kubelet before 1.35', async () => {
    assert.deepEqual(await diagnosed('v1.35.4', 'featureGates: {WatchListClient: false}\n'), []);
    assert.deepEqual(await diagnosed('v1.34.4', 'maxPods: 50\n'), []);
  });
});
