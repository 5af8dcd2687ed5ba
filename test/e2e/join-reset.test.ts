import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { execa } from 'execa';
import {
  busyboxImage,
  Cluster,
  difference,
  installCni,
  installKubeadm,
  kubeadmJoin,
  Node,
  type Photograph,
  photograph,
  photographAtRest,
  podCidrOf,
  type Result,
  runPod,
  until,
  world,
} from '../testbed/index.ts';
import { installOpenYurt, POOL, withOpenYurt } from './open-yurt.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, bundleWithRuntime, freshNode, inWorlds, joinArgs, testBed, traces, WITH_HUB } from './support.ts';

const LOG = '/var/log/edgeadm.log';
/** What an edge-hub remembers of the API changes all by itself. */
const HUB_CACHE = '/etc/kubernetes/cache';
const RESET = ['reset', '--yes'];

inWorlds('guide', 'today')('join and reset', () => {
  sideBySide(
    {
      'with an edge-hub': withEdgeHub,
      'without an edge-hub, then with that of OpenYurt': withoutEdgeHub,
      'on a machine that has no container runtime': withoutRuntime,
      'on a machine where others left something': withRemains,
      'phase by phase': phaseByPhase,
      'of a node that kubeadm joined': joinedByKubeadm,
      'for what comes last': joinedForLater,
    },
    testBed,
  );

  after(() => takeDown());

  describe('a node that is joined', () => {
    before(() => takeDown('jr-quiet'));

    it('a joined node is left as it is by a second join', async () => {
      const { stdout } = await succeed(quiet.node, [...quiet.line, '-o', 'json']);
      assert.match(stdout, /"outcome":"unchanged"/);
    });

    it('a joined node can be reset, and another machine can join under its name', async () => {
      const { node, line } = quiet;
      await succeed(node, RESET);
      await node.write('/etc/machine-id', `${'0123456789abcdef'.repeat(2)}\n`, 0o444);
      await succeed(node, line);
      await becomeReady(node);
    });
  });
});

