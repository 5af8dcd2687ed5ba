import assert from 'node:assert/strict';
import { Journal } from '../../../../../src/host/journal/journal.ts';
import { findNotedRuntime, findRuntime, noteRuntime } from '../../../../../src/phases/reset/teardown/runtime.ts';
import { fakeHost, filesOf } from '../../../fake-host.ts';

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

  const CRIO = { socket: '/run/crio/crio.sock', unit: 'crio.service' };
  const machine = () =>
    fakeHost({
      files: {
        [FLAGS]: `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix://${CRIO.socket}"\n`,
        '/run/containerd/containerd.sock': '',
        [CRIO.socket]: '',
      },
    });

  it("finds the node's runtime again when a reset was killed after the kubelet's flags were gone, beside another runtime", async () => {
    const host = machine();
    const journal = await Journal.read(filesOf(host));
    await journal.append({ kind: 'claim', path: '/var/lib/kubelet', phase: 'join-node' });
    await noteRuntime(host, journal, await findNotedRuntime(host, journal));
    await host.remove(FLAGS);
    assert.deepEqual(await findNotedRuntime(host, await Journal.read(filesOf(host))), CRIO);
    await journal.append({ kind: 'joined', cluster: 'sha256:1', node: 'edge-1', time: '' });
    assert.equal((await findNotedRuntime(host, journal)).unit, 'containerd.service', 'a new join has its own');
  });

  it('the runtime of a node is noted by no dry run, and on no node that another tool joined', async () => {
    const host = machine();
    const journal = await Journal.read(filesOf(host));
    await noteRuntime(host, journal, CRIO);
    await journal.append({ kind: 'claim', path: '/var/lib/kubelet', phase: 'join-node' });
    await noteRuntime({ ...host, wet: false }, journal, CRIO);
    await host.remove(FLAGS);
    assert.equal((await findNotedRuntime(host, journal)).unit, 'containerd.service');
  });
});
