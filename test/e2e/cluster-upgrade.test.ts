import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import {
  buildUpgradeImage,
  Cluster,
  cutNetwork,
  importImage,
  installCni,
  makeBundle,
  type Node,
  programHere,
  restoreNetwork,
  stateDir,
  until,
  world,
} from '../testbed/index.ts';
import { BUNDLE, clearBed, freshNode, inWorlds, MATRIX } from './support.ts';

const NODES = 12;
/** What the nodes have: of the oldest minor version that the control plane allows. */
const OLD = world.olderKubelets[0] ?? world.upgrade.from;
const IMAGE = 'localhost/edgeadm-upgrade:next';
const DROP_IN = '/etc/systemd/system/kubelet.service.d/50-test.conf';
const NAMESPACE = '/namespaces/kube-upgrade';

interface Status {
  phase: string;
  reason?: string;
  batches: { number: number; nodes: number }[];
  nodes: { name: string; state: string; message: string }[];
  failedPods: { node: string; log: string }[];
}

interface Ended {
  exitCode?: number;
  stdout: string;
  stderr: string;
}

inWorlds('guide', 'today')('edgeadm cluster upgrade of 12 nodes', function () {
  // Twelve nodes are joined first, beside whatever else is tested.
  this.timeout(1_200_000);
  let cluster: Cluster;
  let home: string;
  const nodes: Node[] = [];
  /** Offline from the first batch on. */
  let lost: Node;

  before(async () => {
    await clearBed();
    home = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
    const [up, old] = await Promise.all([
      Cluster.up({ name: 'next', octet: 2, version: world.upgrade.to }),
      makeBundle({ out: join(stateDir, 'old'), version: OLD }),
      makeBundle({ out: join(stateDir, 'kubelet'), version: world.upgrade.to, kubeletOnly: true }),
    ]);
    cluster = up;
    const image = join(stateDir, 'upgrade-image.tar');
    await buildUpgradeImage({ name: IMAGE, bundle: join(stateDir, 'kubelet'), out: image });
    const names = Array.from({ length: NODES }, (_, index) => `worker${index + 1}`);
    const token = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
    const makeNode = async (name: string): Promise<void> => {
      const node = await freshNode(name, { bind: [[old.dir, BUNDLE]] });
      nodes[names.indexOf(name)] = node;
      await installCni(node, `10.244.${names.indexOf(name)}.0/24`);
      const args = ['join', cluster.endpoint, ...token, '--compat-matrix', MATRIX, '--bundle', BUNDLE];
      const more = ['--kubernetes-version', OLD, '--no-edge-hub', '--ignore-preflight-errors', 'all'];
      const { exitCode, stderr } = await node.edgeadm([...args, ...more]);
      assert.equal(exitCode, 0, stderr);
      await importImage(node, image);
    };
    const queue = names.values();
    const worker = async (): Promise<void> => {
      for (const name of queue) await makeNode(name);
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    await writeFile(join(home, 'known_hosts'), await knownHosts());
  });

  after(async () => {
    await cluster?.down();
    if (home) await rm(home, { recursive: true });
  });

  async function knownHosts(): Promise<string> {
    return (await Promise.all(nodes.map((node) => readFile(node.knownHosts, 'utf8')))).join('');
  }

  /** From a workstation: this machine. */
  function begin(verb: string, ...args: string[]): ResultPromise<{ reject: false }> {
    const [file, ...words] = programHere;
    const env = { HOME: home, KUBECONFIG: cluster.kubeconfig };
    return execa(file, [...words, 'cluster', 'upgrade', verb, ...args], {
      env,
      reject: false,
      timeout: 600_000,
    });
  }

  async function upgrade(verb: string, ...args: string[]): Promise<Ended> {
    return begin(verb, ...args);
  }

  async function succeed(verb: string, ...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await upgrade(verb, ...args);
    assert.equal(exitCode, 0, `${stderr}\n${stdout}`);
    return stdout;
  }

  async function status(): Promise<Status> {
    return JSON.parse(await succeed('status', '-o', 'json')).data;
  }

  /** As anybody can read it with kubectl; asking edgeadm again and again would keep this machine busy. */
  async function inState(state: string): Promise<string[]> {
    const map = await cluster.get<{ data: { nodes: string } }>(`/api/v1${NAMESPACE}/configmaps/edgeadm-upgrade`);
    const rows = map?.data.nodes.split('\n').map((line) => line.split('\t')) ?? [];
    return rows.filter((row) => row[3] === state).map(([name = '']) => name);
  }

  async function versionOf(name: string): Promise<string | undefined> {
    const node = await cluster.get<{ status: { nodeInfo: { kubeletVersion: string } } }>(`/api/v1/nodes/${name}`);
    return node?.status.nodeInfo.kubeletVersion;
  }

  async function count(path: string): Promise<number> {
    return (await cluster.get<{ items: unknown[] }>(path))?.items.length ?? 0;
  }

  /** The node on which the controller's pod runs. */
  async function controllerNode(): Promise<Node> {
    const pods = await cluster.get<{ items: { spec: { nodeName: string }; status: { phase: string } }[] }>(
      `/api/v1${NAMESPACE}/pods?labelSelector=job-name%3Dedgeadm-upgrade-controller`,
    );
    const name = pods?.items.find((pod) => pod.status.phase === 'Running')?.spec.nodeName;
    const node = nodes.find((each) => each.name === name);
    assert.ok(node, `the controller runs on ${name}`);
    return node;
  }

  const soon = <T>(what: string, found: () => Promise<T>) => until(what, found, 120);

  it('a dry run shows the report and batches of one node, and makes nothing', async () => {
    const report = join(home, 'report.html');
    const text = await succeed('start', '--dry-run', '--image', IMAGE, '--report', report);
    assert.match(text, /ControlPlaneVersion +normal/);
    assert.ok(text.includes(`12 nodes to ${world.upgrade.to}, in 12 batches of 1 node.`), text);
    assert.match(await readFile(report, 'utf8'), /<html.*ControlPlaneVersion.*<\/html>/s);
    assert.equal(await cluster.get('/api/v1/namespaces/kube-upgrade'), undefined);
  });

  it('edgeadm cluster upgrade of 12 nodes: of two that start it at once one wins, and the other is told who holds the lease', async () => {
    const ends = await Promise.all([
      upgrade('start', '--image', IMAGE, '--yes', '--no-wait'),
      upgrade('start', '--image', IMAGE, '--yes', '--no-wait'),
    ]);
    const [won, refused] = ends.sort((one, other) => (one.exitCode ?? 0) - (other.exitCode ?? 0));
    assert.equal(won?.exitCode, 0, won?.stderr);
    assert.equal(refused?.exitCode, 4, refused?.stdout);
    assert.match(refused?.stderr ?? '', /its controller is .*\n.*\n\(UPGRADE_UNDER_WAY\)/);
    // One of the last in the order drops out; it is seen to be offline before its turn.
    const controller = await soon('the controller', controllerNode);
    lost = nodes.findLast((node) => node !== controller) as Node;
    await cutNetwork(lost);
  });

  it('a controller that is killed in the middle of a batch comes back and goes on', async () => {
    await soon('the first node to be upgraded', async () => (await inState('upgraded')).length === 1);
    await soon('the second node to be under way', async () => (await inState('running')).length === 1);
    const node = await controllerNode();
    await node.exec('pkill', '-KILL', '-f', 'cluster upgrade controller');
    await soon('two more nodes to be upgraded', async () => (await inState('upgraded')).length >= 3);
  });

  it('a pause lets the node that has begun finish, and begins no other', async () => {
    await soon('a node to be under way', async () => (await inState('running')).length === 1);
    const [begun] = await inState('running');
    await succeed('pause', '--yes', '--no-wait');
    const { exitCode, stderr } = await upgrade('status', '--watch');
    assert.equal(exitCode, 6, stderr);
    const paused = await status();
    assert.equal(paused.phase, 'Paused');
    assert.equal(paused.nodes.find(({ name }) => name === begun)?.state, 'upgraded');
    assert.equal(await versionOf(begun ?? ''), world.upgrade.to);
    assert.deepEqual(
      paused.nodes.filter(({ state }) => state === 'running'),
      [],
    );
    assert.ok(paused.batches.every(({ nodes: size }) => size === 1));
  });

  it('an error pauses it by itself, shows the cause, and the node works as before', async () => {
    const [next = ''] = await inState('waiting');
    const node = nodes.find(({ name }) => name === next) as Node;
    const pre = `[Service]\nExecStartPre=/bin/sh -c '! /usr/bin/kubelet --version | grep -q ${world.upgrade.to}'\n`;
    await node.write(DROP_IN, pre);
    await node.exec('systemctl', 'daemon-reload');
    const { exitCode, stderr } = await upgrade('continue', '--yes');
    assert.equal(exitCode, 6, stderr);
    assert.match(stderr, new RegExp(`${next}: .*the upgrade failed in phase restart; the node was rolled back`));
    const paused = await status();
    assert.equal(paused.phase, 'Paused');
    assert.match(paused.failedPods.find((pod) => pod.node === next)?.log ?? '', /UPGRADE_RECOVERED/);
    assert.equal(await versionOf(next), OLD);
    await cluster.waitForNode(next, true, 30);
    await node.exec('rm', DROP_IN);
    await node.exec('systemctl', 'daemon-reload');
  });

  it('another machine takes it over, over SSH, and a third one when that is killed', async () => {
    const before = (await inState('upgraded')).length;
    const ssh = ['--ssh-key', nodes[0]?.sshKey ?? '', '--known-hosts', join(home, 'known_hosts')];
    const bundle = ['--bundle', join(stateDir, 'kubelet')];
    const first = begin('continue', '--executor', 'ssh', '--yes', ...bundle, ...ssh);
    await soon('a node to be upgraded over SSH', async () => (await inState('upgraded')).length > before);
    await soon('the next to be under way', async () => (await inState('running')).length === 1);
    first.kill('SIGKILL');
    await first;
    const { exitCode, stderr, stdout } = await upgrade('continue', '--yes', ...ssh);
    assert.equal(exitCode, 0, `${stderr}\n${stdout}`);
    const done = await status();
    assert.equal(done.phase, 'Completed');
    const states = Object.fromEntries(done.nodes.map(({ name, state }) => [name, state]));
    assert.deepEqual(states, {
      ...Object.fromEntries(nodes.map(({ name }) => [name, 'upgraded'])),
      [lost.name]: 'offline',
    });
  });

  it('cancel ends a paused upgrade, and nothing is left on the nodes but the new version', async () => {
    await restoreNetwork(lost);
    await cluster.waitForNode(lost.name, true, 60);
    await succeed('start', '--image', IMAGE, '--yes', '--no-wait');
    const { exitCode, stderr } = await upgrade('cancel', '--yes');
    assert.equal(exitCode, 4, stderr);
    assert.match(stderr, /UPGRADE_NOT_POSSIBLE/);
    await succeed('pause', '--yes');
    assert.equal((await status()).phase, 'Paused');
    await succeed('cancel', '--yes');
    assert.equal((await status()).phase, 'Cancelled');
    assert.equal(await count(`/apis/batch/v1${NAMESPACE}/jobs`), 0);
    for (const node of nodes) {
      const { stdout } = await node.exec('ls', '/run');
      assert.doesNotMatch(stdout, /edgeadm/);
    }
  });
});