function withEdgeHub(test: Tell): void {
  const name = 'jr-hub';
  let node: Node;
  let before: Photograph;
  let line: string[];
  const marks = [
    '--labels',
    'zone=north,tier=edge',
    '--annotations',
    'example.com/note=a b, c',
    '--taints',
    'edge=yes:NoSchedule',
  ];

  const others = [
    '--labels',
    'zone=south,tier=edge',
    '--annotations',
    'example.com/note=other',
    '--taints',
    'edge=yes:NoSchedule',
  ];

  test('a reset of a node that was never joined does nothing', async () => {
    node = await freshNode(name);
    line = await joinArgs(...WITH_HUB, ...marks);
    before = await photograph(node);
    const result = await succeed(node, RESET);
    assert.match(result.stdout, /is not joined .*nothing to reset/);
    assert.deepEqual(await traces(node, before), []);
  });

  test('preflight tells what it found and changes nothing', async () => {
    await node.exec('rm', LOG);
    const { stdout } = await succeed(node, ['preflight', '-v', ...line.slice(1)]);
    assert.match(stdout, /^APIServer +ok/m);
    assert.deepEqual(difference(before, await photograph(node)), []);
  });

  test('a dry run of join shows what would be done and changes nothing', async () => {
    const { stdout } = await succeed(node, [...line, '--dry-run']);
    for (const action of [
      'install /usr/bin/kubelet (0755, sha256:',
      'write /etc/kubernetes/kubelet.conf (0600, ',
      'write /etc/kubernetes/manifests/edge-hub.yaml (0600, ',
      'set net.ipv4.ip_forward = 1 (is 0)',
      `import ${busyboxImage}`,
      'enable kubelet.service',
      'start kubelet.service',
    ]) {
      assert.ok(stdout.includes(`  ${action}`), `"${action}" is not in the plan:\n${stdout}`);
    }
    assert.ok(!stdout.includes(secretOf(line)));
    assert.deepEqual(difference(before, await photograph(node)), []);
  });

  test('a join ends well before the node has a CNI configuration, and with one the node becomes Ready', async () => {
    const { stderr } = await succeed(node, line);
    assert.match(stderr, /becomes Ready once the cluster installs its CNI configuration/);
    await becomeReady(node);
  });

  test('pods run', async () => {
    const { cluster } = await testBed();
    assert.ok(await runPod(cluster, node, name));
  });

  test('the kubelet starts at boot, and serves with the certificate that the join wrote', async () => {
    const { stdout } = await node.exec('systemctl', 'show', 'multi-user.target', '--property=Wants');
    assert.match(stdout, /\bkubelet\.service\b/);
    const written = new X509Certificate(await node.read('/var/lib/kubelet/pki/kubelet.crt'));
    assert.equal(await servedBy(node.address, 10_250), written.fingerprint256);
    assert.equal(written.publicKey.asymmetricKeyType, 'ec');
  });

  test('label, annotation and taint arrive', async () => {
    const { metadata, spec } = await nodeObject(name);
    assert.equal(metadata?.labels?.zone, 'north');
    assert.equal(metadata?.labels?.tier, 'edge');
    assert.equal(metadata?.labels?.['alibabacloud.com/is-edge-worker'], 'true');
    assert.equal(metadata?.annotations?.['example.com/note'], 'a b, c');
    assert.ok(spec?.taints?.some(({ key, value, effect }) => `${key}=${value}:${effect}` === 'edge=yes:NoSchedule'));
  });

  test('a second join changes nothing', async () => {
    const joined = await photographAtRest(node);
    const result = await succeed(node, [...line, '--output', 'json']);
    assert.equal(hostOf(result).outcome, 'unchanged');
    assert.deepEqual(difference(joined, await photograph(node), [LOG, HUB_CACHE]), []);
  });

  test('a join with other labels and annotations applies them, and pods run on', async () => {
    const { cluster } = await testBed();
    const containers = await containerIds(cluster, name);
    await succeed(node, await joinArgs(...WITH_HUB, ...others));
    const { metadata } = await nodeObject(name);
    assert.equal(metadata?.labels?.zone, 'south');
    assert.equal(metadata?.annotations?.['example.com/note'], 'other');
    await cluster.waitForNode(name);
    assert.deepEqual(await containerIds(cluster, name), containers);
  });

  test('a line that does not name the edge-hub leaves it where it is, and one that wants none is refused', async () => {
    const joined = await photographAtRest(node);
    await succeed(node, await joinArgs(...others));
    await failWith(node, await joinArgs(...others, '--no-edge-hub'), 'ALREADY_JOINED', 3);
    assert.deepEqual(difference(joined, await photograph(node), [LOG, HUB_CACHE]), []);
  });

  test('a join with other taints is refused with the line that sets them', async () => {
    const joined = await photographAtRest(node);
    const error = await failWith(
      node,
      await joinArgs(...WITH_HUB, '--taints', 'other=x:NoExecute'),
      'TAINTS_DIFFER',
      4,
    );
    assert.match(error.next, /kubectl taint node jr-hub --overwrite other=x:NoExecute/);
    assert.deepEqual(difference(joined, await photograph(node), [LOG, HUB_CACHE]), []);
  });

  test('a dry run of reset shows what would be done and changes nothing', async () => {
    const joined = await photographAtRest(node);
    const { stdout, stderr } = await succeed(node, ['reset', '--dry-run']);
    for (const action of ['stop kubelet.service', 'remove /etc/kubernetes/kubelet.conf', 'remove /usr/bin/kubelet']) {
      assert.ok(stdout.includes(`  ${action}\n`), `"${action}" is not in the plan:\n${stdout}\n${stderr}`);
    }
    assert.deepEqual(difference(joined, await photograph(node), [HUB_CACHE]), []);
  });

  test('a reset leaves nothing of node, pods and network but the log, and tells the cluster', async () => {
    await succeed(node, RESET);
    assert.deepEqual(await traces(node, before), []);
    const { status } = await nodeObject(name);
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  });

  test('a second reset does nothing', async () => {
    const result = await succeed(node, [...RESET, '--output', 'json']);
    assert.equal(hostOf(result).data.changed, false);
    assert.deepEqual(await traces(node, before), []);
  });
}

