import assert from 'node:assert/strict';
import { node, rowsOf, saidBy } from '../../../unit/cluster-upgrade/precheck/cluster.ts';

describe('the report before an upgrade, about nodes', () => {
  it('asks for the control plane first', async () => {
    assert.equal(
      await saidBy('ControlPlaneVersion', { version: 'v1.20.2' }),
      'error | The control plane runs v1.20.2, the target is v1.20.3.',
    );
    assert.match(await saidBy('ControlPlaneVersion', { version: 'v1.21.4' }), /^normal/);
    assert.match(await saidBy('ControlPlaneVersion', { target: '1.20.3' }), /^normal .* the target is v1\.20\.3\.$/);
  });

  it('blames a control plane that is behind on no node', async () => {
    assert.match(await saidBy('NodeVersion', { version: 'v1.20.2' }), /^normal/);
  });

  it('names the nodes that would go down, or up by more minor versions than the skew policy allows', async () => {
    const nodes = [
      node('old', { version: 'v1.17.9' }),
      node('next', { version: 'v1.19.16' }),
      node('there', { version: 'v1.20.3' }),
      node('new', { version: 'v1.20.9' }),
    ];
    const said = await saidBy('NodeVersion', { nodes });
    assert.match(said, /^error \| 1 node: old \| From v1\.17\.9 to v1\.20\.3 is too far for one upgrade/m);
    assert.match(said, /^error \| 1 node: new \| The node runs v1\.20\.9, which is newer/m);
    assert.doesNotMatch(said, /next|there/);
  });

  it("takes the vendor's next release for one step, and counts the nodes that are there already", async () => {
    const state = { version: 'v1.22.15-aliyunedge.1', target: '1.22.15-aliyunedge.1' };
    const nodes = [node('a', { version: 'v1.20.11-aliyunedge.1' }), node('b', { version: 'v1.22.15-aliyunedge.1' })];
    assert.equal(
      await saidBy('NodeVersion', { ...state, nodes }),
      'normal | 2 nodes can be upgraded to v1.22.15-aliyunedge.1 in one step. 1 is already there.',
    );
    const older = [node('a', { version: 'v1.18.8-aliyunedge.1' })];
    assert.match(
      await saidBy('NodeVersion', { ...state, nodes: older }),
      /^error \| 1 node: a \| .*too far for one upgrade/,
    );
  });

  it('holds nothing up for nodes that are offline or run Windows: those are skipped', async () => {
    const nodes = [
      node('gone', { version: 'v1.17.9', ready: 'offline' }),
      node('win', { version: 'v1.18.9', os: 'windows' }),
    ];
    assert.match(await saidBy('NodeVersion', { nodes }), /^warning \| 1 node: gone \|/);
    const [ready] = await rowsOf('NodeReady', { nodes });
    assert.equal(ready?.object, '1 node: gone');
    assert.equal(ready?.effect, 'These nodes are skipped and stay at their version.');
    assert.equal(await saidBy('OperatingSystem', { nodes }), 'warning | 1 node: win | Windows.');
  });

  it('asks about nodes whose kubelet never came', async () => {
    const said = await saidBy('NodeVersion', { nodes: [{ metadata: { name: 'empty' } }] });
    assert.equal(said, 'warning | 1 node: empty | Their kubelets have never reported a version.');
  });

  it('says what a kubelet says that is not Ready, and tells a missing network plug-in from it', async () => {
    const [sick, bare] = await rowsOf('NodeReady', {
      nodes: [
        node('sick', { ready: 'False', message: 'PLEG is not healthy' }),
        node('bare', { ready: 'False', message: 'network is not ready: cni config uninitialized' }),
      ],
    });
    assert.equal(sick?.reason, 'Not Ready: PLEG is not healthy');
    assert.match(sick?.effect ?? '', /pause/);
    assert.match(bare?.effect ?? '', /^The kubelet can be upgraded/);
  });

  it('names ten nodes and counts the others', async () => {
    const nodes = Array.from({ length: 25 }, (_, i) => node(`n${String(i).padStart(2, '0')}`, { cordoned: true }));
    assert.equal(
      await saidBy('NodeSchedulable', { nodes }),
      'warning | 25 nodes: n00, n01, n02, n03, n04, n05, n06, n07, n08, n09 and 15 more | Cordoned: they take no new pods.',
    );
    assert.equal(await saidBy('NodeSchedulable'), 'normal | 2 nodes, none cordoned.');
  });

  it('tells each pressure apart', async () => {
    const nodes = [
      node('a', { conditions: ['DiskPressure'] }),
      node('b', { conditions: ['DiskPressure', 'PIDPressure'] }),
    ];
    assert.equal(
      await saidBy('NodePressure', { nodes }),
      'warning | 2 nodes: a, b | DiskPressure.\nwarning | 1 node: b | PIDPressure.',
    );
    assert.match(await saidBy('NodePressure'), /^normal/);
  });

  it('stops docker at 1.24, if it is not cri-dockerd', async () => {
    const runtime = 'docker://20.10.7';
    const state = { version: 'v1.24.1', target: 'v1.24.1' };
    const nodes = [
      node('shim', { runtime, version: 'v1.23.1' }),
      node('dockerd', {
        runtime,
        version: 'v1.23.1',
        annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/cri-dockerd.sock' },
      }),
      node('later', { runtime, version: 'v1.24.0' }),
    ];
    assert.match(
      await saidBy('ContainerRuntime', { ...state, nodes }),
      /^error \| 1 node: shim \| docker:.*dockershim/,
    );
    assert.equal(
      await saidBy('ContainerRuntime', { nodes: [node('shim', { runtime })] }),
      'normal | docker://20.10.7 (1 node).',
    );
  });

  it('warns of a containerd that is too old for kubelets of 1.26', async () => {
    const nodes = [node('a', { runtime: 'containerd://1.4.3', version: 'v1.25.0' })];
    assert.match(
      await saidBy('ContainerRuntime', { nodes, target: 'v1.26.0', version: 'v1.26.0' }),
      /^warning \| 1 node: a/,
    );
    assert.match(await saidBy('ContainerRuntime', { nodes, target: 'v1.25.3', version: 'v1.25.3' }), /^normal/);
  });

  it('warns of several architectures, and refuses one that edgeadm is not made for', async () => {
    const [amd64, arm64, riscv] = [node('a'), node('b', { arch: 'arm64' }), node('c', { arch: 'riscv64' })];
    assert.equal(
      await saidBy('Architecture', { nodes: [amd64, arm64] }),
      'warning | Several: amd64 (1 node), arm64 (1 node).',
    );
    assert.match(await saidBy('Architecture', { nodes: [amd64, riscv] }), /^error \| 1 node: c \| riscv64/);
    assert.equal(await saidBy('Architecture'), 'normal | amd64 (2 nodes).');
  });

  it('names nodes whose new certificate nobody has approved or somebody refused', async () => {
    const request = (
      name: string,
      conditions: object[],
      signerName = 'kubernetes.io/kube-apiserver-client-kubelet',
    ) => ({
      spec: { signerName, username: `system:node:${name}` },
      status: { conditions },
    });
    const denied = [{ type: 'Denied', reason: 'Policy', message: 'not now' }];
    const requests = {
      items: [
        request('n1', []),
        request('n1', []),
        request('n2', denied),
        request('n2', [{ type: 'Approved' }]),
        request('stranger', []),
        request('n2', [], 'example.com/other'),
      ],
    };
    const answers = { '/apis/certificates.k8s.io/v1/certificatesigningrequests': requests };
    assert.equal(
      await saidBy('NodeCertificates', { answers }),
      [
        'warning | 1 node: n1 | A new client certificate was requested but is not approved yet.',
        'warning | 1 node: n2 | A new client certificate was refused: not now.',
      ].join('\n'),
    );
    const serving = { items: [request('n1', [], 'kubernetes.io/kubelet-serving')] };
    const [row] = await rowsOf('NodeCertificates', {
      answers: { '/apis/certificates.k8s.io/v1/certificatesigningrequests': serving },
    });
    assert.match(row?.effect ?? '', /^kubectl logs, kubectl exec and metrics fail/);
    assert.match(await saidBy('NodeCertificates'), /^normal .*cannot be read from here\.$/);
  });
});
