import assert from 'node:assert/strict';
import { clearFolder, isBoundToItself, mountsBelow, parseMountinfo } from '../../../src/host/mount-table.ts';
import { type FakeFile, type FakeNode, fakeHost } from '../fake-host.ts';

const KUBELET = '/var/lib/kubelet';

/** Lines as the kernel writes them: id, parent, device, root, mount point, options, optional fields, dash, type. */
function mountinfo(...mounts: [device: string, root: string, path: string][]): string {
  return mounts
    .map(([device, root, path], i) => `${30 + i} 29 ${device} ${root} ${path} rw,relatime shared:1 - ext4 /dev/vda rw`)
    .join('\n');
}

function machine(table: string, files: Record<string, FakeFile> = {}, real: Record<string, string> = {}) {
  return fakeHost({
    files: { '/proc/self/mountinfo': table, ...files },
    commands: { readlink: ([, path = '']) => `${real[path] ?? path}\n` },
  });
}

describe('mount table', () => {
  it('reads paths with blanks as they are', () => {
    assert.deepEqual(parseMountinfo(`${mountinfo(['8:1', '/a\\040b', '/mnt/a\\040b\\134c'])}\n`), [
      { device: '8:1', root: '/a b', path: '/mnt/a b\\c', type: 'ext4' },
    ]);
  });

  it('names mounts in the order in which they can be unmounted', async () => {
    const host = machine(
      mountinfo(
        ['8:1', '/', '/'],
        ['0:50', '/', `${KUBELET}/pods/1/volumes/secret`],
        ['0:51', '/', `${KUBELET}/pods/1/volumes/secret/below`],
        ['0:52', '/', `${KUBELET}/pods/1/volumes/secret`],
        ['0:53', '/', `${KUBELET}-other/pods`],
        ['8:2', '/', KUBELET],
      ),
    );
    assert.deepEqual(await mountsBelow(host, KUBELET), [
      `${KUBELET}/pods/1/volumes/secret/below`,
      `${KUBELET}/pods/1/volumes/secret`,
      `${KUBELET}/pods/1/volumes/secret`,
    ]);
  });

  it('finds mounts behind a symlink', async () => {
    const host = machine(mountinfo(['0:50', '/', '/data/kubelet/pods/1']), {}, { [KUBELET]: '/data/kubelet' });
    assert.deepEqual(await mountsBelow(host, KUBELET), ['/data/kubelet/pods/1']);
  });

  it("tells a folder that the kubelet mounted onto itself from the machine's own volume", async () => {
    const bound = mountinfo(['8:1', '/', '/'], ['8:1', '/@/var', '/var'], ['8:1', `/@${KUBELET}`, KUBELET]);
    assert.equal(await isBoundToItself(machine(bound), KUBELET), true);
    for (const own of [
      mountinfo(['8:1', '/', '/'], ['8:2', '/', KUBELET]),
      mountinfo(['8:1', '/', '/'], ['8:1', '/data/kubelet', KUBELET]),
      mountinfo(['8:1', '/', '/'], ['8:2', KUBELET, KUBELET]),
      mountinfo(['8:1', '/', '/']),
    ]) {
      assert.equal(await isBoundToItself(machine(own), KUBELET), false);
    }
  });
});

describe('clearing a folder', () => {
  it('removes it if it was not there before, and nothing if it is gone', async () => {
    const host = machine('', { [`${KUBELET}/config.yaml`]: '' });
    await clearFolder(host, KUBELET);
    await clearFolder(host, KUBELET);
    assert.deepEqual(host.changes, [`remove ${KUBELET}`]);
  });

  it('keeps what was in it before, and the folder even if it was empty', async () => {
    const host = machine('', { '/etc/cni/net.d/10-mine.conf': '', '/etc/cni/net.d/10-flannel.conflist': '' });
    await clearFolder(host, '/etc/cni/net.d', ['10-mine.conf']);
    assert.deepEqual(host.changes, ['remove /etc/cni/net.d/10-flannel.conflist']);
    await clearFolder(host, '/etc/cni/net.d', [], '10-mine.conf');
    assert.deepEqual(host.changes.slice(1), ['remove /etc/cni/net.d/10-mine.conf']);
  });

  it('removes nothing at all while anything is mounted below', async () => {
    const host = machine(mountinfo(['8:1', '/home', `${KUBELET}/pods/1/vol`]), { [`${KUBELET}/pods/1/vol/photo`]: '' });
    await assert.rejects(clearFolder(host, KUBELET), { code: 'RESET_INCOMPLETE', why: `${KUBELET}/pods/1/vol` });
    assert.deepEqual(host.changes, []);
  });

  it('does not mind a mount in what was there before', async () => {
    const host = machine(mountinfo(['8:2', '/', '/opt/cni/bin/site']), {
      '/opt/cni/bin/site/x': '',
      '/opt/cni/bin/flannel': '',
    });
    await clearFolder(host, '/opt/cni/bin', ['site']);
    assert.deepEqual(host.changes, ['remove /opt/cni/bin/flannel']);
  });

  it("only empties a volume of the machine's own", async () => {
    const volume = machine(mountinfo(['8:2', '/', KUBELET]), { [`${KUBELET}/config.yaml`]: '' });
    await clearFolder(volume, KUBELET);
    assert.deepEqual(volume.changes, [`remove ${KUBELET}/config.yaml`]);
  });
});