function withoutEdgeHub(test: Tell): void {
  const name = 'jr-plain';
  let node: Node;
  let before: Photograph;
  let other: Cluster;

  test('the kubelet speaks to the API server itself, and the node becomes Ready', async () => {
    [node, other] = await Promise.all([freshNode(name), Cluster.up({ name: 'other', octet: 2 })]);
    await node.write('/etc/default/kubelet', 'KUBELET_EXTRA_ARGS="--node-labels=site=factory"\n');
    before = await photograph(node);
    await succeed(node, await joinArgs());
    const { cluster } = await testBed();
    assert.match(await node.read('/etc/kubernetes/kubelet.conf'), new RegExp(`server: ${cluster.server}`));
    await becomeReady(node);
    await runPod(cluster, node, name);
  });

  test("a label of the kubelet's own flags arrives beside those of the join", async () => {
    const { metadata } = await nodeObject(name);
    assert.equal(metadata?.labels?.site, 'factory');
    assert.equal(metadata?.labels?.['alibabacloud.com/is-edge-worker'], 'true');
  });

  test('another name is refused with the line that helps', async () => {
    const error = await failWith(node, await joinArgs('--node-name', 'other'), 'ALREADY_JOINED');
    assert.match(error.next, /edgeadm reset/);
    assert.match(error.why, /jr-plain/);
  });

  test('another cluster is refused with the line that helps, and nothing is changed', async () => {
    const joined = await photographAtRest(node);
    const [, , , token, , hash, ...rest] = await joinArgs();
    assert.ok(token && hash);
    const flags = ['--token', await other.token(), '--discovery-token-ca-cert-hash', await other.caHash(), ...rest];
    const error = await failWith(node, ['join', other.endpoint, ...flags], 'ALREADY_JOINED');
    assert.match(error.next, /edgeadm reset/);
    assert.deepEqual(difference(joined, await photograph(node), [LOG]), []);
    await other.down();
  });

  test('a reset leaves nothing', async () => {
    await succeed(node, RESET);
    assert.deepEqual(await traces(node, before), []);
    await deletePod(name);
  });

  test("OpenYurt's hub starts from the files that were written, and the node becomes Ready", async () => {
    const { cluster } = await testBed();
    await installOpenYurt(cluster);
    const hub = ['--edge-hub-image', world.yurthubImage, '--edge-hub-flavor', 'openyurt', '--nodepool', POOL];
    const { stderr } = await withOpenYurt(cluster, succeed(node, await joinArgs(...hub)));
    assert.match(stderr, /kubectl certificate approve/);
    await becomeReady(node);
    assert.match((await node.exec('ls', '/etc/kubernetes/manifests')).stdout, /yurt-?hub\.yaml/);
    const { metadata } = await nodeObject(name);
    assert.equal(metadata?.labels?.['openyurt.io/is-edge-worker'], 'true');
  });

  test('a reset leaves nothing of it either', async () => {
    await succeed(node, RESET);
    assert.deepEqual(await traces(node, before), []);
  });
}

function withoutRuntime(test: Tell): void {
  const name = 'jr-bare';
  let node: Node;
  let before: Photograph;
  const flags = [...WITH_HUB, '--manage-runtime', '--pause-image', world.pauseImage];

  test('containerd comes from the bundle, and pods run', async () => {
    node = await freshNode(name, { containerd: false, bind: [[await bundleWithRuntime(), BUNDLE]] });
    before = await photograph(node);
    await succeed(node, await joinArgs(...flags));
    await becomeReady(node);
    const { cluster } = await testBed();
    assert.ok(await runPod(cluster, node, name));
    assert.equal((await node.exec('systemctl', 'is-enabled', 'containerd')).stdout, 'enabled');
  });

  test('the Node is created for a kubelet that reports the earlier for it, and the kubelet takes it for its own', async () => {
    const { metadata } = await nodeObject(name);
    const managed = (metadata?.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, JSON.stringify(fieldsV1)]);
    const creator = world.name === 'today' ? 'edgeadm' : 'kubelet';
    assert.ok(managed.some(([manager, fields]) => manager === creator && fields?.includes('"f:kubernetes.io/os"')));
    assert.ok(managed.some(([manager, fields]) => manager === 'kubelet' && fields?.includes('"f:nodeInfo"')));
    assert.equal(metadata?.labels?.['kubernetes.io/hostname'], name);
  });

  test('a reset leaves nothing, /var/lib/containerd included', async () => {
    await succeed(node, RESET);
    assert.deepEqual(await traces(node, before), []);
  });
}

