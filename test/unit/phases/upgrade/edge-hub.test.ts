import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import type { Bundle } from '../../../../src/artifacts/bundle.ts';
import { type EdgeHubOptions, edgeHubFiles } from '../../../../src/edge-hub/edge-hub.ts';
import type { InstalledHub } from '../../../../src/edge-hub/releases.ts';
import type { Journal } from '../../../../src/host/journal/journal.ts';
import { withNode } from '../../../../src/host/node-session.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import type { UpgradeSpec } from '../../../../src/phases/upgrade/context.ts';
import { checkEdgeHub, checkHubSetup, installEdgeHub } from '../../../../src/phases/upgrade/edge-hub.ts';
import { restoreVersion } from '../../../../src/phases/upgrade/roll-back.ts';
import { type FakeHost, fakeHost } from '../../fake-host.ts';
import { recordedLog } from '../../recorded-log.ts';

const OLD_PATH = '/etc/kubernetes/manifests/yurt-hub.yaml';
const NEW_PATH = '/etc/kubernetes/manifests/yurthub.yaml';
const VERSIONS = { from: 'v1.20.2', to: 'v1.21.3', cluster: 'v1.21.3' };

const hubOptions = (image: string, more: Partial<EdgeHubOptions> = {}): EdgeHubOptions => ({
  flavor: 'openyurt',
  kubernetesVersion: 'v1.21.3',
  image,
  nodeName: 'edge-1',
  apiServers: ['https://10.0.0.1:6443'],
  nodePool: 'hangzhou',
  caPem: 'ca',
  ...more,
});

/** The manifest that a join writes for this hub. */
function joined(image: string, more: Partial<EdgeHubOptions> = {}): { path: string; pod: V1Pod } {
  const { files, manifestPath } = edgeHubFiles(hubOptions(image, more));
  const file = files.find(({ path }) => path === manifestPath);
  return { path: manifestPath, pod: load(file && 'content' in file ? file.content : '') as V1Pod };
}

const manifestOn = async (host: FakeHost, path: string): Promise<V1Pod> => load((await host.read(path)) ?? '') as V1Pod;

function parts(image: string, hub: InstalledHub, versions = VERSIONS) {
  const bundle = { manifest: { edgeHubImage: image, edgeHubFlavor: hub.flavor } } as unknown as Bundle;
  const hubAfter: InstalledHub = { image, flavor: hub.flavor };
  const hubs = { hub, hubAfter, namesHub: true, changesHub: true };
  return { ...hubs, bundle, spec: {} as UpgradeSpec, nodeName: 'edge-1', versions, log: recordedLog() };
}

async function upgraded(from: string, to: string, more: Partial<EdgeHubOptions> = {}): Promise<FakeHost> {
  const old = joined(from, more);
  const host = fakeHost({ files: { [old.path]: JSON.stringify(old.pod) } });
  await installEdgeHub({ ...parts(to, { image: from, flavor: 'openyurt' }), host });
  return host;
}

