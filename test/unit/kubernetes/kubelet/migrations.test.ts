import assert from 'node:assert/strict';
import {
  cgroupDriverOf,
  flagValue,
  kubeletConfigMaps,
  type MigrationOptions,
  migrateKubelet,
  usesDockershim,
  withoutRuntimeFlags,
} from '../../../../src/kubernetes/kubelet/migrations.ts';

interface Row {
  readonly title: string;
  readonly step: readonly [from: string, to: string];
  readonly flags?: string;
  readonly configuration?: Record<string, unknown>;
  readonly cgroupVersion?: 1 | 2;
  readonly wantFlags?: string;
  readonly wantConfiguration?: Record<string, unknown>;
}

const ENDPOINT = '--container-runtime-endpoint=unix:///run/containerd/containerd.sock';

const ROWS: readonly Row[] = [
  {
    title: 'a newer patch version changes nothing',
    step: ['v1.20.2', 'v1.20.3'],
    flags: `--container-runtime=remote ${ENDPOINT} --network-plugin=cni --pod-infra-container-image=pause:3.2`,
    configuration: { clusterDomain: 'cluster.local' },
  },
  {
    title: 'users keep the flags that no table row names',
    step: ['v1.26.3', 'v1.27.1'],
    flags: '--max-pods=50 --v 2 --node-ip=10.0.0.1',
  },
  {
    title: 'the flags of dockershim go with 1.24, in both spellings',
    step: ['v1.23.1', 'v1.24.0'],
    flags: `--network-plugin=cni --cni-bin-dir /opt/cni/bin --cni-conf-dir=/etc/cni ${ENDPOINT} --container-runtime=remote`,
    wantFlags: `${ENDPOINT} --container-runtime=remote`,
  },
  {
    title: 'a vendor version that skips a minor is migrated for both',
    step: ['v1.22.15-aliyun.1', 'v1.24.6-aliyun.1'],
    flags: '--network-plugin=cni --image-pull-progress-deadline=5m --network-plugin-mtu=1400 --v=2',
    wantFlags: '--v=2',
  },
  {
    title: 'flags of klog that write log files go with 1.26, -v and -vmodule stay',
    step: ['v1.25.4', 'v1.26.0'],
    flags: '--logtostderr=false --log-dir /var/log/kubelet --log-file-max-size=100 -v=2 --vmodule=a=1',
    wantFlags: '-v=2 --vmodule=a=1',
  },
  {
    title: '--container-runtime goes with 1.27, its endpoint stays',
    step: ['v1.26.3', 'v1.27.0'],
    flags: `--container-runtime=remote ${ENDPOINT}`,
    wantFlags: ENDPOINT,
  },
  {
    title: '--pod-infra-container-image goes with 1.35',
    step: ['v1.34.0', 'v1.35.0'],
    flags: '--pod-infra-container-image registry.example/pause:3.9 --v=2',
    wantFlags: '--v=2',
    cgroupVersion: 2,
  },
  {
    title: 'the cgroup driver is written down when 1.22 is reached, where nobody has',
    step: ['v1.21.5', 'v1.22.0'],
    configuration: { clusterDomain: 'x' },
    wantConfiguration: { clusterDomain: 'x', cgroupDriver: 'cgroupfs' },
  },
  {
    title: 'a cgroup driver that a flag names is left to the flag',
    step: ['v1.21.5', 'v1.22.0'],
    flags: '--cgroup-driver=systemd',
  },
  {
    title: 'a cgroup driver that is written down stays',
    step: ['v1.21.5', 'v1.22.0'],
    configuration: { cgroupDriver: 'systemd' },
  },
  {
    title: 'a node with cgroup v1 is still served by 1.35',
    step: ['v1.34.2', 'v1.35.0'],
    cgroupVersion: 1,
    wantConfiguration: { failCgroupV1: false },
  },
];

describe('the settings of a kubelet that is upgraded', () => {
  for (const { title, step, flags = '', configuration = {}, cgroupVersion = 2, ...want } of ROWS) {
    it(title, () => {
      const options: MigrationOptions = { from: step[0], to: step[1], cgroupVersion };
      const after = migrateKubelet({ flags: flags.split(' ').filter(Boolean), configuration }, options);
      assert.equal(after.flags.join(' '), want.wantFlags ?? flags);
      assert.deepEqual(after.configuration, want.wantConfiguration ?? configuration);
      const changed = want.wantFlags !== undefined || want.wantConfiguration !== undefined;
      assert.equal(after.changes.length > 0, changed, after.changes.join('\n'));
    });
  }
});

describe('the ConfigMap with the configuration of the kubelets', () => {
  it('the ConfigMap with the configuration of the kubelets has the minor version in its name up to 1.23', () => {
    assert.equal(kubeletConfigMaps('v1.20.3')[0], 'kubelet-config-1.20');
    assert.equal(kubeletConfigMaps('v1.23.17')[0], 'kubelet-config-1.23');
  });

  it('the ConfigMap with the configuration of the kubelets has no version in its name from 1.24 on; the other name is tried, too, since kubeadm could be told otherwise', () => {
    assert.deepEqual(kubeletConfigMaps('v1.24.0'), ['kubelet-config', 'kubelet-config-1.24']);
    assert.deepEqual(kubeletConfigMaps('v1.23.0'), ['kubelet-config-1.23', 'kubelet-config']);
  });
});

describe('a kubelet that speaks to docker through dockershim', () => {
  const uses = (flags: string, version: string): boolean =>
    usesDockershim({ flags: flags.split(' '), configuration: {} }, version);

  it('a kubelet that speaks to docker through dockershim is one that says so, or that says nothing', () => {
    assert.equal(uses('--container-runtime=docker', 'v1.22.1'), true);
    assert.equal(uses('--v=2', 'v1.22.1'), true);
  });

  it('a kubelet that speaks to docker through dockershim is none that has a remote runtime, or is of 1.24', () => {
    assert.equal(uses('--container-runtime=remote', 'v1.22.1'), false);
    assert.equal(uses('--container-runtime remote', 'v1.22.1'), false);
    assert.equal(uses('--v=2', 'v1.24.0'), false);
  });
});

describe('the flags of a kubelet that goes from docker to containerd', () => {
  it('lose the runtime and what only dockershim took, however they were written', () => {
    const flags = '--container-runtime docker --network-plugin=cni --cni-bin-dir=/opt/bin --v=2 --node-ip=10.0.0.2';
    assert.deepEqual(withoutRuntimeFlags(flags.split(' ')), ['--v=2', '--node-ip=10.0.0.2']);
  });

  it('the flags of a kubelet that goes from docker to containerd are read as the kubelet reads them: the last one counts', () => {
    const flags = ['--cni-conf-dir=/a', '--cni-conf-dir', '/b'];
    assert.equal(flagValue(flags, 'cni-conf-dir'), '/b');
    assert.equal(flagValue(flags, 'cni-bin-dir'), undefined);
  });

  it('say, with the configuration, who makes the cgroups', () => {
    const configuration = { cgroupDriver: 'systemd' };
    assert.equal(cgroupDriverOf({ flags: [], configuration }), 'systemd');
    assert.equal(cgroupDriverOf({ flags: ['--cgroup-driver=cgroupfs'], configuration }), 'cgroupfs');
    assert.equal(cgroupDriverOf({ flags: [], configuration: {} }), 'cgroupfs');
  });
});
