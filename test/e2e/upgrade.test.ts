import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  Cluster,
  difference,
  edgeHubImage,
  installCni,
  kubernetesVersion,
  laterVersion,
  makeBundle,
  type Node,
  type Photograph,
  photograph,
  projectDir,
  type Result,
  runPod,
  stateDir,
} from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, freshNode, MATRIX, testBed, traces, WITH_HUB } from './support.ts';

const OLD = kubernetesVersion;
const NEW = laterVersion;
/** Where nodes see the folder of {@link bundles}. */
const BUNDLES = '/opt/bundles';
const UPGRADE = ['upgrade', '--target-version', NEW, '--bundle', `${BUNDLES}/next`];
/** The list of runs, what kubelet and pods write of their own accord, and what the edge-hub remembers of the API. */
const PASSING = [
  '/var/lib/edgeadm/journal.jsonl',
  '/var/log',
  '/var/lib/kubelet/pods',
  '/var/lib/kubelet/cpu_manager_state',
  '/etc/kubernetes/cache',
];
/** Says that it is the new kubelet, and dies when it is started as one. */
const DYING_KUBELET = `#!/bin/sh\n[ "$1" = --version ] && exec echo 'Kubernetes ${NEW}'\necho 'panic: no' >&2; exit 1\n`;
const NEW_HUB = 'localhost/edge-hub:next';
/** An image that has no edge-hub in it. */
const BROKEN_HUB = 'localhost/edge-hub:broken';
const DROP_IN = '/etc/systemd/system/kubelet.service.d/50-test.conf';

/** Beginnings and middles of phases in which a run is killed, each by the next call of the same command. */
const KILLS: readonly Moment[] = [
  { phase: 'precheck/health' },
  { phase: 'back-up' },
  { phase: 'install/kubelet', after: 0.1 },
  { phase: 'install/configuration' },
  { phase: 'restart/kubelet' },
  { phase: 'verify' },
];

interface NodeView {
  spec: { unschedulable?: boolean };
  status: { nodeInfo: { kubeletVersion: string }; conditions: { type: string; status: string }[] };
}

