import type { Entry } from '../../../../src/host/journal/entry.ts';
import { JournalRecord } from '../../../../src/host/journal/record.ts';
import { assertFinds, assertOk, type Case } from './context.ts';

/** What an earlier join of this node noted. */
const noted = (...entries: Entry[]) => ({ journal: new JournalRecord(entries) });
const MEMBER = { membership: async () => ({ caHash: 'ab', nodeName: 'edge-1', complete: true }) };

const listening = (...ports: number[]) =>
  ports
    .map(
      (port, i) =>
        `   ${i}: 00000000:${port.toString(16).toUpperCase()} 00000000:0000 0A 00000000:00000000 00:0 0 0 0 1060 1\n`,
    )
    .join('');
const ssOf = (port: number, process: string) =>
  `LISTEN 0      4096   127.0.0.1:${port}   0.0.0.0:*    users:(("${process}",pid=42,fd=20))\n`;

describe('Port-*', () => {
  it('a port on which nobody listens is free, whoever is connected through it', () => {
    const connected = '   0: 0100007F:280A 0100007F:C350 01 00000000:00000000 00:0 0 0 0 1060 1\n';
    return assertOk('Port-10250', { machine: { files: { '/proc/net/tcp': connected } } });
  });

  it('a port that is taken: by whom', () => {
    const machine = { files: { '/proc/net/tcp': listening(10250) }, commands: { ss: ssOf(10250, 'nginx') } };
    return assertFinds('Port-10250', 'error', /used by nginx/, { machine });
  });

  it('Port-*: also over IPv6, and if ss is missing', () => {
    const line = `   0: ${'0'.repeat(32)}:2808 ${'0'.repeat(32)}:0000 0A 00000000:00000000 00:0 0 0 0 1060 1\n`;
    return assertFinds('Port-10248', 'error', /unknown process/, { machine: { files: { '/proc/net/tcp6': line } } });
  });

  it("a kubelet of something else: an error; this node's own after a join: fine", async () => {
    const machine = { files: { '/proc/net/tcp': listening(10250) }, commands: { ss: ssOf(10250, 'kubelet') } };
    await assertFinds('Port-10250', 'error', /used by kubelet/, { machine });
    await assertOk('Port-10250', { machine, node: MEMBER }, /from the earlier join/);
  });

  it("the edge-hub's port, held by a pod of this node after a join, whatever its program is called", async () => {
    const files = { '/proc/net/tcp': listening(10261), '/proc/42/cgroup': '4:memory:/kubepods.slice/pod1/c1\n' };
    await assertOk('Port-10261', { machine: { files, commands: { ss: ssOf(10261, 'busybox') } }, node: MEMBER });
  });

  it('a stranger on a port remains an error after a join', () => {
    const machine = { files: { '/proc/net/tcp': listening(10261) }, commands: { ss: ssOf(10261, 'nginx') } };
    return assertFinds('Port-10261', 'error', /nginx/, { machine, node: MEMBER });
  });

  it('ports of the edge-hub do not count if none is installed', () =>
    assertFinds('Port-10267', 'skipped', /no edge-hub/, {
      machine: { files: { '/proc/net/tcp': listening(10267) } },
      node: { edgeHub: async () => undefined },
    }));
});