describe('clearing a folder that others use as well', () => {
  const CNI = '/etc/cni/net.d';
  const network = (name: string) => JSON.stringify({ cniVersion: '0.4.0', name, plugins: [{ type: 'bridge' }] });

  it("removes the cluster's network, and leaves those of podman and of unknown programs, which it names", async () => {
    const host = machine('', {
      [`${CNI}/10-calico.conflist`]: network('k8s-pod-network'),
      [`${CNI}/calico-kubeconfig`]: 'apiVersion: v1',
      [`${CNI}/87-podman-bridge.conflist`]: network('podman'),
      [`${CNI}/50-shop.conflist`]: network('shop'),
    });
    const left = await clearFolder(host, CNI);
    assert.deepEqual(left, [`${CNI}/50-shop.conflist`, `${CNI}/87-podman-bridge.conflist`]);
    assert.deepEqual(host.changes, [`remove ${CNI}/10-calico.conflist`, `remove ${CNI}/calico-kubeconfig`]);
  });

  it('removes the network that pods were given, whatever it is called', async () => {
    const host = machine('', {
      [`${CNI}/10-site.conflist`]: network('site'),
      [`${CNI}/50-shop.conflist`]: network('shop'),
    });
    assert.deepEqual(await clearFolder(host, CNI, undefined, '10-site.conflist'), [`${CNI}/50-shop.conflist`]);
    assert.deepEqual(host.changes, [`remove ${CNI}/10-site.conflist`]);
  });

  it('a file beside the configuration of the cluster stays if it has no name of Kubernetes, whatever is in it', async () => {
    const host = machine('', {
      [`${CNI}/10-mine.conflist`]: network('mine'),
      [`${CNI}/94-shop.conflist`]: 'no network',
    });
    assert.deepEqual(await clearFolder(host, CNI, [], '10-mine.conflist'), [`${CNI}/94-shop.conflist`]);
    assert.deepEqual(host.changes, [`remove ${CNI}/10-mine.conflist`]);
  });

  for (const had of [undefined, []])
    it(`leaves the addresses and attachments of networks that other programs made while the node was joined (kubernetes/kubeadm#1822)${had ? ', in a folder that was there' : ''}`, async () => {
      const state = '/var/lib/cni';
      const host = machine('', {
        [`${CNI}/10-flannel.conflist`]: network('cbr0'),
        [`${CNI}/87-podman-bridge.conflist`]: network('podman'),
        [`${state}/networks/cbr0/10.244.1.7`]: 'pod',
        [`${state}/networks/podman/10.88.0.2`]: 'container',
        [`${state}/cache/results/cbr0-1-eth0`]: '{}',
        [`${state}/cache/results/podman-2-eth0`]: '{}',
        [`${state}/flannel/1`]: '{}',
      });
      await clearFolder(host, state, had);
      assert.deepEqual(host.changes, [
        `remove ${state}/cache/results/cbr0-1-eth0`,
        `remove ${state}/flannel`,
        `remove ${state}/networks/cbr0`,
      ]);
    });

  it('keeps nothing of a network that was there before the join if pods were all that used it', async () => {
    const state = '/var/lib/cni';
    const host = machine('', {
      [`${CNI}/10-bridge.conflist`]: network('bridge'),
      [`${state}/networks/bridge/last_reserved_ip.0`]: '10.88.0.2',
      [`${state}/networks/bridge/lock`]: '',
    });
    await clearFolder(host, state, undefined);
    assert.deepEqual(host.changes, [`remove ${state}`]);
  });

  it('leaves plug-ins that a package of the distribution installed, on Debian and on Red Hat', async () => {
    const files = { '/opt/cni/bin/bridge': '', '/opt/cni/bin/flannel': '' };
    const machines: FakeNode['commands'][] = [
      { 'dpkg-query': { exitCode: 1, stdout: 'kubernetes-cni: /opt/cni/bin/bridge\n' } },
      { rpm: { exitCode: 1, stdout: 'owned\nfile /opt/cni/bin/flannel is not owned by any package\n' } },
    ];
    for (const commands of machines) {
      const host = fakeHost({ files, commands });
      assert.deepEqual(await clearFolder(host, '/opt/cni/bin', []), ['/opt/cni/bin/bridge']);
      assert.deepEqual(host.changes, ['remove /opt/cni/bin/flannel']);
    }
  });

  // Sources: containernetworking/plugins, microsoft/windows-container-networking and calico, their releases for Windows
  it('removes the plug-ins of Windows, leaves other programs beside them, and asks no package manager there', async () => {
    const folder = '/opt/cni/bin';
    const known = [
      'calico-ipam',
      'flannel',
      'host-local',
      'nat',
      'sdnbridge',
      'sdnoverlay',
      'win-bridge',
      'win-overlay',
    ];
    const names = [...known, 'site'].map((name) => `${folder}/${name}.exe`);
    const host = fakeHost({
      facts: { platform: 'windows' },
      files: Object.fromEntries(names.map((name) => [name, ''])),
    });
    assert.deepEqual(await clearFolder(host, folder), [`${folder}/site.exe`]);
    assert.deepEqual(
      host.changes,
      known.map((name) => `remove ${folder}/${name}.exe`),
    );
    assert.deepEqual(host.queries, []);
  });

  it('removes only what a kubelet makes from a folder that is a symlink or a mount', async () => {
    const files = { [`${KUBELET}/pods/1/x`]: '', [`${KUBELET}/passwd`]: '', [`${KUBELET}/ssl/key.pem`]: '' };
    const mounted = machine(mountinfo(['8:1', '/etc', KUBELET]), files);
    assert.deepEqual(await clearFolder(mounted, KUBELET), [`${KUBELET}/passwd`, `${KUBELET}/ssl`]);
    assert.deepEqual(mounted.changes, [`remove ${KUBELET}/pods`]);
  });
});
