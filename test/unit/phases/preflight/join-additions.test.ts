import assert from 'node:assert/strict';
import { INSTANCE, inProcessEns, runBind } from '../eni/in-process-ens.ts';
import { assertFinds, assertOk, type Case } from './context.ts';

const configOf = (extra = '', maxPods?: number): Case['cluster'] => ({
  configMaps: {
    'kubeadm-config': {
      ClusterConfiguration: `networking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\n${extra}`,
    },
    ...(maxPods && { 'kubelet-config-1.20': { kubelet: `maxPods: ${maxPods}\n` } }),
  },
});
/** As kubeadm writes them: v1beta2 and v1beta4. Source: kubernetes, cmd/kubeadm/app/apis/kubeadm. */
const MAP = 'controllerManager:\n  extraArgs:\n    node-cidr-mask-size: "26"\n';
const LIST = 'controllerManager:\n  extraArgs:\n  - {name: node-cidr-mask-size, value: "26"}\n';

describe('how many pods a node can have', () => {
  it('the range of a node has room for the pods that the kubelet takes', async () => {
    await assertOk('PodCapacity', { cluster: configOf() }, /110 pods .*\(\/24\) has 253 addresses/);
    await assertOk('PodCapacity', { cluster: configOf(MAP), spec: { maxPods: 61 } }, /61 pods \(--max-pods\)/);
  });

  it('too many pods for the range are a warning if the cluster says so, and an error if the flag does', async () => {
    for (const extra of [MAP, LIST])
      await assertFinds('PodCapacity', 'warning', /110 pods .*\(\/26\) has 61 addresses/, {
        cluster: configOf(extra),
      });
    await assertFinds('PodCapacity', 'error', /62 pods \(--max-pods\)/, {
      cluster: configOf(LIST),
      spec: { maxPods: 62 },
    });
    await assertFinds('PodCapacity', 'warning', /300 pods \(maxPods of the cluster\)/, { cluster: configOf('', 300) });
  });

  it('the range does not count where Flannel is kept off the node', async () => {
    const spec = { allowedClusterAddons: ['terway-edge'], maxPods: 999 };
    await assertFinds('PodCapacity', 'skipped', /flannel is not in allowedClusterAddons/, { spec });
  });
});

describe('GPU nodes', () => {
  const spec = { gpuVersion: 'Nvidia_Tesla_T4' };
  const program = '/usr/bin/nvidia-container-runtime';
  const nvidia = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]\n';

  it('the toolkit and the runtime of containerd are looked for', async () => {
    await assertFinds('GPURuntime', 'skipped', /no GPU/, {});
    await assertFinds('GPURuntime', 'error', /nvidia-container-runtime is not on the node/, { spec });
    for (const text of ['', nvidia.replaceAll(/^/gm, '# ')])
      await assertFinds('GPURuntime', 'error', /neither \S+config\.toml nor a file that it imports has the runtime/, {
        spec,
        machine: { files: { [program]: '', '/etc/containerd/config.toml': text } },
      });
  });

  const CONFIG = '/etc/containerd/config.toml';
  for (const [written, files] of [
    ['a table of version 2', { [CONFIG]: nvidia }],
    [
      'containerd 2, version 3',
      { [CONFIG]: `version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.nvidia]\n` },
    ],
    [
      'dotted keys',
      { [CONFIG]: '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes]\nnvidia.runtime_type = "r"\n' },
    ],
    ['a file of version 1', { [CONFIG]: '[plugins.cri.containerd.runtimes.nvidia.options]\n' }],
    // NVIDIA/nvidia-container-toolkit#1260 and #1407: from 1.18 on `nvidia-ctk runtime configure` writes a drop-in.
    [
      'the drop-in of the toolkit',
      { [CONFIG]: 'imports = ["/etc/containerd/conf.d/*.toml"]\n', '/etc/containerd/conf.d/99-nvidia.toml': nvidia },
    ],
  ] as const)
    it(`the runtime nvidia is found in ${written}`, async () => {
      await assertOk(
        'GPURuntime',
        { spec, machine: { files: { [program]: '', ...files } } },
        /is in \/etc\/containerd/,
      );
    });

  it('a join that may configure containerd adds the runtime by itself', async () => {
    const machine = { files: { [program]: '' } };
    await assertOk('GPURuntime', { spec: { ...spec, manageRuntime: true }, machine }, /the join configures containerd/);
  });
});

describe('Terway Edge', () => {
  const spec = { allowedClusterAddons: ['kube-proxy', 'terway-edge'] };
  const cluster = {
    objects: { '/apis/apps/v1/namespaces/kube-system/deployments/terway-edge-controlplane': {} },
  };
  const nic = (name: string, address: string) => ({ name, up: true, addresses: [address] });
  const machine = (...names: string[]) => ({
    files: Object.fromEntries(['eth0', ...names].map((name) => [`/sys/class/net/${name}/device`, ''])),
    network: {
      interfaces: [
        nic('eth0', '192.168.1.20/24'),
        ...names.map((name, i) => nic(name, `192.168.1.${i + 30}/24`)),
        nic('docker0', '172.17.0.1/16'),
      ],
    },
  });

  it('nothing is asked of a node that does not use it', async () => {
    await assertFinds('TerwayEdge', 'skipped', /no Terway add-on is named/, {});
  });

  it('a cluster needs the component that gives pods their addresses', async () => {
    const { remedy } = await assertFinds('TerwayEdge', 'error', /no terway-edge-controlplane/, {
      spec,
      machine: machine('eth1'),
    });
    assert.match(remedy ?? '', /edgeadm addon install terway-edge-controlplane/);
    await assertOk('TerwayEdge', { spec, cluster, machine: machine('eth1') });
  });

  it('a node without an interface for pods is advised to bind one, and passes with what the command attaches', async () => {
    const ens = inProcessEns();
    const withInterfaces = (): Case => {
      const attached = ens.secondaries().filter(({ instanceId }) => instanceId === INSTANCE);
      return { spec: { ...spec, maxPods: 40 }, cluster, machine: machine(...attached.map((_, i) => `eth${i + 1}`)) };
    };
    for (const eniNumber of [1, 2]) {
      const { remedy } = await assertFinds(
        'TerwayEdge',
        'error',
        /no network interface|up to 25 pods/,
        withInterfaces(),
      );
      assert.match(remedy ?? '', /edgeadm eni bind --instance ID/);
      await (await runBind(ens, { spec: { eniNumber }, caller: ens.caller() })).result;
      assert.equal(ens.instanceStatus(), 'Running');
    }
    await assertOk('TerwayEdge', withInterfaces(), /eth1, eth2: up to 50 pods/);
  });

  it('a node needs an interface beside its own, and has 25 pods for each', async () => {
    await assertFinds('TerwayEdge', 'error', /no network interface for pods/, { spec, cluster, machine: machine() });
    await assertOk('TerwayEdge', { spec, cluster, machine: machine('eth1', 'eth2') }, /eth1, eth2: up to 50 pods/);
    await assertFinds('TerwayEdge', 'error', /up to 25 pods, but --max-pods is 40/, {
      spec: { ...spec, maxPods: 40 },
      cluster,
      machine: machine('eth1'),
    });
  });
});