describe('FileAvailable--* and DirAvailable--*', () => {
  const kubeletConf = '/etc/kubernetes/kubelet.conf';
  const check = 'FileAvailable--etc-kubernetes-kubelet.conf';

  it('nothing is there: fine', () => assertOk(check));

  it('a kubeconfig of something else: the node belongs to another', () =>
    assertFinds(check, 'error', /joined with another tool/, {
      machine: { files: { [kubeletConf]: 'apiVersion: v1' } },
    }));

  it('a kubeconfig that edgeadm wrote is no obstacle to a second join', () => {
    const node = noted({ kind: 'file', path: kubeletConf, before: { type: 'absent' }, phase: 'join-node' });
    return assertOk(check, { machine: { files: { [kubeletConf]: '' } }, node });
  });

  it('what appeared in a folder that edgeadm claimed is its own, what was there before is not', async () => {
    const hub = '/etc/kubernetes/manifests/edge-hub.yaml';
    const node = noted({
      kind: 'claim',
      path: '/etc/kubernetes/manifests',
      had: ['other.yaml'],
      phase: 'prepare-node',
    });
    const machine: Case['machine'] = { files: { [hub]: '' } };
    await assertOk('DirAvailable--etc-kubernetes-manifests', { machine, node });
    const files = { ...machine.files, '/etc/kubernetes/manifests/other.yaml': '' };
    const both = { machine: { files }, node };
    await assertFinds('DirAvailable--etc-kubernetes-manifests', 'error', /contains other\.yaml/, both);
  });

  it('static pods of something else would be started: an error that names them', () =>
    assertFinds('DirAvailable--etc-kubernetes-manifests', 'error', /kube-apiserver\.yaml/, {
      machine: { files: { '/etc/kubernetes/manifests/kube-apiserver.yaml': '' } },
    }));

  it('an empty folder of manifests, as packages of the kubelet make it, is fine', () =>
    assertOk('DirAvailable--etc-kubernetes-manifests', {
      machine: { files: { '/etc/kubernetes/manifests': { directory: true } } },
    }));

  it('certificates of an earlier edge-hub: a warning, since they are replaced', () =>
    assertFinds('DirAvailable--var-lib-edge-hub', 'warning', /are replaced/, {
      machine: { files: { '/var/lib/edge-hub/pki/edge-hub-current.pem': '' } },
    }));
});

describe('CNIConflict', () => {
  const folder = '/etc/cni/net.d';
  const bridge = JSON.stringify({ name: 'a', plugins: [{ type: 'bridge' }, { type: 'portmap' }] });
  const loopback = JSON.stringify({ cniVersion: '0.3.1', type: 'loopback' });

  it('shows the configuration that pods will get', async () => {
    await assertOk('CNIConflict');
    await assertOk('CNIConflict', { machine: { files: { [`${folder}/10-a.conflist`]: bridge } } }, /10-a.*bridge/);
  });

  it('warns about a loopback configuration that comes first by name', () =>
    assertFinds('CNIConflict', 'warning', /0-loopback\.conf.*configures only loopback/, {
      machine: { files: { [`${folder}/0-loopback.conf`]: loopback, [`${folder}/10-a.conflist`]: bridge } },
    }));

  it("does not mind one that comes after the cluster's own", () =>
    assertOk('CNIConflict', {
      machine: { files: { [`${folder}/10-a.conflist`]: bridge, [`${folder}/99-loopback.conf`]: loopback } },
    }));

  it("warns about one that stands before Flannel's", () =>
    assertFinds('CNIConflict', 'warning', /sorts before Flannel's 10-flannel\.conflist/, {
      machine: { files: { [`${folder}/05-podman.conflist`]: bridge } },
      spec: { allowedClusterAddons: ['flannel'] },
    }));

  it('warns about a first file that is no configuration', () =>
    assertFinds('CNIConflict', 'warning', /not a CNI configuration/, {
      machine: { files: { [`${folder}/00-x.conf`]: '{' } },
    }));

  // libcni/conf.go: a plug-in without a type makes the whole file useless.
  for (const text of ['{"type":5}', '{"type":""}', '{"plugins":[{"type":"bridge"},{}]}', '[]', 'null', '{"plugins":5}'])
    it(`warns about a first file in which a plug-in has no type: ${text}`, () =>
      assertFinds('CNIConflict', 'warning', /not a CNI configuration/, {
        machine: { files: { [`${folder}/00-x.conf`]: text } },
      }));

  it('ignores what the network of the joined node wrote itself', () => {
    const node = { ...MEMBER, ...noted({ kind: 'claim', path: folder, phase: 'prepare-node' }) };
    return assertOk('CNIConflict', { machine: { files: { [`${folder}/00-x.conf`]: '{' } }, node });
  });
});
