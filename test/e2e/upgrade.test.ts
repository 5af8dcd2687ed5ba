import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  Cluster,
  difference,
  installCni,
  makeBundle,
  type Node,
  type Photograph,
  photograph,
  podCidrOf,
  projectDir,
  type Result,
  runPod,
  stateDir,
} from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, freshNode, MATRIX, testBed, traces, WITH_HUB } from './support.ts';

const OLD = 'v1.20.2';
const NEW = 'v1.20.3';
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
const DROP_IN = '/etc/systemd/system/kubelet.service.d/50-test.conf';

/** Beginnings and middles of phases in which a run is killed, each by the next call of the same command. */
const KILLS: readonly Moment[] = [
  { phase: 'precheck/health' },
  { phase: 'back-up' },
  { phase: 'install/kubelet', after: 0.1 },
  { phase: 'install/configuration' },
  { phase: 'restart/kubelet' },
  { phase: 'verify' },
  { phase: 'clean-up' },
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
      await variant('damaged', (manifest) => manifest);
      await variant('dying', (manifest, sum) => manifest.replace(sum, sha256(DYING_KUBELET)), DYING_KUBELET);
    },
  );

  after(() => cluster?.down());

  /** The new bundle with another kubelet in it. */
  async function variant(
    name: string,
    edit: (manifest: string, sum: string) => string,
    kubelet = 'cut off',
  ): Promise<void> {
    const [from, to] = [join(bundles, 'next'), join(bundles, name)];
    await cp(from, to, { recursive: true, mode: 0, filter: (path) => path !== join(from, 'kubelet') });
    await writeFile(join(to, 'kubelet'), kubelet, { mode: 0o755 });
    const manifest = await readFile(join(from, 'bundle.yaml'), 'utf8');
    const sum = /path: kubelet\n\s+sha256: (\w+)/.exec(manifest)?.[1] ?? '';
    await unlink(join(to, 'bundle.yaml'));
    await writeFile(join(to, 'bundle.yaml'), edit(manifest, sum));
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
      subject.bare = await photograph(subject.node);
      const { node } = subject;
      const token = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
      await ok(node, ['join', cluster.endpoint, ...token, '--compat-matrix', MATRIX, '--bundle', BUNDLE, ...WITH_HUB]);
      await installCni(node, await podCidrOf(cluster, name));
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
    const stays = async (phase: string, cause: RegExp, args: string[]): Promise<void> => {
      const { exitCode, stderr } = await run(subject.node, args);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, new RegExp(`upgrade kubelet failed at phase ${phase}, recover to previous state`));
      assert.match(stderr, cause);
      assert.match(stderr, /UPGRADE_RECOVERED/);
      await isAt(subject.node, OLD);
      assert.deepEqual(difference(subject.joined, await photograph(subject.node), PASSING), []);
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
    test('and the same command upgrades the node, here over SSH', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
      const { node } = subject;
      const ssh = ['--host', `root@${node.address}`, '--ssh-key', node.sshKey, '--known-hosts', node.knownHosts];
      const args = [...UPGRADE.with(-1, join(bundles, 'next')), ...ssh, '-o', 'json'];
      const ended = await execa(process.execPath, [join(projectDir, 'bin/run.js'), ...args], {
        env: { HOME: folder },
        reject: false,
      });
      await rm(folder, { recursive: true });
      assert.equal(ended.exitCode, 0, ended.stdout);
      const { ok: good, hosts } = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '');
      assert.equal(good, true);
      assert.equal(hosts[0].outcome, 'upgraded');
      await isAt(node, NEW);
    });
    test('programs are all that has changed', async () => {
      const changed = difference(subject.joined, await photograph(subject.node), PASSING);
      for (const line of changed) assert.match(line, /\/usr\/bin\/kube(let|ctl)\b/);
    });
    test('and a reset leaves nothing', () => resetAndCompare(subject));
  }

  async function resetAndCompare({ node, bare }: Subject): Promise<void> {
    await ok(node, ['reset', '--yes']);
    const left = (await traces(node, bare)).filter((line) => !line.includes('10-testbed.conflist'));
    assert.deepEqual(left, []);
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

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
