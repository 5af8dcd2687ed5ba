import assert from 'node:assert/strict';
import { cniPluginFolders } from '../../../../src/kubernetes/cri/cni-folders.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';

const CRI = '[plugins."io.containerd.grpc.v1.cri".cni]';

/**
 * What `containerd config dump` says of its folders. Sources: 1.7.24~ds1-6+deb13u1 (Debian), and
 * upstream's 1.7.24 and 2.4.2.
 */
const DEBIAN = `version = 2\n${CRI}\n  bin_dir = "/usr/lib/cni"\n`;
const UPSTREAM = `version = 2\n${CRI}\n  bin_dir = "/opt/cni/bin"\n`;
const UPSTREAM_2 = `version = 4\n[plugins.'io.containerd.cri.v1.runtime'.cni]\n  bin_dirs = ['/opt/cni/bin']\n`;

const ROWS: readonly (readonly [
  title: string,
  file: string | undefined,
  commands: FakeNode['commands'],
  folders: readonly string[],
])[] = [
  ['a file that names one', DEBIAN, {}, ['/usr/lib/cni']],
  ["no file, Debian's containerd", undefined, { 'containerd config dump': DEBIAN }, ['/usr/lib/cni']],
  ["a file without folders, Debian's", 'version = 2\n', { 'containerd config dump': DEBIAN }, ['/usr/lib/cni']],
  ["a file without folders, upstream's", 'version = 2\n', { 'containerd config dump': UPSTREAM }, ['/opt/cni/bin']],
  ['containerd 2', 'version = 4\n', { 'containerd config dump': UPSTREAM_2 }, ['/opt/cni/bin']],
  ['no containerd yet', undefined, {}, ['/opt/cni/bin']],
  ['a containerd that does not start', undefined, { containerd: { exitCode: 1 } }, ['/opt/cni/bin']],
  ['an answer that is no TOML', undefined, { 'containerd config dump': 'panic: x' }, ['/opt/cni/bin']],
];

describe('folders of CNI plug-ins', () => {
  for (const [title, file, commands, folders] of ROWS)
    it(`the folders in which containerd looks for CNI plug-ins are those in force: ${title}`, async () => {
      const host = fakeHost({ files: { '/etc/containerd/config.toml': file }, commands });
      assert.deepEqual(await cniPluginFolders(host), folders);
    });
});
