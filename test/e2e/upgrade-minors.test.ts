import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { minorOf } from '../../src/kubernetes/version.ts';
import { installCni, makeBundle, type Node, runPod, stateDir, world } from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, freshNode, inWorlds, joinNode, testBed, WITH_HUB } from './support.ts';
import { ok, resultOf, run } from './upgrade-bed.ts';

/** From the oldest kubelet that the control plane allows up to its own version. */
const VERSIONS = [...world.olderKubelets, world.kubernetes];
const [OLDEST = '', ...NEWER] = VERSIONS;
const NEWEST = world.kubernetes;
/** Kubelets since then read lists as watches, unless told otherwise. */
const FIRST_WATCH_LISTS = 35;
const KUBELETS = '/opt/kubelets';
const kubelets = join(stateDir, 'kubelets');
const ADMIN = '/root/admin.conf';

inWorlds('today')('edgeadm upgrade over minor versions of the kubelet', () => {
  sideBySide(
    {
      'one by one': oneByOne,
      'at once, as far as the skew policy allows, with a drain': atOnce,
    },
    bundles,
  );
});

/** The first one makes a node, the others have a kubelet and nothing else. */
async function bundles(): Promise<void> {
  await testBed();
  await makeBundle({ out: join(kubelets, 'join'), version: OLDEST });
  for (const version of NEWER) await makeBundle({ out: join(kubelets, version), version, kubeletOnly: true });
}

function oneByOne(test: Tell): void {
  const name = 'minors1';
  let node: Node;
  test(`a node is joined with kubelet ${OLDEST}`, async () => {
    node = await joined(name);
  });
  for (const [index, version] of NEWER.entries()) {
    test(`to ${version}: it says that upstream wants a drain, keeps the pod running, and the hub stays readable`, async () => {
      const before = await containerOf(name);
      const { stderr, stdout } = await ok(node, upgradeTo(version));
      const [from, to] = [VERSIONS[index] ?? '', version].map((each) => each.replace(/^v(\d+\.\d+).*/, '$1'));
      assert.match(stderr + stdout, new RegExp(`Kubernetes asks for a node to be drained .*\\(${from} to ${to}\\)`));
      await isAt(node, version);
      assert.equal(await containerOf(name), before);
    });
  }
}

function atOnce(test: Tell): void {
  const name = 'minors2';
  let node: Node;
  test(`a node is joined with kubelet ${OLDEST}`, async () => {
    node = await joined(name);
  });
  test(`to ${NEWEST} with a kubelet that does not start: ${OLDEST} runs again`, async () => {
    const dropIn = '/etc/systemd/system/kubelet.service.d/50-test.conf';
    const refuse = `/bin/sh -c '! /usr/bin/kubelet --version | grep -q ${NEWEST}'`;
    await node.write(dropIn, `[Service]\nExecStartPre=${refuse}\n`);
    await node.exec('systemctl', 'daemon-reload');
    const result = await run(node, [...upgradeTo(NEWEST), '--output', 'json']);
    assert.equal(result.exitCode, 1, result.stdout);
    assert.equal(resultOf(result).error.code, 'UPGRADE_RECOVERED');
    await node.exec('rm', dropIn);
    await node.exec('systemctl', 'daemon-reload');
    await isAt(node, OLDEST);
  });
  test(`to ${NEWEST}: the pod is evicted and the node takes pods again`, async () => {
    const { cluster } = await testBed();
    await node.write(ADMIN, await readFile(cluster.kubeconfig, 'utf8'), 0o600);
    const { stderr, stdout } = await ok(node, [...upgradeTo(NEWEST), '--drain', '--force', '--kubeconfig', ADMIN]);
    assert.match(stderr + stdout, /1 pod evicted/);
    assert.doesNotMatch(stderr + stdout, /Kubernetes asks for a node to be drained/);
    await isAt(node, NEWEST);
    assert.ok(await runPod(cluster, node, `${name}-again`));
  });
}

async function joined(name: string): Promise<Node> {
  const { cluster } = await testBed();
  const bind: [string, string][] = [
    [kubelets, KUBELETS],
    [join(kubelets, 'join'), BUNDLE],
  ];
  const node = await freshNode(name, { bind });
  await installCni(node, '10.244.0.0/24');
  await joinNode(node, [...WITH_HUB, '--kubernetes-version', OLDEST]);
  await isAt(node, OLDEST);
  await runPod(cluster, node, `${name}-app`);
  return node;
}

const upgradeTo = (version: string): string[] => ['upgrade', '--bundle', `${KUBELETS}/${version}`];

/** The node itself, as the cluster has it, read through its hub; and its kubelet reads lists that the hub has offline. */
async function isAt(node: Node, version: string): Promise<void> {
  const { cluster } = await testBed();
  const { name } = node;
  await cluster.waitForNode(name);
  const found = await cluster.get<{ spec: object; status: { nodeInfo: object } }>(`/api/v1/nodes/${name}`);
  assert.partialDeepStrictEqual(found?.status.nodeInfo, { kubeletVersion: version });
  assert.ok(!('unschedulable' in (found?.spec ?? {})), 'it takes pods');
  const read = await node.exec('curl', '-sS', '--fail-with-body', `http://127.0.0.1:10261/api/v1/nodes/${name}`);
  assert.equal(read.exitCode, 0, `${read.stderr}\n${read.stdout}`);
  assert.equal((JSON.parse(read.stdout) as { kind: string }).kind, 'Node');
  const { featureGates = {} } = load(await node.read('/var/lib/kubelet/config.yaml')) as {
    featureGates?: Record<string, boolean>;
  };
  const readsLists = minorOf(version) < FIRST_WATCH_LISTS ? undefined : false;
  assert.equal(featureGates.WatchListClient, readsLists, `WatchListClient of ${version}`);
}

async function containerOf(name: string): Promise<string | undefined> {
  const { cluster } = await testBed();
  const pod = await cluster.get<{ status: { containerStatuses: { containerID: string }[] } }>(
    `/api/v1/namespaces/default/pods/${name}-app`,
  );
  return pod?.status.containerStatuses[0]?.containerID;
}