const FOREIGN_CONFIG = `# set up by the image team
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  # the kernel of these machines wants it
  restrict_oom_score_adj = true
  sandbox_image = "registry.example.com/pause:9.9" # ours
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
const LOOPBACK = '/etc/cni/net.d/0-loopback.conf';
const OTHERS_NETWORK = '/etc/cni/net.d/50-shop.conflist';
const HUB_CERTIFICATE = '/var/lib/edge-hub/pki/edge-hub-current.pem';

function withRemains(test: Tell): void {
  const name = 'jr-remains';
  let node: Node;
  let before: Photograph;

  const flags = [...WITH_HUB, '--manage-runtime', '--pause-image', world.pauseImage];

  test('a dry run shows what would be different in files that are there', async () => {
    node = await freshNode(name);
    await node.write('/etc/containerd/config.toml', FOREIGN_CONFIG, 0o640);
    await node.exec('systemctl', 'restart', 'containerd');
    await node.write(LOOPBACK, JSON.stringify({ cniVersion: '0.3.1', name: 'lo', type: 'loopback' }));
    await leaveStaleHub(node);
    before = await photograph(node);
    const { stdout } = await succeed(node, await joinArgs(...flags, '--dry-run'));
    assert.match(stdout, /^ +- +SystemdCgroup = false\n +\+ +SystemdCgroup = true$/m);
    assert.match(stdout, /^ +remove \/etc\/cni\/net\.d\/0-loopback\.conf$/m);
    assert.deepEqual(difference(before, await photograph(node)), []);
  });

  test('where nobody can be asked, the runtime of others is not touched', async () => {
    const error = await failWith(node, await joinArgs(...flags), 'CONFIRMATION_NEEDED', 2);
    assert.match(error.next, /--yes/);
    assert.deepEqual(await traces(node, before), []);
  });

  test('with the answer given, the join goes well', async () => {
    await succeed(node, await joinArgs(...flags, '--yes'));
    await becomeReady(node);
  });

  test("containerd's configuration is changed where it must be and nowhere else", async () => {
    const fitted = FOREIGN_CONFIG.replace(/sandbox_image = "[^"]*"/, `sandbox_image = "${world.pauseImage}"`);
    const text = await node.read('/etc/containerd/config.toml');
    // Debian 13's containerd is built with /usr/lib/cni, and the bundle's plug-ins are elsewhere.
    const folder = '\n[plugins."io.containerd.grpc.v1.cri".cni]\n  bin_dir = "/opt/cni/bin"\n';
    const added = world.name === 'today' ? folder : '';
    assert.equal(text, fitted.replace('SystemdCgroup = false', 'SystemdCgroup = true') + added);
  });

  test('a CNI configuration with nothing but loopback is out of the way', async () => {
    assert.notEqual((await node.exec('test', '-e', LOOPBACK)).exitCode, 0);
    const { cluster } = await testBed();
    assert.ok(await runPod(cluster, node, name));
  });

  test("a stale edge-hub certificate of another cluster is replaced by this cluster's", async () => {
    const { cluster } = await testBed();
    const certificate = new X509Certificate(await node.read(HUB_CERTIFICATE));
    const ca = new X509Certificate(await readFile(cluster.caFile));
    assert.ok(certificate.verify(ca.publicKey));
    assert.equal(await node.read('/var/lib/edge-hub/pki/ca.crt'), await readFile(cluster.caFile, 'utf8'));
  });

  test('a reset does not go on while a share of others is mounted where it would remove', async () => {
    await node.write('/srv/precious/passwd', 'root');
    await node.exec('mkdir', '-p', '/var/lib/kubelet/backup');
    await node.exec('mount', '--bind', '/srv/precious', '/var/lib/kubelet/backup');
    const error = await failWith(node, RESET, 'RESET_INCOMPLETE', 1);
    assert.match(error.why ?? '', /\/var\/lib\/kubelet\/backup/);
    assert.equal(await node.read('/srv/precious/passwd'), 'root');
    await node.exec('umount', '/var/lib/kubelet/backup');
  });

  const shell = async (command: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await node.exec('sh', '-c', command);
    assert.equal(exitCode, 0, `${command}: ${stderr}`);
    return stdout;
  };

  test('a reset leaves volumes of pods, links, networks, images and containers of others as they are', async () => {
    const volume = '/var/lib/kubelet/pods/6f1c/volumes/kubernetes.io~nfs/share';
    await node.exec('mkdir', '-p', volume, '/var/log/pods');
    await node.exec('mount', '--bind', '/srv/precious', volume);
    await node.exec('ln', '-s', '/srv/precious', '/var/log/pods/others');
    const network = JSON.stringify({ cniVersion: '0.4.0', name: 'shop', plugins: [{ type: 'bridge' }] });
    await node.write(OTHERS_NETWORK, network);
    await shell(
      `ctr -n k8s.io images export /tmp/o.tar ${world.pauseImage} && ctr -n moby images import /tmp/o.tar && ctr -n moby containers create ${world.pauseImage} others && ip netns add podman-others`,
    );
    await succeed(node, RESET);
    assert.equal(await node.read('/srv/precious/passwd'), 'root');
    assert.equal(await node.read(OTHERS_NETWORK), network);
    assert.match(await shell('ctr -n moby images ls -q'), /pause/);
    assert.match(await shell('ctr -n moby containers ls -q'), /^others$/m);
    assert.match(await shell('ip netns list'), /^podman-others/m);
    await shell('ctr -n moby containers delete others; ctr -n moby images rm --sync $(ctr -n moby images ls -q)');
    await shell(
      'ip netns delete podman-others; umount /run/netns; rmdir /run/netns; rm /tmp/o.tar; ctr namespaces rm moby',
    );
    await node.exec('rm', '-r', '/srv/precious', OTHERS_NETWORK);
  });

  test('a reset puts all of it back', async () => {
    assert.deepEqual(await traces(node, before), []);
  });
}

function phaseByPhase(test: Tell): void {
  const name = 'jr-phases';
  let node: Node;
  let before: Photograph;
  let line: string[];
  const phase = (phaseName: string): string[] => ['join', 'phase', phaseName, ...line.slice(1)];
  const exists = async (path: string): Promise<boolean> => (await node.exec('test', '-e', path)).exitCode === 0;

  test('the phases are listed in order', async () => {
    node = await freshNode(name);
    line = await joinArgs(...WITH_HUB);
    before = await photograph(node);
    const { stdout } = await succeed(node, ['join', 'phases']);
    const names = [...stdout.matchAll(/^([a-z-]+)(?=\s)/gm)].map(([found]) => found);
    assert.deepEqual(names, [
      'preflight',
      'prepare-node',
      'install-runtime',
      'install-kubelet',
      'join-node',
      'install-edgehub',
      'post-check',
      'install-kubectl',
    ]);
  });

  test('one phase does its own work and no other', async () => {
    await succeed(node, phase('preflight'));
    assert.deepEqual(await traces(node, before), []);
    await succeed(node, phase('prepare-node/sysctls'));
    assert.ok(await exists('/etc/sysctl.d/99-edgeadm.conf'));
    assert.ok(!(await exists('/etc/modules-load.d/edgeadm.conf')));
    await succeed(node, RESET);
    assert.deepEqual(await traces(node, before), []);
  });

  test('a phase that does not exist is refused, with the command that lists them', async () => {
    const error = await failWith(node, phase('no-such'), 'USAGE', 2);
    assert.match(JSON.stringify(error), /edgeadm join phases/);
  });

  test('phases that are skipped are not run', async () => {
    await succeed(node, [...line, '--skip-phases', 'join-node/kubelet-start,install-edgehub,post-check']);
    assert.ok(await exists('/etc/kubernetes/kubelet.conf'));
    assert.notEqual((await node.exec('systemctl', 'is-active', 'kubelet')).exitCode, 0);
  });

  test('the phases that are left, one by one, make it a Ready node', async () => {
    for (const left of ['join-node', 'install-edgehub', 'post-check', 'install-kubectl'])
      await succeed(node, phase(left));
    await becomeReady(node);
    assert.equal(hostOf(await succeed(node, [...line, '--output', 'json'])).ok, true);
  });

  test('a reset leaves nothing', async () => {
    await succeed(node, RESET);
    assert.deepEqual(await traces(node, before), []);
  });
}

/** A node for the tests that look at the clock: they come last, when nothing else keeps the machine busy. */
const quiet = {} as { node: Node; line: string[] };

function joinedForLater(test: Tell): void {
  test('a node is joined', async () => {
    quiet.node = await freshNode('jr-quiet');
    quiet.line = await joinArgs(...WITH_HUB);
    await succeed(quiet.node, quiet.line);
    await becomeReady(quiet.node);
  });
}

/** Idle nodes keep a small machine busy. */
async function takeDown(except?: string): Promise<void> {
  const names = await Node.list();
  await Promise.all(names.filter((name) => name.startsWith('jr-') && name !== except).map(Node.remove));
}

function joinedByKubeadm(test: Tell): void {
  const name = 'jr-kubeadm';
  let node: Node;
  let before: Photograph;

  test('a control-plane node is refused and nothing is changed', async () => {
    const { cluster } = await testBed();
    node = await freshNode(name);
    await installKubeadm(node, cluster);
    before = await photograph(node);
    await kubeadmJoin(node, cluster);
    await becomeReady(node);
    await node.write('/etc/kubernetes/manifests/kube-apiserver.yaml', '# not a real one\n');
    const joined = await photographAtRest(node);
    const error = await failWith(node, RESET, 'RESET_REFUSED');
    assert.match(error.why, /kube-apiserver\.yaml/);
    assert.deepEqual(difference(joined, await photograph(node), [LOG]), []);
    await node.exec('rm', '/etc/kubernetes/manifests/kube-apiserver.yaml');
  });

  test('a reset says what stays', async () => {
    const { cluster } = await testBed();
    await runPod(cluster, node, name);
    const { stderr } = await succeed(node, RESET);
    assert.match(stderr, /The kubelet, its unit and the container runtime's configuration are kept/);
  });

  test('and removes the pods and everything else that kubeadm and the kubelet made', async () => {
    const kubeadmLeavesToo = ['/etc/cni/net.d', '/usr/libexec/kubernetes', '/run/netns', 'images: ', 'sysctls: '];
    assert.deepEqual(difference(before, await photograph(node), [LOG, ...kubeadmLeavesToo]), []);
    assert.notEqual((await node.exec('systemctl', 'is-active', 'kubelet')).exitCode, 0);
  });

  test("and edgeadm joins it with the service that kubeadm's package brought, which a reset leaves as it is", async () => {
    await deletePod(name);
    const packaged = await photographAtRest(node);
    await succeed(
      node,
      (await joinArgs()).filter((word) => word !== '--bundle' && word !== BUNDLE),
    );
    await becomeReady(node);
    const inFolder = await node.exec('ls', '/etc/systemd/system/kubelet.service.d');
    // Older kubelets have clouds built in, which the join's drop-in tells them not to ask.
    assert.equal(inFolder.stdout.includes('10-kubeadm.conf'), world.name === 'guide');
    await succeed(node, RESET);
    const left = difference(packaged, await photograph(node), [LOG]);
    assert.deepEqual(
      left.filter((line) => line.includes('/etc/systemd')),
      [],
    );
  });

  test('and kubeadm can join it again', async () => {
    const { cluster } = await testBed();
    await kubeadmJoin(node, cluster);
    await becomeReady(node);
  });
}

async function succeed(node: Node, args: string[]): Promise<Result> {
  const result = await node.edgeadm(args, { timeout: 300 });
  assert.equal(result.exitCode, 0, `edgeadm ${args.join(' ')} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}

