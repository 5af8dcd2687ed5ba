import assert from 'node:assert/strict';
import { assertFinds, assertOk, type Case } from '../../unit/phases/preflight/context.ts';

/** A cluster whose ConfigMaps somebody has edited. */
const edited = (kubelet: string, kubeadm = 'networking: {serviceSubnet: 10.96.0.0/12}\n'): Case => ({
  cluster: {
    version: 'v1.34.1',
    configMaps: {
      'kubeadm-config': { ClusterConfiguration: kubeadm },
      'kubelet-config': { kubelet: `kind: KubeletConfiguration\n${kubelet}` },
    },
  },
  node: { kubeletVersion: async () => 'v1.34.1' },
});

/** Values over which every kubelet of the cluster would exit. */
const REFUSED: readonly (readonly [thread: string, kubelet: string, found: RegExp])[] = [
  [
    'opsnull/follow-me-install-kubernetes-cluster#458',
    'evictionSoft: "nil"\n',
    /evictionSoft: "nil" is not a map of texts/,
  ],
  [
    'openshift/machine-config-operator#1880',
    'evictionSoft: {memory.available: 90%}\n',
    /evictionSoft: evictionSoftGracePeriod has no entry for memory\.available/,
  ],
  [
    'openshift/machine-config-operator#2314',
    'evictionHard: {memory.available: -100Mi}\n',
    /evictionHard: -100Mi is negative/,
  ],
  [
    'kubernetes/minikube#2594, the syntax of the flag',
    'evictionHard: {"imagefs.available<1Mi": ""}\n',
    /imagefs\.available<1Mi is not an eviction signal/,
  ],
  [
    'ksctl/ksctl#626, an operator in the value',
    'evictionHard: {memory.available: <100Mi}\n',
    /"<100Mi" is not a quantity such as 100Mi or 10%/,
  ],
  [
    'kubernetes/kubernetes#66510',
    'imageGCHighThresholdPercent: 80\nimageGCLowThresholdPercent: 85\n',
    /85 is not less than imageGCHighThresholdPercent, which is 80/,
  ],
  [
    'kubernetes/kubernetes#18073, against the default',
    'imageGCLowThresholdPercent: 90\n',
    /90 is not less than imageGCHighThresholdPercent, which is 85/,
  ],
  [
    'kubernetes/kubernetes#69665',
    'syncFrequency: 1 minute\n',
    /syncFrequency: "1 minute" is not a duration such as 10s/,
  ],
  ['a port that there is not', 'port: 102500\n', /port: 102500 is not between 1 and 65535/],
  [
    'canonical/microk8s#4704',
    'memorySwap: {swapBehavior: UnlimitedSwap}\n',
    /memorySwap: swapBehavior "UnlimitedSwap" is not one of LimitedSwap, NoSwap/,
  ],
  [
    'kubernetes/kubernetes#70161',
    'cpuManagerPolicy: static\n',
    /cpuManagerPolicy: static needs cpu in systemReserved or kubeReserved/,
  ],
  [
    'parallel pulls without their switch',
    'maxParallelImagePulls: 5\n',
    /maxParallelImagePulls: 5 needs serializeImagePulls: false/,
  ],
  [
    'a shutdown whose part is longer than the whole',
    'shutdownGracePeriod: 10s\nshutdownGracePeriodCriticalPods: 20s\n',
    /20s is longer than shutdownGracePeriod, which is 10s/,
  ],
  ['a TLS version as browsers call it', 'tlsMinVersion: TLSv1.2\n', /"TLSv1\.2" is not one of VersionTLS10/],
  [
    'a cipher suite as OpenSSL calls it',
    'tlsCipherSuites: [ECDHE-RSA-AES128-GCM-SHA256]\n',
    /tlsCipherSuites: "ECDHE-RSA-AES128-GCM-SHA256" is not a cipher suite of Go/,
  ],
  [
    'eksctl-io/eksctl#3677',
    'registerWithTaints: [{key: edge, effect: ScheduleSometimes}]\n',
    /registerWithTaints: the effect "ScheduleSometimes" of edge is not one of NoSchedule/,
  ],
  [
    'kubernetes/kubernetes#83228',
    'enforceNodeAllocatable: [pods, system-reserved]\n',
    /enforceNodeAllocatable: system-reserved needs systemReservedCgroup/,
  ],
  [
    'an enforcement that there is not',
    'enforceNodeAllocatable: [pods, system]\n',
    /"system" is not one of none, pods, system-reserved/,
  ],
  ['none beside others', 'enforceNodeAllocatable: [none, pods]\n', /"none" does not go with others/],
  [
    'images that are old before they may be removed',
    'imageMinimumGCAge: 2h\nimageMaximumGCAge: 1h\n',
    /imageMaximumGCAge: 1h is not longer than imageMinimumGCAge, which is 2h/,
  ],
  ['a shutdown of less than a second', 'shutdownGracePeriod: 500ms\n', /500ms is less than one second/],
  [
    'processors and a cgroup for the system',
    'reservedSystemCPUs: "0"\nsystemReservedCgroup: /system.slice\n',
    /reservedSystemCPUs: it cannot be used with systemReservedCgroup/,
  ],
  ['authentication as a text', 'authentication: webhook\n', /authentication: "webhook" is not a map/],
];

