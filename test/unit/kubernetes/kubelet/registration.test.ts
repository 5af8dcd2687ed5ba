import assert from 'node:assert/strict';
import { isStarting, nodeToRegister } from '../../../../src/kubernetes/kubelet/registration.ts';

/** What the join itself writes. */
const OURS = [
  '/usr/bin/kubelet',
  '--kubeconfig=/etc/kubernetes/kubelet.conf',
  '--config=/var/lib/kubelet/config.yaml',
  '--hostname-override=edge-1',
  '--node-ip=10.0.0.5',
];
const CONFIGURATION = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
const LABELS = { 'kubernetes.io/hostname': 'edge-1', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' };
const ANNOTATIONS = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };

const nodeOf = (more: readonly string[], configuration = '') =>
  nodeToRegister('edge-1', { words: [...OURS, ...more], configuration: CONFIGURATION + configuration, arch: 'arm64' });

/** Source: kubernetes, pkg/kubelet/kubelet_node_status.go, `initialNode`; flags as in `kubelet --help`. */
describe('the Node that a kubelet would register', () => {
  it('the Node of a kubelet has its own labels, and those that its command line names', () => {
    assert.deepEqual(nodeOf(['--node-labels=zone=north,tier=']), {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'edge-1', labels: { ...LABELS, zone: 'north', tier: '' }, annotations: ANNOTATIONS },
    });
  });

  it('the Node of a kubelet that attaches volumes itself does not tell the cluster to do it', () => {
    assert.equal(nodeOf([], 'enableControllerAttachDetach: false')?.metadata?.annotations, undefined);
  });

  const left: ReadonlyArray<readonly [why: string, words: readonly string[], configuration?: string]> = [
    ['does not register', ['--register-node=false']],
    ['does not register by its configuration', [], 'registerNode: false'],
    ['registers as unschedulable', ['--register-schedulable=false']],
    ['has a cloud provider, which adds a taint', ['--cloud-provider=external']],
    ['names its machine in the cloud', ['--provider-id=aliyun://i-1']],
    ['names its machine in the cloud by its configuration', [], 'providerID: aliyun://i-1'],
    ['reads more configuration files', ['--config-dir=/etc/kubelet.d']],
    ['has labels from two places', ['--node-labels=a=b', '--node-labels=c=d']],
    ['has another name', ['--hostname-override=edge-2']],
    ['has a label without a value', ['--node-labels=a']],
    ['has taints', ['--register-with-taints=edge=yes:NoSchedule']],
    ['has taints by its configuration', [], 'registerWithTaints: [{key: edge, effect: NoSchedule}]'],
    ['attaches volumes itself by its command line', ['--enable-controller-attach-detach=false']],
    ['has a word that is not a flag', ['v', '2']],
    ['has a configuration of another shape', [], 'registerWithTaints: edge=yes:NoSchedule'],
  ];
  for (const [why, words, configuration] of left)
    it(`the Node of a kubelet that ${why} is left to that kubelet`, () => {
      assert.equal(nodeOf(words, configuration), undefined);
    });

  it('the Node of a kubelet that a script starts is left to that kubelet', () => {
    const words = ['/bin/sh', ...OURS];
    assert.equal(nodeToRegister('edge-1', { words, configuration: CONFIGURATION, arch: 'amd64' }), undefined);
  });

  it('the Node of a kubelet without a configuration is left to that kubelet', () => {
    assert.equal(nodeToRegister('edge-1', { words: OURS, configuration: undefined, arch: 'amd64' }), undefined);
  });

  it('the command line of a unit that is being started is not yet that of a kubelet', () => {
    // systemd 254 and newer start a program by /usr/lib/systemd/systemd-executor, older ones by a copy of themselves.
    for (const words of [['/usr/lib/systemd/systemd-executor', '--deserialize', '4'], ['(kubelet)'], []])
      assert.ok(isStarting(words));
    for (const words of [OURS, ['/bin/sh', '/usr/bin/kubelet']]) assert.ok(!isStarting(words));
  });
});
