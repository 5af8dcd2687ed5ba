import assert from 'node:assert/strict';
import { findRuntime } from '../../../../../src/phases/reset/teardown/runtime.ts';
import { fakeHost } from '../../../fake-host.ts';

const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
const CONFIGURATION = '/var/lib/kubelet/config.yaml';

describe("finding a node's runtime", () => {
  it("takes the kubelet's flag, as every kubeadm wrote it", async () => {
    const containerd = { socket: '/run/containerd/containerd.sock', unit: 'containerd.service' };
    for (const flag of [
      '--container-runtime=remote --container-runtime-endpoint=/run/containerd/containerd.sock --v=2',
      '--container-runtime-endpoint=unix:///run/containerd/containerd.sock',
    ]) {
      assert.deepEqual(
        await findRuntime(fakeHost({ files: { [FLAGS]: `KUBELET_KUBEADM_ARGS="${flag}"\n` } })),
        containerd,
      );
    }
  });

  it("takes the kubelet's configuration if there is no flag", async () => {
    const files = { [CONFIGURATION]: 'containerRuntimeEndpoint: unix:///var/run/crio/crio.sock\n', [FLAGS]: '' };
    assert.deepEqual(await findRuntime(fakeHost({ files })), {
      socket: '/var/run/crio/crio.sock',
      unit: 'crio.service',
    });
  });

  it('knows Docker by what kubeadm left out', async () => {
    const files = {
      [FLAGS]: 'KUBELET_KUBEADM_ARGS="--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.2"\n',
      '/run/docker.sock': '',
      '/run/containerd/containerd.sock': '',
    };
    assert.deepEqual(await findRuntime(fakeHost({ files })), {
      socket: '/var/run/dockershim.sock',
      unit: 'docker.service',
    });
  });

  it('looks for a socket if the kubelet left nothing to read', async () => {
    const files = { '/run/crio/crio.sock': '', [CONFIGURATION]: '{damaged' };
    assert.equal((await findRuntime(fakeHost({ files }))).socket, '/run/crio/crio.sock');
    assert.equal((await findRuntime(fakeHost())).socket, '/run/containerd/containerd.sock');
  });

  it('takes the socket that a join was told to use', async () => {
    assert.equal((await findRuntime(fakeHost(), '/run/mine.sock')).socket, '/run/mine.sock');
  });
});
