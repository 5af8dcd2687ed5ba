import assert from 'node:assert/strict';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { edgeHubState } from '../../../../src/phases/diagnose/collectors/edge-hub.ts';
import type { Finding } from '../../../../src/phases/diagnose/finding.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { fakeHost } from '../../fake-host.ts';

const UNIT = '/etc/systemd/system/yurthub.service';
const FILES = { [UNIT]: '[Service]\nExecStart=/usr/local/bin/yurthub\n' };

async function diagnosed(state: { active: boolean; enabled: boolean }, files = FILES): Promise<Finding[]> {
  const host = fakeHost({ files, units: { 'yurthub.service': state } });
  const [collection] = await collect(host, [edgeHubState], { signal: new AbortController().signal });
  return findings(collection?.facts ?? {});
}

describe('diagnose of an edge-hub that is a service', () => {
  it('names a service that does not run, with the commands of a service', async () => {
    const [finding, ...others] = await diagnosed({ active: false, enabled: true });
    assert.deepEqual([finding?.rule, others], ['EdgeHub', []]);
    assert.match(finding?.evidence ?? '', /yurthub\.service is /);
    assert.match(finding?.next ?? '', /journalctl -u yurthub/);
  });

  it('warns of a service that does not start at boot, as yurtadm leaves it', async () => {
    const found = await diagnosed({ active: true, enabled: false });
    const finding = found.find(({ rule }) => rule === 'EdgeHubAtBoot');
    assert.equal(finding?.severity, 'warning');
    assert.match(finding?.next ?? '', /multi-user\.target\.wants/);
  });

  it('names a node on which a static pod and a service are both set up', async () => {
    const manifest = {
      '/etc/kubernetes/manifests/yurthub.yaml': 'spec: {containers: [{image: "a/yurthub:v1.7.0"}]}\n',
    };
    const found = await diagnosed({ active: true, enabled: true }, { ...FILES, ...manifest });
    const finding = found.find(({ rule }) => rule === 'EdgeHubTwice');
    assert.match(finding?.evidence ?? '', /yurthub\.yaml\n.*yurthub\.service/);
  });
});