/** Values of the wrong type that can only mean one thing. */
const MEANT: readonly (readonly [thread: string, kubelet: string, found: RegExp])[] = [
  [
    'kubernetes-sigs/kubespray#11111, easzlab/kubeasz#1286',
    'kubeReserved: {cpu: 1, memory: 256Mi}\n',
    /kubeReserved: .* is not a map of texts.*\{"cpu":"1","memory":"256Mi"\} is used/,
  ],
  [
    'eksctl-io/eksctl#987',
    'clusterDNS: ["10.96.0.10,10.96.0.11"]\n',
    /clusterDNS: .*\["10\.96\.0\.10","10\.96\.0\.11"\] is used/,
  ],
  ['rancher/os#228, a text for a list', 'clusterDNS: 10.96.0.10\n', /clusterDNS: .*\["10\.96\.0\.10"\] is used/],
  ['kubernetes-sigs/kind#3455, quoted as a flag', 'maxPods: "120"\n', /maxPods: "120" is not a number.*120 is used/],
  ['a quoted word of YAML 1.1', 'failSwapOn: "off"\n', /failSwapOn: "off" is not true or false.*false is used/],
  [
    'a name in the place of an address',
    'clusterDNS: [kube-dns]\n',
    /clusterDNS: kube-dns is not an IP address; 10\.96\.0\.10 is used/,
  ],
];

describe("values in the cluster's ConfigMaps that no kubelet takes", () => {
  for (const [thread, kubelet, found] of REFUSED)
    it(`a value that every kubelet exits over stops the join before anything is written: ${thread}`, async () => {
      const { remedy } = await assertFinds('KubeletConfigurationFields', 'error', found, edited(kubelet));
      assert.match(remedy ?? '', /edit configmap kubelet-config/);
    });

  for (const [thread, kubelet, found] of MEANT)
    it(`a value that can mean only one thing is written so that the kubelet reads it, with a warning: ${thread}`, async () => {
      await assertFinds('KubeletConfiguration', 'warning', found, edited(kubelet));
      await assertOk('KubeletConfigurationFields', edited(kubelet));
    });

  it('a word of YAML 1.1 that stands for false is read as Kubernetes reads it', () =>
    assertOk('KubeletConfiguration', edited('failSwapOn: off\n')));

  it('a static policy whose processors do not fit this node becomes none, over which no kubelet exits (kubernetes/kubernetes#84333)', () =>
    assertFinds(
      'KubeletConfiguration',
      'warning',
      /systemReserved: more cpu is reserved .*\ncpuManagerPolicy: static needs a reservation of cpu.*none is used/,
      edited('cpuManagerPolicy: static\nsystemReserved: {cpu: "64"}\n'),
    ));

  for (const [thread, file, state, found] of [
    [
      'siderolabs/talos#7504',
      'cpu_manager_state',
      '{"policyName":"none","defaultCpuSet":""}',
      /policy none; the cluster has cpuManagerPolicy: static/,
    ],
    [
      'bottlerocket-os/bottlerocket#1465, as 1.36 writes it',
      'cpu_manager_state',
      '{"data":"{\\"policyName\\":\\"none\\"}"}',
      /cpu_manager_state was written with the policy none/,
    ],
    [
      'the memory manager of a node before',
      'memory_manager_state',
      '{"policyName":"Static"}',
      /policy Static; the cluster has memoryManagerPolicy: None/,
    ],
  ] as const)
    it(`assignments that a kubelet before left under another policy stop the join: ${thread}`, async () => {
      const given = edited('cpuManagerPolicy: static\nreservedSystemCPUs: "0"\n');
      const machine = { files: { [`/var/lib/kubelet/${file}`]: state } };
      const { remedy } = await assertFinds('KubeletState', 'error', found, { ...given, machine });
      assert.match(remedy ?? '', /Remove the file/);
      await assertOk('KubeletState', given);
    });

  for (const [thread, networking, found] of [
    [
      'kubernetes/kubeadm#2213',
      'podSubnet: 192.168.0.0./16',
      /networking\.podSubnet: "192\.168\.0\.0\.\/16" is not a CIDR/,
    ],
    ['a subnet without its length', 'podSubnet: 10.244.0.0', /podSubnet: "10\.244\.0\.0" is not a CIDR/],
    ['the second family', 'podSubnet: "10.244.0.0/16,fd00::/129"', /"fd00::\/129" is not a CIDR/],
    ['a name', 'serviceSubnet: default', /serviceSubnet: "default" is not a CIDR/],
  ] as const)
    it(`a subnet of kubeadm-config that is no CIDR is named with its key before the join: ${thread}`, async () => {
      const given = edited('', `networking: {${networking}}\n`);
      const { remedy } = await assertFinds('ClusterConfiguration', 'error', found, given);
      assert.match(remedy ?? '', /edit configmap kubeadm-config.*podCidrs and serviceCidrs/);
      // What the remedy offers works.
      const spec = { podCidrs: ['10.244.0.0/16'], serviceCidrs: ['10.96.0.0/12'] };
      await assertOk('ClusterConfiguration', { ...given, spec });
    });
});