interface Failure {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

/** What a command said that must fail; exit 3 is the node's fault. */
async function failWith(node: Node, args: string[], code: string, exit = 3): Promise<Failure> {
  const result = await node.edgeadm([...args, '--output', 'json'], { timeout: 300 });
  const { error } = resultOf(result) as { error: Failure };
  assert.equal(error?.code, code, `${result.stdout}\n${result.stderr}`);
  assert.equal(result.exitCode, exit);
  return error;
}

function resultOf({ stdout }: Result): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

function hostOf(result: Result): { ok: boolean; outcome: string; data: { changed: boolean } } {
  const { hosts } = resultOf(result) as { hosts: ReturnType<typeof hostOf>[] };
  return hosts[0] ?? assert.fail(result.stdout);
}

/** The secret half of the token in a line. */
function secretOf(line: readonly string[]): string {
  return line[line.indexOf('--token') + 1]?.split('.')[1] ?? assert.fail('no token');
}

async function nodeObject(name: string): Promise<V1Node> {
  const { cluster } = await testBed();
  return (await cluster.get<V1Node>(`/api/v1/nodes/${name}`)) ?? assert.fail(`there is no node ${name}`);
}

/** The cluster's network arrives, as a DaemonSet would bring it. */
async function becomeReady(node: Node): Promise<void> {
  const { cluster } = await testBed();
  await installCni(node, await podCidrOf(cluster, node.name));
  await cluster.waitForNode(node.name);
}

async function containerIds(cluster: Cluster, pod: string): Promise<unknown> {
  const found = await cluster.get<V1Pod>(`/api/v1/namespaces/default/pods/${pod}`);
  return found?.status?.containerStatuses?.map(({ containerID, restartCount }) => [containerID, restartCount]);
}

async function deletePod(name: string): Promise<void> {
  const { cluster } = await testBed();
  await cluster.kubectl('delete', 'pod', name, '--force', '--grace-period=0');
  await until(`pod ${name} to go`, async () => !(await cluster.get(`/api/v1/namespaces/default/pods/${name}`)));
}

/** What an edge-hub of another cluster left: its certificate, CA and kubeconfig. */
async function leaveStaleHub(node: Node): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-stale-'));
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: dir });
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(...request, '-x509', '-subj', '/CN=kubernetes', '-days', '30', '-keyout', 'ca.key', '-out', 'ca.crt');
  await openssl(
    ...request,
    '-subj',
    `/O=system:nodes/CN=system:node:${node.name}`,
    '-keyout',
    'hub.key',
    '-out',
    'hub.csr',
  );
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30'];
  await openssl('x509', '-req', '-in', 'hub.csr', ...signing, '-out', 'hub.crt');
  const text = async (file: string): Promise<string> => readFile(join(dir, file), 'utf8');
  const pki = '/var/lib/edge-hub/pki';
  await node.write(`${pki}/edge-hub-2026-01-01-00-00-00.pem`, (await text('hub.crt')) + (await text('hub.key')), 0o600);
  await node.exec('ln', '-s', `${pki}/edge-hub-2026-01-01-00-00-00.pem`, HUB_CERTIFICATE);
  await node.write(`${pki}/ca.crt`, await text('ca.crt'));
  await node.write('/var/lib/edge-hub/edge-hub.conf', 'apiVersion: v1\nkind: Config\n', 0o600);
  await rm(dir, { recursive: true });
}

/** The fingerprint of the certificate that a port serves with. */
async function servedBy(host: string, port: number): Promise<string> {
  const socket = connect({ host, port, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(10_000) });
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}
