import assert from 'node:assert/strict';
import { pathError } from '../../../../../src/host/failures.ts';
import { PATHS } from '../../../../../src/host/node-paths.ts';
import { noteStateBeforeJoin, removeState } from '../../../../../src/phases/reset/teardown/state.ts';
import { fakeHost } from '../../../fake-host.ts';

describe('what Kubernetes keeps on disk', () => {
  it('what Kubernetes keeps on disk is noted before a join, folder by folder, with the folders above that are missing', async () => {
    const host = fakeHost({ files: { '/var/lib/dpkg/status': '', '/usr/bin/sh': '' } });
    await noteStateBeforeJoin(host);
    assert.ok(host.changes.includes('claim /var/lib/kubelet'));
    assert.ok(host.changes.indexOf('claim /etc/kubernetes') < host.changes.indexOf('claim /etc/kubernetes/manifests'));
    assert.ok(host.changes.indexOf('make /usr/libexec') < host.changes.indexOf('claim /usr/libexec/kubernetes'));
  });

  it('a join leaves out folders that cannot be created because their file system is read-only', async () => {
    const host = fakeHost({ files: { '/usr/bin/sh': '' } });
    const makeDirectory = async (path: string, mode: number): Promise<void> => {
      if (path === '/usr/libexec') throw pathError(path, Object.assign(new Error('mkdir failed'), { code: 'EROFS' }));
      await host.makeDirectory(path, mode);
    };
    await noteStateBeforeJoin({ ...host, makeDirectory });
    assert.ok(host.changes.includes('claim /var/lib/kubelet'));
    assert.ok(!host.changes.includes('claim /usr/libexec/kubernetes'));
  });

  it('goes from a node that kubeadm joined, and nothing else does', async () => {
    const files = {
      '/var/lib/kubelet/config.yaml': '',
      '/var/lib/cni/networks/cbr0/10.244.0.2': '',
      '/etc/cni/net.d/10-flannel.conflist': '',
      '/etc/kubernetes/kubelet.conf': '',
      '/etc/kubernetes/bootstrap-kubelet.conf': '',
      '/etc/kubernetes/pki/ca.crt': '',
      '/etc/kubernetes/manifests/web.yaml': '',
    };
    const others = {
      '/etc/cni/net.d/87-podman-bridge.conflist': '',
      '/etc/kubernetes/audit-policy.yaml': '',
      '/opt/cni/bin/bridge': '',
      '/var/lib/containerd/x': '',
      '/usr/bin/kubelet': '',
    };
    const host = fakeHost({ files: { ...files, ...others } });
    await removeState(host);
    for (const path of Object.keys(files)) assert.equal(await host.stat(path), undefined, path);
    for (const path of Object.keys(others)) assert.ok(await host.stat(path), path);
    assert.ok(await host.stat('/etc/kubernetes'));
  });

  it('loses what says that the node was joined last of all, so that a reset that was killed is gone on with', async () => {
    const host = fakeHost({
      files: {
        '/etc/kubernetes/kubelet.conf': '',
        '/etc/kubernetes/admin.conf': '',
        '/etc/kubernetes/pki/ca.crt': '',
        '/run/flannel/subnet.env': '',
        '/etc/cni/net.d/10-flannel.conflist': '',
      },
    });
    await removeState(host);
    assert.equal(host.changes.at(-1), 'remove /etc/kubernetes/kubelet.conf');
    assert.equal(await host.stat('/etc/kubernetes'), undefined);
  });

  for (const trace of ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/manifests/web.yaml', PATHS.edgeHub.unitFile])
    it(`loses ${trace} last of all if nothing else says that the node was joined`, async () => {
      const others = [
        '/var/lib/yurthub/cache/x',
        '/etc/kubernetes/cache/kubelet/x',
        '/etc/cni/net.d/10-calico.conflist',
      ];
      const host = fakeHost({ files: Object.fromEntries([trace, ...others].map((path) => [path, ''])) });
      await removeState(host);
      const at = (path: string): number =>
        host.changes.findIndex((change) => change.startsWith('remove ') && path.startsWith(change.slice(7)));
      for (const path of others) assert.ok(at(path) >= 0 && at(path) < at(trace), path);
    });

  it('stays while a volume is mounted in it', async () => {
    const host = fakeHost({
      files: {
        '/proc/self/mountinfo': '9 1 8:1 /home /var/lib/kubelet/pods/1/vol rw - ext4 /dev/vda rw',
        '/var/lib/kubelet/pods/1/vol/photo': '',
      },
    });
    await assert.rejects(removeState(host), { code: 'RESET_INCOMPLETE', why: '/var/lib/kubelet/pods/1/vol' });
    assert.deepEqual(host.changes, []);
  });
});
