import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import type { UpgradeContext, UpgradeSpec } from '../../../../src/phases/upgrade/context.ts';
import { precheck } from '../../../../src/phases/upgrade/precheck.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';
import { fakeRuntime } from '../../fake-runtime.ts';
import { apiServer } from '../../kubernetes/api-server.ts';

const MACHINE_ID = '0123456789abcdef0123456789abcdef';
const SPEC: UpgradeSpec = { drain: false, drainTimeoutMs: 1000, migrateRuntime: false };

/** What one of the checks says of a node; undefined where it passes. */
async function verdict(
  check: string,
  node: FakeNode,
  parts: Partial<UpgradeContext> = {},
): Promise<EdgeadmError | undefined> {
  const phase = precheck.phases?.find(({ name }) => name === check);
  const versions = { from: 'v1.22.1', to: 'v1.24.1', cluster: 'v1.24.1' };
  const context = { spec: SPEC, host: fakeHost(node), versions, ...parts };
  const ran = phase?.run?.(context as unknown as Parameters<NonNullable<typeof phase.run>>[0]);
  assert.ok(ran);
  return ran.then(
    () => undefined,
    (error: unknown) => {
      assert.ok(error instanceof EdgeadmError, String(error));
      return error;
    },
  );
}

const flags = (text: string): FakeNode => ({
  files: { '/var/lib/kubelet/kubeadm-flags.env': `KUBELET_KUBEADM_ARGS="${text}"\n` },
});

