import assert from 'node:assert/strict';
import { judgeExtraFlags } from '../../../../src/kubernetes/kubelet/extra-flags.ts';
import { type FitFacts, fitToNode } from '../../../../src/kubernetes/kubelet/node-fit.ts';

const NODE: FitFacts = {
  minor: 30,
  exists: () => false,
  isReadOnly: () => false,
  addresses: ['192.168.1.20'],
  serviceCidrs: ['10.96.0.0/12'],
  cpus: [0, 1],
  numaNodes: [0],
  memoryBytes: 2 * 2 ** 30,
};

/** What a cluster's configuration had that a node has not; what is written for that node. */
const STRANGERS: readonly {
  thread: string;
  given: Record<string, unknown>;
  node?: Partial<FitFacts>;
  written: Record<string, unknown>;
  told: RegExp;
}[] = [
  {
    thread: 'kubernetes/kubeadm#3034',
    given: { resolvConf: '/run/systemd/resolve/resolv.conf' },
    written: {},
    told: /resolvConf: .* does not exist on this node/,
  },
  {
    thread: 'sonic-net/sonic-buildimage#7818',
    given: { resolvConf: '/run/systemd/resolve/resolv.conf', maxPods: 30 },
    written: { maxPods: 30 },
    told: /\/etc\/resolv\.conf is used/,
  },
  {
    thread: 'a serving certificate of the control plane',
    given: { tlsCertFile: '/etc/kubernetes/pki/kubelet.crt', tlsPrivateKeyFile: '/etc/kubernetes/pki/kubelet.key' },
    written: {},
    told: /makes its own certificate/,
  },
  {
    thread: 'kubernetes/kubernetes#88210',
    given: {},
    node: { isReadOnly: () => true },
    written: { volumePluginDir: '/var/lib/kubelet/volumeplugins' },
    told: /read-only/,
  },
  {
    thread: 'the address of the first control plane',
    given: { address: '10.0.0.1', healthzBindAddress: '10.0.0.1' },
    written: { address: '0.0.0.0', healthzBindAddress: '127.0.0.1' },
    told: /10\.0\.0\.1/,
  },
  {
    thread: 'kubernetes/kubernetes#109996, the reservations of a machine with two NUMA nodes',
    given: {
      memoryManagerPolicy: 'Static',
      systemReserved: { memory: '924Mi' },
      reservedMemory: [
        { numaNode: 0, limits: { memory: '512Mi' } },
        { numaNode: 1, limits: { memory: '512Mi' } },
      ],
    },
    written: { memoryManagerPolicy: 'None', systemReserved: { memory: '924Mi' } },
    told: /this node has no NUMA node 1; None is used/,
  },
  {
    thread: 'kubernetes/kubernetes#109766, a sum that is not what is kept from pods',
    given: { memoryManagerPolicy: 'Static', kubeReserved: { memory: '893Mi' } },
    written: { memoryManagerPolicy: 'None', kubeReserved: { memory: '893Mi' } },
    told: /reservedMemory has 0 MiB of memory, and 993 MiB are kept from pods/,
  },
  {
    thread: 'kubernetes/kubernetes#109766, on a machine too small for the reservation',
    given: {
      memoryManagerPolicy: 'Static',
      kubeReserved: { memory: '3Gi' },
      reservedMemory: [{ numaNode: 0, limits: { memory: '3172Mi' } }],
    },
    written: { memoryManagerPolicy: 'None', kubeReserved: {} },
    told: /memoryManagerPolicy: a kubelet with Static exits here/,
  },
  {
    thread: 'kubernetes/kubernetes#61319',
    given: { clusterDNS: ['fd00:10:96::a'] },
    written: { clusterDNS: ['10.96.0.10'] },
    told: /family/,
  },
  {
    thread: 'aws/eks-anywhere#8984',
    given: { featureGates: { KubeletCredentialProviders: true, NodeSwap: true } },
    node: { featureGates: new Set(['NodeSwap']) },
    written: { featureGates: { NodeSwap: true } },
    told: /KubeletCredentialProviders is not a gate/,
  },
  {
    thread: 'gardener/gardener#5362',
    given: { featureGates: { ImageVolume: false, GitRepoVolumeDriver: false } },
    node: { minor: 36 },
    written: { featureGates: { GitRepoVolumeDriver: false } },
    told: /ImageVolume=false is left out: kubelet 1\.36 has locked it to true/,
  },
  {
    thread: 'clastix/kamaji#1062',
    given: {
      crashLoopBackOff: { maxContainerRestartPeriod: '5m0s' },
      imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
    },
    written: {},
    told: /KubeletCrashLoopBackOffMax/,
  },
  {
    thread: 'openshift-kni/performance-addon-operators#236',
    given: { reservedSystemCPUs: '9-15' },
    written: { reservedSystemCPUs: '0' },
    told: /9-15 does not fit/,
  },
  {
    thread: 'kubernetes/kubernetes#98121',
    given: { reservedSystemCPUs: '0,4' },
    node: { cpus: [0, 1, 2, 3] },
    written: { reservedSystemCPUs: '0' },
    told: /0,4/,
  },
  {
    thread: 'a reservation for larger machines',
    given: { systemReserved: { memory: '4Gi', cpu: '500m' }, kubeReserved: { memory: '1Gi' } },
    written: { systemReserved: { cpu: '500m' }, kubeReserved: {} },
    told: /more memory is reserved/,
  },
  {
    thread: 'gardener/gardener#6106, processors in thousandths',
    given: { kubeReserved: { cpu: '9400m', memory: '100Mi' } },
    written: { kubeReserved: { memory: '100Mi' } },
    told: /more cpu is reserved/,
  },
  {
    thread: 'FootprintAI/Containarium#1456, bytes without a unit',
    given: { systemReserved: { memory: '12766414848' } },
    written: { systemReserved: {} },
    told: /more memory is reserved/,
  },
  {
    thread: 'appc/spec#358, a decimal exponent',
    given: { kubeReserved: { memory: '129e8' } },
    written: { kubeReserved: {} },
    told: /more memory is reserved/,
  },
  {
    thread: 'openshift-kni/numaresources-operator#80, what pods are evicted over counts too',
    given: { kubeReserved: { memory: '1.5Gi' }, evictionHard: { 'memory.available': '25%' } },
    written: { kubeReserved: {}, evictionHard: { 'memory.available': '25%' } },
    told: /more memory is reserved/,
  },
  {
    thread: 'kubernetes/kubernetes#114008, a quantity that is none',
    given: { systemReserved: { cpu: '500m', memory: 'aGi' } },
    written: { systemReserved: { cpu: '500m' } },
    told: /systemReserved: the kubelet does not accept memory: aGi/,
  },
  {
    thread: 'mysticaltech/terraform-hcloud-kube-hetzner#1109, one resource within another',
    given: { kubeReserved: { cpu: 'memory=200Mi' } },
    written: { kubeReserved: {} },
    told: /does not accept cpu/,
  },
  {
    thread: 'a resource that cannot be reserved',
    given: { kubeReserved: { pods: '10' } },
    written: { kubeReserved: {} },
    told: /does not accept pods: 10/,
  },
  {
    thread: 'kubernetes/kubernetes#52613, the other spelling of any address, on a node without IPv6',
    given: { address: '0:0:0:0:0:0:0:0' },
    written: { address: '0.0.0.0' },
    told: /does not have the address/,
  },
  {
    thread: 'kubermatic/machine-controller#499',
    given: { systemReservedCgroup: '/system.slice', enforceNodeAllocatable: ['pods', 'system-reserved'] },
    written: { enforceNodeAllocatable: ['pods'] },
    told: /no cgroup \/system\.slice/,
  },
  {
    thread: 'a cloud instance in the configuration of all',
    given: { providerID: 'aws:///eu-west-1a/i-0abc' },
    written: {},
    told: /another machine's/,
  },
  {
    thread: 'registerNode of a standalone kubelet',
    given: { registerNode: false },
    written: { registerNode: true },
    told: /registerNode/,
  },
];