describe('the edge-hub of a node that is upgraded', () => {
  const hub = (version: string): string => `openyurt/yurthub:v${version}`;

  for (const [from, to] of [
    ['0.5.0', '0.7.1'],
    ['0.7.1', '1.3.0'],
    ['0.5.0', '1.4.0'],
    ['1.3.0', '1.4.0'],
  ] as const) {
    for (const more of [{}, { enableIptables: true }, { enableDummyInterface: false }]) {
      it(`from yurthub ${from} to ${to} has the manifest that a join of ${to} writes, ${JSON.stringify(more)}`, async () => {
        const host = await upgraded(hub(from), hub(to), more);
        const wanted = joined(hub(to), more);
        assert.deepEqual(await manifestOn(host, wanted.path), wanted.pod);
        const manifests = await host.list('/etc/kubernetes/manifests');
        assert.deepEqual(manifests, [wanted.path.split('/').at(-1)]);
      });
    }
  }

  it('from yurthub 1.6 to 1.7 is given the hash of the CA and the address of the node, and needs a node pool', async () => {
    const journal = { joined: { cluster: '4f1c', node: 'edge-1' } } as unknown as Journal;
    const old = joined(hub('1.6.1'));
    const files = {
      [old.path]: JSON.stringify(old.pod),
      '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.5"\n',
    };
    const host = fakeHost({ files });
    const context = { ...parts(hub('1.7.0'), { image: hub('1.6.1'), flavor: 'openyurt' }), journal, host };
    await checkHubSetup(context);
    await installEdgeHub(context);
    const wanted = joined(hub('1.7.0'), { caHash: '4f1c', nodeIp: '10.0.0.5' });
    assert.deepEqual(await manifestOn(host, wanted.path), wanted.pod);
    const poolless = fakeHost({
      files: { [old.path]: JSON.stringify(joined(hub('1.6.1'), { nodePool: undefined }).pod) },
    });
    await assert.rejects(checkHubSetup({ ...context, host: poolless }), { code: 'UPGRADE_CHECK_FAILED' });
  });

  it('keeps what its owner changed in the manifest', async () => {
    const { pod } = joined(hub('0.7.1'));
    const [container] = pod.spec?.containers ?? [];
    container?.command?.push('--v=5');
    if (container) container.resources = { limits: { memory: '1Gi' } };
    const host = fakeHost({ files: { [OLD_PATH]: JSON.stringify(pod) } });
    await installEdgeHub({ ...parts(hub('1.3.0'), { image: hub('0.7.1'), flavor: 'openyurt' }), host });
    const [now] = (await manifestOn(host, NEW_PATH)).spec?.containers ?? [];
    assert.deepEqual(now?.resources, { limits: { memory: '1Gi' } });
    assert.ok(now?.command?.includes('--v=5'));
    assert.ok(now?.command?.includes('--bootstrap-file=/var/lib/yurthub/bootstrap-hub.conf'));
  });

  it('killed between the two manifests is left with the new one alone by the next run', async () => {
    const [before, after] = [joined(hub('0.7.1')), joined(hub('1.3.0'))];
    const files = { [OLD_PATH]: JSON.stringify(before.pod), [NEW_PATH]: JSON.stringify(after.pod) };
    const host = fakeHost({ files });
    await installEdgeHub({ ...parts(hub('1.3.0'), { image: hub('1.3.0'), flavor: 'openyurt' }), host });
    assert.deepEqual(await manifestOn(host, NEW_PATH), after.pod);
    assert.equal(await host.read(OLD_PATH), undefined);
  });

  it('loses --enable-iptables if the new edge-hub of the vendor does not know it', async () => {
    const image = 'registry.example.com/acs/edge-hub:v1';
    const { path, pod } = joined(image, { flavor: 'ack', kubernetesVersion: 'v1.20.2', enableIptables: true });
    const host = fakeHost({ files: { [path]: JSON.stringify(pod) } });
    const versions = { from: 'v1.20.2', to: 'v1.22.1', cluster: 'v1.22.1' };
    await installEdgeHub({
      ...parts('registry.example.com/acs/edge-hub:v2', { image, flavor: 'ack' }, versions),
      host,
    });
    const command = (await manifestOn(host, path)).spec?.containers[0]?.command ?? [];
    assert.ok(!command.some((word) => word.startsWith('--enable-iptables')), command.join(' '));
  });

  for (const [what, image, installed, versions, why] of [
    [
      'a yurthub that does not work with the cluster',
      hub('0.6.0'),
      { image: hub('0.5.0'), flavor: 'openyurt' },
      { from: 'v1.21.3', to: 'v1.22.1', cluster: 'v1.22.1' },
      /certificates\.k8s\.io\/v1beta1/,
    ],
    [
      'a yurthub of a version that is not known',
      hub('1.2.0'),
      { image: hub('0.7.1'), flavor: 'openyurt' },
      VERSIONS,
      /supported: /,
    ],
    [
      'an edge-hub that keeps its certificates in another folder',
      'acs/edge-hub:v2',
      { image: 'acs/edge-hub:v1', flavor: 'ack' },
      { from: 'v1.14.8-aliyunedge.1', to: 'v1.16.9-aliyunedge.1', cluster: 'v1.16.9-aliyunedge.1' },
      /\/var\/lib\/edge-hub, the installed one in \/etc\/kubernetes\/edge-hub/,
    ],
  ] as const) {
    it(`${what} is refused before anything is changed`, async () => {
      await assert.rejects(checkEdgeHub(parts(image, installed, versions)), { code: 'UPGRADE_CHECK_FAILED', why });
    });
  }

  it('the edge-hub of a node that is upgraded is put back with its old manifest by a roll-back, and nothing is left of the new one', async () => {
    const root = await mkdtemp(join(tmpdir(), 'edgeadm-hub-'));
    try {
      const machine = scratchMachine(root);
      const { pod } = joined(hub('0.7.1'));
      const before = `${JSON.stringify(pod)}\n`;
      await withNode(machine, { command: 'upgrade', version: '0', changes: true }, async ({ host, plain, journal }) => {
        await plain.write(OLD_PATH, before, { mode: 0o600 });
        const note = { kind: 'upgrade', from: 'v1.20.2', to: 'v1.21.3', cordoned: false, pods: [], time: '' } as const;
        await journal.append(note);
        await installEdgeHub({ ...parts(hub('1.3.0'), { image: hub('0.7.1'), flavor: 'openyurt' }), host });
        assert.deepEqual(await plain.list('/etc/kubernetes/manifests'), ['yurthub.yaml']);
        const { left } = await restoreVersion(plain, journal, recordedLog());
        assert.deepEqual(left, []);
        assert.deepEqual(await plain.list('/etc/kubernetes/manifests'), ['yurt-hub.yaml']);
        assert.equal(await plain.read(OLD_PATH), before);
      });
      await machine.close();
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
