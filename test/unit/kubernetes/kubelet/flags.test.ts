import assert from 'node:assert/strict';
import { kubeletConfiguration } from '../../../../src/kubernetes/kubelet/configuration.ts';
import { type KubeletOptions, kubeletFlags } from '../../../../src/kubernetes/kubelet/flags.ts';

const OPTIONS: KubeletOptions = {
  version: 'v1.20.2',
  nodeName: 'n1',
  nodeIp: '10.0.0.5',
  criSocket: '/run/containerd/containerd.sock',
  runtime: 'containerd',
  pauseImage: 'pause:3.2',
  labels: { a: '1', b: '' },
  taints: [{ key: 'edge', value: 'x', effect: 'NoSchedule' }],
};
const flagNames = (options: Partial<KubeletOptions>): string[] =>
  kubeletFlags({ ...OPTIONS, ...options }).map((flag) => flag.slice(2, flag.indexOf('=')));

describe('the flags of a kubelet', () => {
  it('fit 1.20: remote runtime, pause image, labels and taints on the command line', () => {
    assert.deepEqual(kubeletFlags(OPTIONS), [
      '--container-runtime=remote',
      '--container-runtime-endpoint=unix:///run/containerd/containerd.sock',
      '--pod-infra-container-image=pause:3.2',
      '--hostname-override=n1',
      '--node-ip=10.0.0.5',
      '--node-labels=a=1,b=',
      '--register-with-taints=edge=x:NoSchedule',
    ]);
  });

  const removed: [string, string, string][] = [
    ['container-runtime', 'v1.26.9', 'v1.27.0'],
    ['pod-infra-container-image', 'v1.34.1', 'v1.35.0'],
    ['register-with-taints', 'v1.22.17', 'v1.23.0'],
  ];
  for (const [flag, last, first] of removed) {
    it(`--${flag} is given up to ${last} and not from ${first} on, which would exit over it`, () => {
      assert.ok(flagNames({ version: last }).includes(flag));
      assert.ok(!flagNames({ version: first }).includes(flag));
    });
  }

  it('leave out what there is nothing to say about', () => {
    assert.deepEqual(flagNames({ labels: {}, taints: [], pauseImage: undefined }), [
      'container-runtime',
      'container-runtime-endpoint',
      'hostname-override',
      'node-ip',
    ]);
  });

  it('speak to dockershim with CNI below 1.24', () => {
    const flags = kubeletFlags({ ...OPTIONS, runtime: 'docker', version: 'v1.22.3' });
    assert.ok(flags.includes('--container-runtime=docker'));
    assert.ok(flags.includes('--network-plugin=cni'));
  });
});

describe('the configuration of a kubelet', () => {
  const options = { version: 'v1.20.2', taints: [], swapOn: false, cgroupVersion: 2 } as const;

  it("the configuration of a kubelet is the cluster's, with the node's needs over it", () => {
    const configuration = kubeletConfiguration({
      ...options,
      fromCluster: {
        kind: 'KubeletConfiguration',
        clusterDNS: ['10.96.0.99'],
        cgroupDriver: 'cgroupfs',
        authentication: { anonymous: { enabled: false } },
        maxPods: 42,
      },
      serviceCidr: '10.96.0.0/12',
    });
    assert.equal(configuration.maxPods, 42);
    assert.equal(configuration.cgroupDriver, 'systemd');
    assert.deepEqual(configuration.clusterDNS, ['10.96.0.99']);
    assert.deepEqual(configuration.authentication, {
      anonymous: { enabled: false },
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
    });
    assert.equal(configuration.staticPodPath, '/etc/kubernetes/manifests');
  });

  it('the configuration of a kubelet is safe if the cluster keeps none: no anonymous access', () => {
    const configuration = kubeletConfiguration({ ...options, serviceCidr: '10.96.0.0/12' });
    assert.deepEqual((configuration.authentication as { anonymous: object }).anonymous, { enabled: false });
    assert.deepEqual(configuration.clusterDNS, ['10.96.0.10']);
  });

  it('carries the taints from 1.23 on', () => {
    const taints = [{ key: 'a', value: 'b', effect: 'NoExecute' as const }];
    assert.deepEqual(kubeletConfiguration({ ...options, version: 'v1.23.0', taints }).registerWithTaints, taints);
    assert.equal(kubeletConfiguration({ ...options, version: 'v1.22.0', taints }).registerWithTaints, undefined);
  });

  it('lets the kubelet run with swap only if swap is on', () => {
    assert.equal(kubeletConfiguration({ ...options, swapOn: true }).failSwapOn, false);
    assert.equal(kubeletConfiguration(options).failSwapOn, undefined);
  });

  it('lets 1.35 run on cgroup v1', () => {
    assert.equal(kubeletConfiguration({ ...options, version: 'v1.35.0', cgroupVersion: 1 }).failCgroupV1, false);
    assert.equal(kubeletConfiguration({ ...options, version: 'v1.34.0', cgroupVersion: 1 }).failCgroupV1, undefined);
  });

  it('a kubelet before 1.27 may call the API server as fast as one of today, unless the cluster says how fast', () => {
    const rates = ({ version = 'v1.26.15', ...fromCluster }: Record<string, unknown>) => {
      const { kubeAPIQPS, kubeAPIBurst } = kubeletConfiguration({ ...options, version: String(version), fromCluster });
      return [kubeAPIQPS, kubeAPIBurst];
    };
    assert.deepEqual(rates({}), [50, 100]);
    assert.deepEqual(rates({ version: 'v1.27.0' }), [undefined, undefined]);
    assert.deepEqual(rates({ kubeAPIQPS: 5 }), [5, undefined]);
    assert.deepEqual(rates({ kubeAPIBurst: 20 }), [undefined, 20]);
  });
});
