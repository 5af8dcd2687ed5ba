import assert from 'node:assert/strict';
import { addonNotes, compareAddonVersions } from '../../../../src/phases/addon/releases.ts';

describe("what the vendor's guide says of add-ons", () => {
  it("the guide's notes name add-ons that are behind the cluster's release, what a release ships with, and what is for older clusters", () => {
    const rows: [name: string, installed: string | undefined, cluster: string, notes: string[]][] = [
      ['coredns', '1.6.7.1', 'v1.20.11-aliyunedge.1', ['outdated: Kubernetes 1.20 ships with 1.8.4']],
      ['coredns', '1.6.7.1', '1.18.8-aliyunedge.1', []],
      ['kube-flannel-ds', undefined, '1.20.11', ['Kubernetes 1.20 ships with v0.13.1.3']],
      ['kube-flannel-ds', 'v0.13.1.3-6838863-aliyun', '1.20.11', []],
      ['metrics-server', undefined, '1.16.9', ['Kubernetes 1.16 ships with v0.3.8']],
      ['logtail-ds-docker', 'v0.16.40.0', '1.20.11', ['for Kubernetes 1.18.8 and earlier only']],
      ['edge-controller-manager', 'v2.0.0', '1.20.11', ['an on-cloud proxy node (Express Connect) needs 2.1 or later']],
    ];
    for (const [name, installed, cluster, notes] of rows) assert.deepEqual(addonNotes(name, installed, cluster), notes);
  });

  it('versions of add-ons are compared by their numbers, whatever builds put behind them', () => {
    assert.ok((compareAddonVersions('v1.9.3.10-7dfca203-aliyun', '1.8.4') ?? 0) > 0);
    assert.ok((compareAddonVersions('v1.9.3.6-3-aliyun', 'v1.9.3.10-7-aliyun') ?? 0) < 0);
    assert.equal(compareAddonVersions('v2.1', 'v2.1.0'), 0);
    assert.equal(compareAddonVersions('latest', 'v1'), undefined);
  });
});
