import assert from 'node:assert/strict';
import type { V1Node, V1Taint } from '@kubernetes/client-node';
import { controllerTolerations } from '../../../../src/cluster-upgrade/cluster/controller-tolerations.ts';

interface Row {
  readonly why: string;
  readonly taint: V1Taint;
  readonly operatingSystem?: string;
  readonly kubeletVersion?: string;
  readonly tolerated: boolean;
}

const noSchedule = (key: string): V1Taint => ({ key, effect: 'NoSchedule' });

// Sources: https://kubernetes.io/docs/reference/labels-annotations-taints/ and the taints that installers set:
// kubeadm (control plane), OpenYurt (edge pools), virtual-kubelet, AKS (Windows pools).
const ROWS: Row[] = [
  { why: 'a control plane alone', taint: noSchedule('node-role.kubernetes.io/control-plane'), tolerated: true },
  { why: 'an older control plane', taint: noSchedule('node-role.kubernetes.io/master'), tolerated: true },
  { why: 'nodes kept for a team', taint: { ...noSchedule('example.com/team'), value: 'blue' }, tolerated: true },
  { why: 'a cordoned node', taint: noSchedule('node.kubernetes.io/unschedulable'), tolerated: true },
  { why: 'a node that is off', taint: noSchedule('node.kubernetes.io/unreachable'), tolerated: false },
  { why: 'a kubelet that is not ready', taint: noSchedule('node.kubernetes.io/not-ready'), tolerated: false },
  { why: 'a full disk', taint: noSchedule('node.kubernetes.io/disk-pressure'), tolerated: false },
  { why: 'a node without a network', taint: noSchedule('node.kubernetes.io/network-unavailable'), tolerated: false },
  { why: 'a stopped instance', taint: noSchedule('node.cloudprovider.kubernetes.io/shutdown'), tolerated: false },
  { why: 'a node being drained for good', taint: { key: 'example.com/out', effect: 'NoExecute' }, tolerated: false },
  { why: 'a Windows pool', taint: noSchedule('os'), operatingSystem: 'windows', tolerated: false },
  {
    why: 'a virtual node',
    taint: noSchedule('virtual-kubelet.io/provider'),
    kubeletVersion: 'cloud',
    tolerated: false,
  },
];

describe('where the controller of a cluster upgrade may run', () => {
  for (const { why, taint, operatingSystem = 'linux', kubeletVersion = 'v1.36.2', tolerated } of ROWS)
    it(`${why} (${taint.key}:${taint.effect}) ${tolerated ? 'can' : 'cannot'} hold it`, () => {
      const status = { nodeInfo: { operatingSystem, kubeletVersion } } as V1Node['status'];
      const tolerations = controllerTolerations([{ spec: { taints: [taint] }, status }]);
      // As the scheduler asks: an empty effect or key of a toleration stands for all.
      const matching = tolerations.filter(
        ({ key, effect }) => (!key || key === taint.key) && (!effect || effect === taint.effect),
      );
      assert.equal(matching.length > 0, tolerated);
    });

  it('a controller whose node is lost is evicted after half a minute, not after the five minutes of other pods', () => {
    const seconds = controllerTolerations([]).flatMap(({ effect, tolerationSeconds }) =>
      effect === 'NoExecute' ? [tolerationSeconds] : [],
    );
    assert.deepEqual(seconds, [30, 30]);
  });
});
