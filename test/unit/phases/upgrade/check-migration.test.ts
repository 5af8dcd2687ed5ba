import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { checkMigration } from '../../../../src/phases/upgrade/check-migration.ts';
import type { UpgradeContext } from '../../../../src/phases/upgrade/context.ts';
import { precheck } from '../../../../src/phases/upgrade/precheck.ts';
import type { PhaseTools } from '../../../../src/workflow/phase.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';
import { apiServer } from '../../kubernetes/api-server.ts';
import { recordedLog } from '../../recorded-log.ts';

const APP = {
  spec: { containers: [{ image: 'localhost/app:1' }], initContainers: [{ image: 'registry.example/init' }] },
};
/** Of docker 20.10 with two pods' containers and sandboxes. */
const docker = (args: readonly string[]): { exitCode: number; stdout: string } => {
  if (args[0] === 'ps') return { exitCode: 0, stdout: 'a1\nb1\na2\nb2\n' };
  if (args[0] === 'image') return { exitCode: args.at(-1) === 'localhost/app:1' ? 0 : 1, stdout: '1976331\n' };
  return { exitCode: 0, stdout: '20.10.24+dfsg1\n' };
};
const NODE: FakeNode = {
  commands: { docker, ctr: '', containerd: 'containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1\n' },
  units: { 'containerd.service': { exists: true } },
  files: {
    '/etc/cni/net.d/10-flannel.conflist': '{}',
    '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS="--network-plugin=cni"\n',
  },
};

/** A check of the upgrade to 1.24, where docker ends: what it says of the node. */
async function precheckOf(name: string, node: FakeNode, parts: object): Promise<EdgeadmError | undefined> {
  const server = await apiServer(() => ({ status: 200, body: { items: [APP] } }));
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const versions = { from: 'v1.23.1', to: 'v1.24.1', cluster: 'v1.24.1' };
  const given = { host: fakeHost(node), client, nodeName: 'n1', versions, spec: { drain: false }, log: recordedLog() };
  const phase = precheck.phases?.find((each) => each.name === name);
  try {
    await phase?.run?.({ ...given, underWay: () => undefined, ...parts } as unknown as UpgradeContext & PhaseTools);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof EdgeadmError, String(error));
    return error;
  } finally {
    client.close();
  }
}

/** What is said of a node, and the error where there is one. */
async function check(node: FakeNode, drain = false): Promise<{ log: readonly string[]; error?: EdgeadmError }> {
  const server = await apiServer(() => ({ status: 200, body: { items: [APP] } }));
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const log = recordedLog();
  const versions = { from: 'v1.20.2', to: 'v1.20.3', cluster: 'v1.20.3' };
  const context = { host: fakeHost(node), client, nodeName: 'n1', versions, spec: { drain }, log };
  try {
    await checkMigration(context as unknown as Parameters<typeof checkMigration>[0]);
    return { log: log.lines };
  } catch (error) {
    assert.ok(error instanceof EdgeadmError, String(error));
    return { log: log.lines, error };
  } finally {
    client.close();
  }
}

describe('what is checked before pods move from docker to containerd', () => {
  it('says that the pods stop, which image is copied, and which one will be pulled', async () => {
    const { log, error } = await check(NODE);
    assert.equal(error, undefined);
    const text = log.join('\n');
    assert.match(text, /their 4 docker containers end, and containerd recreates them; with --drain/);
    assert.match(text, /localhost\/app:1 will be copied from docker/);
    assert.match(
      text,
      /registry\.example\/init:latest is neither on the node nor in the bundle: containerd will pull it/,
    );
  });

  it('the upgrade that a node with docker or without a new kubelet is advised is not refused again', async () => {
    const flags = 'KUBELET_KUBEADM_ARGS="--container-runtime=docker --network-plugin=cni"\n';
    const node = { ...NODE, files: { ...NODE.files, '/var/lib/kubelet/kubeadm-flags.env': flags } };
    const refused = await precheckOf('runtime', node, {});
    assert.equal(refused?.code, 'UPGRADE_RUNTIME');
    assert.match(refused?.next ?? '', /edgeadm upgrade --migrate-runtime/);
    assert.equal(await precheckOf('runtime', node, { fromDocker: true }), undefined);
    const missing = await precheckOf('bundle', NODE, {});
    assert.equal(missing?.next, 'edgeadm upgrade --bundle DIR|TGZ|URL');
    const manifest = { kubernetesVersion: 'v1.24.1', files: [{ kind: 'kubelet', path: 'kubelet' }] };
    assert.equal(await precheckOf('bundle', NODE, { bundle: { manifest, origin: '/opt/bundle' } }), undefined);
  });

  it('does not advise a drain that was asked for', async () => {
    assert.doesNotMatch((await check(NODE, true)).log.join('\n'), /--drain/);
  });

  it('names everything that is in the way', async () => {
    const { error } = await check({ files: { '/etc/cni/net.d/README': '' } });
    assert.equal(error?.code, 'UPGRADE_CHECK_FAILED');
    assert.match(error?.why ?? '', /docker does not answer/);
    assert.match(error?.why ?? '', /containerd\.service does not exist, and no bundle contains containerd/);
    assert.match(error?.why ?? '', /\/etc\/cni\/net\.d has no CNI configuration \(--network-plugin is none\)/);
  });

  it('refuses a containerd that does not speak what the kubelet speaks', async () => {
    const commands = {
      ...NODE.commands,
      containerd: 'containerd github.com/containerd/containerd/v2 v2.0.1 88aa2f5\n',
    };
    const { error } = await check({ ...NODE, commands });
    assert.match(error?.why ?? '', /containerd 2 supports only CRI v1, kubelet v1\.20\.3 needs v1alpha2/);
  });
});