describe("the cluster's kubelet configuration on this node", () => {
  for (const { thread, given, node, written, told } of STRANGERS)
    it(`what another machine has is not written for this one: ${thread}`, () => {
      const { configuration, changes } = fitToNode(given, { ...NODE, ...node });
      const { apiVersion: _, kind: __, ...rest } = configuration;
      assert.deepEqual(rest, written);
      assert.match(changes.join('\n'), told);
    });

  it('a configuration that fits stays as it is, word for word', () => {
    const given = {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      resolvConf: '/run/systemd/resolve/resolv.conf',
      address: '0.0.0.0',
      healthzBindAddress: '127.0.0.1',
      clusterDNS: ['10.96.0.10', '169.254.20.10'],
      featureGates: { Anything: true },
      reservedSystemCPUs: '0',
      systemReserved: { memory: '200Mi' },
      memoryManagerPolicy: 'Static',
      reservedMemory: [{ numaNode: 0, limits: { memory: '300Mi' } }],
      systemReservedCgroup: '/system.slice',
      enforceNodeAllocatable: ['pods', 'system-reserved'],
    };
    const { configuration, changes } = fitToNode(given, { ...NODE, exists: () => true });
    assert.deepEqual(configuration, given);
    assert.deepEqual(changes, []);
  });
});