describe('what an upgrade checks before it changes anything', () => {
  it('a node with docker is told why 1.24 is not for it, and the three ways on', async () => {
    const error = await verdict('runtime', flags('--container-runtime=docker --network-plugin=cni'));
    assert.equal(error?.code, 'UPGRADE_RUNTIME');
    assert.match(error?.why ?? '', /dockershim/);
    assert.match(
      error?.next ?? '',
      /reset, and join it again with containerd\nor: install cri-dockerd.*\nor: run edgeadm upgrade --migrate-runtime/,
    );
  });

  it('containerd may go to 1.24, and docker to 1.23', async () => {
    assert.equal(await verdict('runtime', flags('--container-runtime=remote')), undefined);
    const versions = { from: 'v1.22.1', to: 'v1.23.1', cluster: 'v1.24.1' };
    assert.equal(await verdict('runtime', flags('--container-runtime=docker'), { versions }), undefined);
  });

  it('without a bundle the kubelet must be there already', async () => {
    const there = { files: { '/usr/bin/kubelet': 'x' }, commands: { '/usr/bin/kubelet': 'Kubernetes v1.24.1\n' } };
    assert.equal(await verdict('bundle', there), undefined);
    const older = { ...there, commands: { '/usr/bin/kubelet': 'Kubernetes v1.22.1\n' } };
    const error = await verdict('bundle', older);
    assert.equal(error?.code, 'BUNDLE_NEEDED');
    assert.match(error?.why ?? '', /no bundle was given; the node has v1\.22\.1/);
  });

  it('a target that the machine cannot run is refused before anything is changed', async () => {
    const log = { warning() {}, info() {}, debug() {} } as unknown as UpgradeContext;
    const versions = { from: 'v1.30.7-aliyun.1', to: 'v1.31.1-aliyun.1', cluster: 'v1.31.1-aliyun.1' };
    const rhel = { id: 'rhel', name: 'Red Hat Enterprise Linux', version: '8.8', pretty: 'RHEL 8.8' };
    const leaves = await verdict('system', { facts: { os: rhel, kernel: '4.18.0-477' } }, { versions });
    assert.match(leaves?.why ?? '', /RHEL|Red Hat.* is not in the compatibility matrix for v1\.31\.1-aliyun\.1/);
    const accepted = { facts: { os: { ...rhel, version: '8.7' }, kernel: '4.18.0-425' } };
    assert.equal(await verdict('system', accepted, { versions, log } as Partial<UpgradeContext>), undefined);
    const plain = { from: 'v1.30.1', to: 'v1.31.1', cluster: 'v1.31.1' };
    assert.equal(await verdict('system', accepted, { versions: plain }), undefined);
    const old = await verdict('system', { facts: { kernel: '3.4.0' } }, { versions: plain });
    assert.match(old?.why ?? '', /kernel 3\.4\.0: v1\.31\.1 needs 3\.10 or newer/);
  });

  it('flags of the user that the new kubelet does not have are named before anything is changed', async () => {
    const warnings: string[] = [];
    const log = { warning: (text: string) => warnings.push(text), info() {}, debug() {} };
    const versions = { from: 'v1.36.3', to: 'v1.37.2', cluster: 'v1.37.2' };
    const node: FakeNode = {
      files: {
        '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--boot-id-file=/x --v=2\n',
        '/etc/sysconfig/kubelet': 'KUBELET_EXTRA_ARGS="--feature-gates=SidecarContainers=true"\n',
        '/var/lib/kubelet/config.yaml': 'featureGates: {AnyVolumeDataSource: true}\n',
      },
    };
    assert.equal(await verdict('kubelet', node, { versions, log } as Partial<UpgradeContext>), undefined);
    assert.deepEqual(warnings, [
      '/var/lib/kubelet/config.yaml: feature gate AnyVolumeDataSource is removed: 1.37 no longer knows it.',
      '/etc/default/kubelet: --boot-id-file is removed: 1.37 no longer has it.',
      '/etc/sysconfig/kubelet: feature gate SidecarContainers is removed: 1.37 no longer knows it.',
    ]);
  });

  it('an upgrade to a newer Kubernetes than this release knows says what is not known', async () => {
    const warnings: string[] = [];
    const log = { warning: (text: string) => warnings.push(text), info() {}, debug() {} };
    const versions = { from: 'v1.37.2', to: 'v1.39.0', cluster: 'v1.39.0' };
    const connect = fakeRuntime({ name: 'containerd', version: '1.7.24', apis: ['v1'] });
    await verdict('kubelet', { connect }, { versions, log } as Partial<UpgradeContext>);
    assert.match(
      warnings[0] ?? '',
      /v1\.39\.0: which flags and settings its kubelet dropped .* since 1\.37 is not known/,
    );
    assert.match(warnings[1] ?? '', /^containerd 1\.7\.24 does not say which cgroup driver.*Install containerd 2\.$/);
  });

  it('an upgrade to 1.36 names the FlexVolume drivers of the node', async () => {
    const warnings: string[] = [];
    const log = { warning: (text: string) => warnings.push(text), info() {}, debug() {} };
    const versions = { from: 'v1.35.4', to: 'v1.36.3', cluster: 'v1.36.3' };
    const folder = '/usr/libexec/kubernetes/kubelet-plugins/volume/exec';
    const node = { files: { [`${folder}/alicloud~disk/disk`]: '' } };
    await verdict('kubelet', node, { versions, log } as Partial<UpgradeContext>);
    assert.match(warnings.join(), /exec has FlexVolume drivers: alicloud~disk\. Move the volumes to a CSI driver/);
  });

  it('an upgrade to 1.36 names the pods of the node with gitRepo volumes', async () => {
    const warnings: string[] = [];
    const log = { warning: (text: string) => warnings.push(text), info() {}, debug() {} };
    const pods = '/var/lib/kubelet/pods';
    const files = { [`${pods}/a1/volumes/kubernetes.io~git-repo/code/f`]: '', [`${pods}/b2/etc-hosts`]: '' };
    for (const [from, to] of [
      ['v1.34.4', 'v1.35.4'],
      ['v1.35.4', 'v1.36.3'],
      ['v1.36.3', 'v1.37.2'],
    ] as const)
      await verdict('kubelet', { files }, { versions: { from, to, cluster: to }, log } as Partial<UpgradeContext>);
    assert.deepEqual(
      warnings.filter((text) => text.includes('gitRepo')),
      [
        'Pods with gitRepo volumes (UIDs a1) do not start from 1.36 on. Clone the repository in an init container into an emptyDir volume instead.',
      ],
    );
  });

  it('a full disk is told with what is free and what is needed', async () => {
    const df = 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100000 99000 1000 99% /\n';
    const error = await verdict('disk', { commands: { df } });
    assert.equal(error?.code, 'UPGRADE_CHECK_FAILED');
    assert.match(error?.why ?? '', /^\/: 1 MiB free, 64 MiB needed$/);
  });

  it('a kubelet that is just being restarted is waited for, one that is stopped is not', async () => {
    const ready = { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { machineID: MACHINE_ID } };
    const health = async (detail: string): Promise<EdgeadmError | undefined> => {
      const host = fakeHost({ units: { 'kubelet.service': { active: false, detail } } });
      let asked = 0;
      const server = await apiServer(() => {
        if (++asked === 2) void host.startUnit('kubelet.service');
        return { status: 200, body: { status: ready } };
      });
      const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
      try {
        const { signal } = new AbortController();
        return await verdict('health', {}, { host, client, nodeName: 'n1', ...{ wet: true, waitFor, signal } });
      } finally {
        client.close();
      }
    };
    assert.equal(await health('activating (start-pre)'), undefined);
    const error = await health('inactive (dead)');
    assert.equal(error?.code, 'UPGRADE_CHECK_FAILED');
    assert.match(error?.why ?? '', /^kubelet\.service is inactive/);
  });
});
