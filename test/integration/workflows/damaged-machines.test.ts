import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { PATHS } from '../../../src/host/node-paths.ts';
import { type BedNode, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';

/** What can become of a text, and what can have its name. */
const DAMAGES: Readonly<Record<string, (was: Buffer) => string | Buffer>> = {
  empty: () => '',
  zeros: (was) => Buffer.alloc(was.length || 100),
  'cut in half': (was) => was.subarray(0, was.length / 2),
  'of another type': () => '5',
  'nested deeply': () => '['.repeat(10_000),
  'with a byte order mark and line ends of Windows': (was) => `\ufeff${String(was).replaceAll('\n', '\r\n')}`,
  'in UTF-16': (was) => Buffer.from(`\ufeff${was}`, 'utf16le'),
  huge: (was) => (was.length > 0 ? String(was) : 'a\n').repeat(5_000_000 / (was.length || 2)),
};
const PLACES: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a folder': (path) => mkdir(path),
  'a named pipe': (path) => execa('mkfifo', [path]),
  'a symlink to itself': (path) => symlink(path, path),
  'a symlink to nothing': (path) => symlink('/nowhere/at/all', path),
};
const KINDS = [...Object.keys(DAMAGES), ...Object.keys(PLACES)];

const hub = PATHS.edgeHub;
/** Texts by others that a join, a reset or both read on a node. */
const FILES = [
  '/boot/config-5.4.0-100',
  '/etc/containerd/config.toml',
  '/etc/default/kubelet',
  '/etc/docker/daemon.json',
  '/etc/fstab',
  '/etc/hosts',
  '/etc/modprobe.d/site.conf',
  '/etc/resolv.conf',
  '/etc/selinux/config',
  '/etc/sysconfig/kubelet',
  '/etc/systemd/zram-generator.conf',
  '/etc/ufw/ufw.conf',
  '/etc/ufw/user.rules',
  '/proc/cgroups',
  '/proc/cmdline',
  '/proc/config.gz',
  '/proc/filesystems',
  '/proc/modules',
  '/proc/mounts',
  '/proc/net/ip_tables_names',
  '/proc/net/tcp',
  '/proc/swaps',
  '/run/systemd/resolve/resolv.conf',
  '/sys/devices/system/cpu/online',
  '/sys/fs/selinux/enforce',
  '/sys/module/apparmor/parameters/enabled',
  '/etc/cni/net.d/10-site.conflist',
  '/etc/systemd/system/kubelet.service.d/20-site.conf',
];
/** Files of a node that was joined. */
const JOINED = [
  '/var/lib/cni/results/cbr0-c1-eth0',
  '/etc/kubernetes/manifests/site.yaml',
  PATHS.flannel.subnet,
  PATHS.kubelet.configuration,
  PATHS.kubelet.flags,
  PATHS.kubelet.kubeconfig,
  PATHS.kubelet.clientCertificate,
  PATHS.kubelet.unitFile,
  PATHS.kubernetes.caCertificate,
  PATHS.system.osRelease,
  '/etc/machine-id',
  `${hub.directory}/edge-hub.conf`,
  `${hub.directory}/pki/edge-hub-current.pem`,
  ...FILES.slice(0, 3),
];

async function damage(node: BedNode, path: string, kind: string): Promise<void> {
  const here = join(node.root, path);
  await mkdir(dirname(here), { recursive: true });
  const was = await readFile(here).catch(() => Buffer.from('a: [1]\n'));
  await rm(here, { recursive: true, force: true });
  const place = PLACES[kind];
  await (place ? place(here) : writeFile(here, DAMAGES[kind]?.(was) ?? ''));
}

const ALL = process.env.EDGEADM_TEST_EVERY_CHANGE !== undefined;
const RUNS = { numRuns: ALL ? 1000 : 12 };
const pairs = (paths: readonly string[]): fc.Arbitrary<[path: string, kind: string]> =>
  fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...KINDS));

describe('a machine with a damaged file', function () {
  this.timeout(ALL ? 3_600_000 : 180_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  const errorOf = async (work: Promise<unknown>): Promise<EdgeadmError | undefined> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) return undefined;
    assert.ok(error instanceof EdgeadmError && error.code !== 'INTERNAL', String((error as Error).stack));
    return error;
  };

  it('a machine with a damaged file joins or is refused unchanged, and can be reset all the same', async () => {
    await fc.assert(
      fc.asyncProperty(pairs(FILES), async ([path, kind]) => {
        const node = await bed.node();
        await damage(node, path, kind);
        const before = await node.photograph().catch(() => undefined);
        const error = await errorOf(node.join());
        if (error?.code === 'PREFLIGHT_FAILED')
          assert.deepEqual(await node.photograph().catch(() => undefined), before);
        await node.reset({ spec: { force: false } });
        await node.remove();
      }),
      { ...RUNS },
    );
  });

  it('a joined machine is reset, whichever of its files was damaged since', async () => {
    await fc.assert(
      fc.asyncProperty(pairs(JOINED), async ([path, kind]) => {
        const node = await bed.node();
        await node.join();
        await damage(node, path, kind);
        await node.reset({ spec: { force: false } });
        assert.deepEqual(await node.machine().list('/var/lib/kubelet'), []);
        assert.equal(await node.machine().stat(PATHS.edgeadm.journal), undefined);
        await node.remove();
      }),
      { ...RUNS },
    );
  });
});