describe('KUBELET_EXTRA_ARGS', () => {
  const judge = (text: string, minor = 28) => judgeExtraFlags(text, { minor, file: '/etc/default/kubelet' });

  for (const [thread, text, minor] of [
    [
      'aws/eks-anywhere-build-tooling#2891, flags of an older kubelet',
      'KUBELET_EXTRA_ARGS=--network-plugin=cni --cni-bin-dir /opt/cni/bin',
      28,
    ],
    ['kubernetes/kubernetes#112120', 'KUBELET_EXTRA_ARGS="--logtostderr=true --v=2"', 26],
    ['kubernetes/kubernetes#61833, a word that is no flag', 'KUBELET_EXTRA_ARGS=node-ip=10.8.0.4 --v=2', 28],
    ['kubernetes/kubernetes#91349, an en dash in the place of two hyphens', 'KUBELET_EXTRA_ARGS=–node-ip=10.8.0.4', 28],
    ['kinvolk/lokomotive#1437, a blank before a label', 'KUBELET_EXTRA_ARGS=--node-labels=site= north', 28],
    [
      'kubernetes/kubernetes#109262, a label whose value is none',
      'KUBELET_EXTRA_ARGS=--node-labels=foo/bar=baz/qux',
      21,
    ],
    ['kubereboot/kured#1388, a label without an equals sign', 'KUBELET_EXTRA_ARGS="--node-labels=shop"', 28],
    ['eksctl-io/eksctl#3677, an unknown effect', 'KUBELET_EXTRA_ARGS=--register-with-taints=a=b:NoRun', 28],
    ['kubernetes/kubernetes#31647, a taint without effect', 'KUBELET_EXTRA_ARGS=--register-with-taints=a:b', 28],
    [
      'openshift/machine-config-operator#2100, a variable of a shell',
      `KUBELET_EXTRA_ARGS='--node-ip=$(hostname -i)'`,
      28,
    ],
    ['kubernetes/kubernetes#130409, a link-local address', 'KUBELET_EXTRA_ARGS=--node_ip=fe80::1', 28],
    ['k3s-io/k3s#10794, an underscore in the name', 'KUBELET_EXTRA_ARGS=--hostname-override=rpi_2', 28],
    ['a number in words', 'KUBELET_EXTRA_ARGS = --max-pods=many', 28],
    [
      'labels that a node may not give itself',
      "KUBELET_EXTRA_ARGS='--node-labels=node-role.kubernetes.io/worker=true,shop=1'",
      28,
    ],
  ] as const)
    it(`what makes this kubelet exit is refused before: ${thread}`, () => {
      assert.ok(judge(text, minor).refused.length > 0);
    });

  for (const [thread, args] of [
    [
      'kubernetes/kubeadm#1655, a taint without value',
      '--register-with-taints=node.kubernetes.io/x:NoExecute,a=b:NoSchedule',
    ],
    ['kubernetes/kubernetes#76048, an empty value', ''],
    ['cby-chen/Kubernetes#12, quotes within the value', `"--node-labels=node.kubernetes.io/node='',shop='1'"`],
    ['kubernetes/kubernetes#47894, several behind each other', '"--cgroups-per-qos=false --max-pods 0x20"'],
    ['a list with a blank, in quotes', `--tls-cipher-suites='TLS_A, TLS_B' --v=2`],
    ['virtual-kubelet/systemk#62, an address of no machine, which says the family', '--node-ip=::'],
  ] as const)
    it(`what a kubelet accepts is not refused: ${thread}`, () => {
      assert.deepEqual(judge(`KUBELET_EXTRA_ARGS=${args}`).refused, []);
    });

  it('a flag that overrides the join is named, with the file it stands in', () => {
    const { refused, overriding } = judge(
      'KUBELET_EXTRA_ARGS="--node-ip 10.8.0.4 --cgroup-driver=cgroupfs --max-pods=30"',
    );
    assert.deepEqual(refused, []);
    assert.match(overriding.join('\n'), /\/etc\/default\/kubelet: --node-ip=10\.8\.0\.4 overrides/);
    assert.match(overriding.join('\n'), /--cgroup-driver=cgroupfs overrides/);
    assert.equal(overriding.length, 2);
  });
});