describe('edgeadm upgrade', () => {
  let cluster: Cluster;
  const bundles = join(stateDir, 'bundles');

  sideBySide(
    {
      'of a node with pods': upgraded,
      'that fails': failing,
      'that is killed': killed,
    },
    async () => {
      await testBed();
      const [up] = await Promise.all([
        Cluster.up({ name: 'next', octet: 2, version: NEW }),
        makeBundle({ out: join(bundles, 'next'), version: NEW }),
      ]);
      cluster = up;
      await variant('damaged', (manifest) => manifest, 'cut off');
      await variant('dying', (manifest, sum) => manifest.replace(sum, sha256(DYING_KUBELET)), DYING_KUBELET);
      await hubVariant('hub', 'edge-hub', NEW_HUB);
      await hubVariant('broken-hub', 'busybox', BROKEN_HUB);
    },
  );

  after(() => cluster?.down());

  /** The new bundle with another manifest, and with another kubelet in it where one is given. */
  async function variant(
    name: string,
    edit: (manifest: string, sum: string) => string,
    kubelet?: string,
  ): Promise<void> {
    const [from, to] = [join(bundles, 'next'), join(bundles, name)];
    await cp(from, to, { recursive: true });
    if (kubelet !== undefined) await writeFile(join(to, 'kubelet'), kubelet);
    const manifest = await readFile(join(from, 'bundle.yaml'), 'utf8');
    const sum = /path: kubelet\n\s+sha256: (\w+)/.exec(manifest)?.[1] ?? '';
    await writeFile(join(to, 'bundle.yaml'), edit(manifest, sum));
  }

  /** The new bundle with an edge-hub of its own: an image of the bundle under another name. */
  async function hubVariant(name: string, image: string, reference: string): Promise<void> {
    const unpacked = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
    await execa('tar', ['-xf', join(bundles, 'next/images', `${image}.tar`), '-C', unpacked]);
    const [described] = JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8'));
    await writeFile(join(unpacked, 'manifest.json'), JSON.stringify([{ ...described, RepoTags: [reference] }]));
    await execa('tar', ['-cf', join(bundles, `${name}.tar`), '-C', unpacked, '.']);
    await rm(unpacked, { recursive: true });
    const sum = sha256(await readFile(join(bundles, `${name}.tar`)));
    const entry = `  - path: images/hub.tar\n    sha256: ${sum}\n    kind: image\n    name: ${reference}\n`;
    await variant(name, (manifest) => `${manifest}${entry}edgeHubImage: ${reference}\n`);
    await rename(join(bundles, `${name}.tar`), join(bundles, name, 'images/hub.tar'));
  }

  interface Subject {
    node: Node;
    /** Before the join, and joined with a pod. */
    bare: Photograph;
    joined: Photograph;
  }

  function start(test: Tell, name: string): Subject {
    const subject = {} as Subject;
    test('a node is joined with the older version and runs a pod', async () => {
      subject.node = await freshNode(name, { bind: [[bundles, BUNDLES]] });
      await installCni(subject.node, '10.244.0.0/24');
      subject.bare = await photograph(subject.node);
      const { node } = subject;
      const token = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
      await ok(node, ['join', cluster.endpoint, ...token, '--compat-matrix', MATRIX, '--bundle', BUNDLE, ...WITH_HUB]);
      await runPod(cluster, node, `${name}-app`);
      await isAt(node, OLD);
      subject.joined = await photograph(node);
    });
    return subject;
  }

  async function isAt({ name }: Node, version: string): Promise<void> {
    await cluster.waitForNode(name, true, 30);
    const view = await cluster.get<NodeView>(`/api/v1/nodes/${name}`);
    assert.equal(view?.status.nodeInfo.kubeletVersion, version);
    assert.notEqual(view?.spec.unschedulable, true);
  }

  function hubPod({ name }: Node): Promise<{ spec: { containers: { image: string }[] } } | undefined> {
    return cluster.get(`/api/v1/namespaces/kube-system/pods/edge-hub-${name}`);
  }

  /** Id of the container of the node's pod, and how often it was restarted. */
  async function container({ name }: Node): Promise<string> {
    const pod = await cluster.get<{ status: { containerStatuses: { containerID: string; restartCount: number }[] } }>(
      `/api/v1/namespaces/default/pods/${name}-app`,
    );
    const status = pod?.status.containerStatuses[0];
    return `${status?.containerID} ${status?.restartCount}`;
  }

  function upgraded(test: Tell): void {
    const subject = start(test, 'upgrade1');
    let before: string;
    test('a dry run shows what would be done and changes nothing', async () => {
      const { stdout } = await ok(subject.node, [...UPGRADE, '--dry-run']);
      assert.match(stdout, /install \/usr\/bin\/kubelet/);
      assert.match(stdout, /restart kubelet\.service/);
      await isAt(subject.node, OLD);
      assert.deepEqual(difference(subject.joined, await photograph(subject.node), PASSING), []);
    });
    test('a version that is newer than the control plane is refused', async () => {
      const { exitCode, stderr } = await run(subject.node, ['upgrade', '--target-version', '1.20.9']);
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, /kubelet target version 1\.20\.9 does not match cluster version v1\.20\.3/);
    });
    test('the node gets the new version while its pod goes on', async () => {
      before = await container(subject.node);
      const { stdout, stderr } = await ok(subject.node, [
        ...UPGRADE,
        '--interconnect-mode=basic',
        '--region=cn-hangzhou',
      ]);
      assert.match(`${stdout}${stderr}`.trimEnd(), /This node has been upgraded successfully$/);
      await isAt(subject.node, NEW);
      assert.equal(await container(subject.node), before);
    });
    test('a second run says so and does nothing', async () => {
      const { stdout, stderr } = await ok(subject.node, UPGRADE);
      assert.match(`${stdout}${stderr}`, /node has already been upgraded to v1\.20\.3/);
      assert.equal(await container(subject.node), before);
    });
    test('programs are all that has changed', async () => {
      const changed = difference(subject.joined, await photograph(subject.node), PASSING);
      for (const line of changed) assert.match(line, /\/usr\/bin\/kube(let|ctl)\b/);
    });
    test('and a reset leaves nothing', () => resetAndCompare(subject));
  }

  function failing(test: Tell): void {
    const subject = start(test, 'upgrade2');
    /** A hub that was replaced for a while comes back in a new pod; the kubelet tidies up at its leisure. */
    const stays = async (phase: string, cause: RegExp, args: string[], newPod = false): Promise<void> => {
      const { exitCode, stderr } = await run(subject.node, args);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, new RegExp(`upgrade kubelet failed at phase ${phase}, recover to previous state`));
      assert.match(stderr, cause);
      assert.match(stderr, /UPGRADE_RECOVERED/);
      await isAt(subject.node, OLD);
      const changed = difference(subject.joined, await photograph(subject.node), PASSING);
      assert.deepEqual(
        changed.filter((line) => !newPod || !/^[+-] (containers|cgroups): /.test(line)),
        [],
      );
    };
    const other = (name: string): string[] => UPGRADE.with(-1, `${BUNDLES}/${name}`);
    test('in precheck: nothing was changed', async () => {
      await subject.node.exec('systemctl', 'stop', 'kubelet');
      const { exitCode, stderr } = await run(subject.node, UPGRADE);
      await subject.node.exec('systemctl', 'start', 'kubelet');
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, /UPGRADE_CHECK_FAILED/);
      assert.match(stderr, /kubelet\.service is inactive/);
      await isAt(subject.node, OLD);
    });
    test('while it drains: the pods that cannot go are named, and the node takes pods again', async () => {
      const { node } = subject;
      await cluster.kubectl('label', 'pod', `${node.name}-app`, 'app=guarded');
      await cluster.apply({
        apiVersion: 'policy/v1beta1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'guard', namespace: 'default' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
      });
      await node.write('/root/admin.conf', await readFile(cluster.kubeconfig, 'utf8'), 0o600);
      subject.joined = await photograph(node);
      const drain = ['--drain', '--drain-timeout', '2s', '--kubeconfig', '/root/admin.conf'];
      await stays('drain', /default\/upgrade2-app: .*disruption budget/, [...UPGRADE, ...drain]);
      await node.exec('rm', '/root/admin.conf');
      subject.joined = await photograph(node);
    });
    test('while it installs (a damaged kubelet): the older version runs', () =>
      stays('install', /BUNDLE_INVALID/, other('damaged')));
    test('while it restarts the kubelet: the older version runs again', async () => {
      const { node } = subject;
      const pre = `[Service]\nExecStartPre=/bin/sh -c '! /usr/bin/kubelet --version | grep -q ${NEW}'\n`;
      await node.write(DROP_IN, pre);
      await node.exec('systemctl', 'daemon-reload');
      subject.joined = await photograph(node);
      await stays('restart', /COMMAND_FAILED/, UPGRADE);
      await node.exec('rm', DROP_IN);
      await node.exec('systemctl', 'daemon-reload');
      subject.joined = await photograph(node);
    });
    test('while it verifies (a kubelet that dies): the older version runs again', () =>
      stays('verify', /KUBELET_FAILED/, other('dying')));
    test('while it verifies (an edge-hub that does not start): the older edge-hub runs again', async () => {
      const args = [...other('broken-hub'), '--timeout', '15s'];
      await stays('verify', /NODE_NOT_READY|EDGE_HUB_FAILED|ADDON_NOT_READY/, args, true);
      assert.equal((await hubPod(subject.node))?.spec.containers[0]?.image, edgeHubImage);
    });
    test('when nothing fails, here over SSH, the drained node takes pods again and has the new edge-hub', async () => {
      await cluster.kubectl('delete', 'poddisruptionbudget', 'guard');
      const { stdout } = await overSsh(subject.node, 'hub', '--drain', '--kubeconfig', cluster.kubeconfig);
      assert.match(stdout, /1 pods evicted/);
      const { ok: good, hosts } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      assert.equal(good, true);
      assert.equal(hosts[0].outcome, 'upgraded');
      await isAt(subject.node, NEW);
      assert.equal((await hubPod(subject.node))?.spec.containers[0]?.image, NEW_HUB);
    });
    test('and a reset leaves nothing', () => resetAndCompare(subject));
  }

  function killed(test: Tell): void {
    const subject = start(test, 'upgrade3');
    for (const moment of KILLS) {
      test(`in ${moment.phase}: the same command goes on, up to the next kill`, async () => {
        const { exitCode, stdout } = await interrupt(subject.node, UPGRADE, moment, 'KILL');
        assert.equal(exitCode, 137, stdout);
      });
    }
    test('another version, such as the one before, takes the node back', async () => {
      await ok(subject.node, ['upgrade', '--target-version', OLD]);
      await isAt(subject.node, OLD);
      assert.deepEqual(difference(subject.joined, await photograph(subject.node), PASSING), []);
    });
    test('in clean-up: the node is upgraded when the same command has run again', async () => {
      const { exitCode, stdout } = await interrupt(subject.node, UPGRADE, { phase: 'clean-up' }, 'KILL');
      assert.equal(exitCode, 137, stdout);
      await ok(subject.node, UPGRADE);
      await isAt(subject.node, NEW);
    });
    test('programs are all that has changed', async () => {
      const changed = difference(subject.joined, await photograph(subject.node), PASSING);
      for (const line of changed) assert.match(line, /\/usr\/bin\/kube(let|ctl)\b/);
    });
    test('and a reset leaves nothing', () => resetAndCompare(subject));
  }

  /** From this machine, with a bundle that lies here. */
  async function overSsh(node: Node, bundle: string, ...more: string[]): Promise<{ stdout: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
    const ssh = ['--host', `root@${node.address}`, '--ssh-key', node.sshKey, '--known-hosts', node.knownHosts];
    const args = [...UPGRADE.with(-1, join(bundles, bundle)), ...ssh, ...more, '-o', 'json'];
    const ended = await execa(process.execPath, [join(projectDir, 'bin/run.js'), ...args], {
      env: { HOME: folder },
      reject: false,
    });
    await rm(folder, { recursive: true });
    assert.equal(ended.exitCode, 0, ended.stdout);
    return ended;
  }

  async function resetAndCompare({ node, bare }: Subject): Promise<void> {
    await ok(node, ['reset', '--yes']);
    assert.deepEqual(await traces(node, bare), []);
  }
});

function run(node: Node, args: string[]): Promise<Result> {
  return node.edgeadm(args, { timeout: 150 });
}

async function ok(node: Node, args: string[]): Promise<Result> {
  const result = await run(node, args);
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
