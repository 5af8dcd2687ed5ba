import assert from 'node:assert/strict';
import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  blackHole,
  buildImage,
  emptyVar,
  fillVar,
  importImage,
  installCni,
  type Node,
  type Photograph,
  photograph,
  programHere,
  programInNode,
  type Result,
  type RunOptions,
  restoreNetwork,
  stateDir,
  until,
} from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, freshNode, inWorlds, joinArgs, MATRIX, testBed, traces, WITH_HUB } from './support.ts';

/** How a command fails: all of it is what a user or his script sees. */
interface Failure {
  readonly exit: number;
  readonly code: string;
  /** What failed, and the evidence. */
  readonly says: RegExp | readonly RegExp[];
  /** The next command or step. */
  readonly next: RegExp;
}

const NO_SECRET = 'a'.repeat(16);
const PUT_BACK = /to keep the failed state for inspection/;
const TOKEN_NEXT = /edgeadm token create --print-join-command/;

inWorlds('guide')('a join that cannot succeed says why and what to do next, and leaves the node as it was', () => {
  const stories = { cluster: {} as Subject };
  sideBySide(
    {
      'where the credentials are not good, or the cluster cannot be reached': (test) => cluster(test, stories.cluster),
      'where the command line is wrong, or the node is not fit': node,
      'where the disk is full': disk,
      'where the bundle is damaged, or has no edge-hub': bundle,
      'where the edge-hub or the kubelet does not start': start,
      'where another edgeadm or another machine was there before': taken,
    },
    testBed,
  );

  // A suite of its own: the tests of this one come before those of the suites in it.
  describe('if the API server is down', () => {
    it('a join that found no API server: when that is back, the same command joins the node', async () => {
      const subject = stories.cluster;
      const { cluster } = await testBed();
      await cluster.stopApiServer();
      try {
        const says = /API server https:\S+:6443 did not answer: connect ECONNREFUSED/;
        await tells(subject.node, await joinWith({}), { exit: 4, code: 'API_UNREACHABLE', says, next: /firewall/ });
      } finally {
        await cluster.startApiServer();
      }
      await unchanged(subject);
      await succeeds(subject.node, await joinWith({}));
    });
  });
});

function cluster(test: Tell, subject: Subject): void {
  make(test, 'fail-cluster', subject);
  const token = async (options?: object) => (await testBed()).cluster.token(options);
  const refused = (title: string, make: () => Promise<string>, failure: Omit<Failure, 'exit' | 'next'>) =>
    test(title, async () =>
      tells(subject.node, await joinWith({ '--token': await make() }), { ...failure, exit: 4, next: TOKEN_NEXT }),
    );
  refused('a wrong secret', async () => `${(await token()).slice(0, 7)}${NO_SECRET}`, {
    code: 'TOKEN_INVALID',
    says: /the secret of the token \w{6} is wrong/,
  });
  refused('a token that has expired', async () => token({ ttl: -10 }), {
    code: 'TOKEN_UNKNOWN_OR_EXPIRED',
    says: /has no token \w{6}.*never existed or has expired; the clocks of node and API server agree/,
  });
  refused('a token that signs but lets nobody in', async () => token({ usages: ['signing'] }), {
    code: 'TOKEN_REFUSED',
    says: /rejected the bootstrap token \w{6}.*HTTP 401.*lacks the usage authentication/,
  });
  test('a CA that is not the pinned one', async () => {
    const pin = `sha256:${'0'.repeat(64)}`;
    await reports(subject.node, await joinWith({ '--discovery-token-ca-cert-hash': pin }), {
      exit: 4,
      code: 'CA_HASH_MISMATCH',
      says: [/expected: sha256:0{64}/, new RegExp(`found: +${await (await testBed()).cluster.caHash()}`)],
      next: TOKEN_NEXT,
    });
  });
  for (const [clock, side] of [
    ['-1d', 'behind'],
    ['+1d', 'ahead of'],
  ] as const) {
    test(`a clock that is a day ${side} the cluster's`, async () => {
      const says = new RegExp(`the clock of the node is 24\\.0 hours ${side} the API server's`);
      const failure = { exit: 3, code: 'PREFLIGHT_FAILED', says, next: /Set the clock/ };
      await tells(subject.node, await joinWith({}), failure, { clock });
    });
  }
  const unreachable = async (server: string | undefined, says: RegExp): Promise<void> => {
    const args = await joinWith({}, server);
    await reports(subject.node, args, { exit: 4, code: 'API_UNREACHABLE', says, next: /no firewall/ });
  };
  test('ports on which nobody listens', async () => {
    const { address } = (await testBed()).cluster;
    await unreachable(`${address}:6444`, /https:\S+:6444 did not answer: connect ECONNREFUSED/);
    await unreachable(`${address}:6444,${address}:6445`, /none of the API servers answered[\s\S]*:6444[\s\S]*:6445/);
  });
  test('a firewall that swallows everything', async () => {
    await blackHole(subject.node);
    await unreachable(undefined, /no (answer|connection) within 10/).finally(() => restoreNetwork(subject.node));
  });
  test('a server that takes connections and never says a word', async () => {
    const { node } = subject;
    const server = node.spawn('socat', ['TCP-LISTEN:7443,fork,reuseaddr', 'EXEC:sleep 600']);
    const listens = async () => (await node.exec('socat', '-u', '/dev/null', 'TCP:127.0.0.1:7443')).exitCode === 0;
    await until('socat', listens);
    await unreachable('127.0.0.1:7443', /no TLS answer within 8 s/);
    await node.killInside('^socat|^sleep 600');
    await server;
  });
  test('and nothing of the node was changed', () => unchanged(subject));
}

function node(test: Tell): void {
  const subject = {} as Subject;
  const usage = { exit: 2, code: 'USAGE', next: /edgeadm join --help/ };
  make(test, 'fail-node', subject);
  test('flags: all mistakes are told at once', async () => {
    const flags = [
      ...['--labels', 'kubernetes.io/role=x,a b=c,lonely', '--taints', 'key=value:Never', '--taints', 'odd'],
      ...['--node-name', 'Upper_', '--node-ip', '10.0.0.256', '--cri-socket', 'relative', '--timeout', 'soon'],
    ];
    const says = [
      /--labels\.kubernetes\.io\/role: a node cannot set the label.*kubectl label node/,
      /--labels\.a b: /,
      /--labels: "lonely" is not KEY=VALUE/,
      /--taints\.effect: .*NoSchedule/,
      /--taints: "odd" is not KEY=VALUE:Effect/,
      /--node-name: invalid nodeName "Upper_"/,
      /--node-ip: must be an IP address/,
      /--cri-socket: must be an absolute path/,
      /--timeout: "soon" is not a duration/,
    ];
    await tells(subject.node, [...(await joinWith({})), ...flags], { ...usage, says });
  });
  test('unknown flags', async () => {
    const flags = ['--labls', 'a=b', '--no-edgehub'];
    await reports(subject.node, [...(await joinWith({})), ...flags], { ...usage, says: /--labls.*--no-edgehub/ });
  });
  test('unknown phases', async () => {
    const args = [...(await joinWith({})), '--skip-phases', 'install-runtme'];
    await tells(subject.node, args, { ...usage, says: /unknown phase install-runtme.*install-runtime/ });
  });
  test('a file with unknown keys and wrong values', async () => {
    const config = { apiVersion: 'edgeadm.io/v1', kind: 'JoinConfiguration', nodename: 'x', labels: { 'a b': 'c' } };
    await subject.node.write('/tmp/join.yaml', JSON.stringify({ ...config, token: 'short', tains: [] }));
    const says = [
      /the address of the API server is required/,
      /join\.yaml: nodename: unknown key/,
      /join\.yaml: tains: unknown key/,
      /join\.yaml: labels\.a b: /,
      /join\.yaml: token: a bootstrap token has the form ID\.SECRET/,
    ];
    await tells(subject.node, ['join', '--config', '/tmp/join.yaml'], { ...usage, says });
  });
  test('a scratch root and a host at once', async () => {
    const args = [...(await joinWith({})), '--root', '/tmp/root', '--host', 'root@127.0.0.1'];
    await reports(subject.node, args, { ...usage, says: /--root: .*--host/ });
  });
  test('a user who is not root', async () => {
    const command = [
      '--user',
      'admin',
      '--',
      'env',
      'HOME=/tmp',
      ...programInNode,
      ...withoutMatrix(await joinWith({})),
    ];
    const failure = { exit: 3, code: 'NOT_PRIVILEGED', says: /the user id is \d+/, next: /sudo/ };
    assertText(await subject.node.run('runuser', command), failure);
  });
  test("an operating system that is in no row of the vendor's matrix is no failure in a plain cluster, but a line", async () => {
    const { exitCode, stderr } = await subject.node.edgeadm([...withoutMatrix(await joinWith({})), '--dry-run']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /\[WARNING OSSupported\]: Debian GNU\/Linux 12, kernel .* is not in the vendor's matrix/);
  });
  test('a route into the Pod network', async () => {
    const route = ['10.244.77.0/24', 'dev', 'eth0'];
    await subject.node.exec('ip', 'route', 'add', ...route);
    const says = [/CIDRConflict/, /the route 10\.244\.77\.0\/24 dev eth0 overlaps with the Pod CIDR 10\.244\.0\.0\/16/];
    const failure = { exit: 3, code: 'PREFLIGHT_FAILED', says, next: /Remove the route/ };
    await reports(subject.node, await joinWith({}), failure);
    await subject.node.exec('ip', 'route', 'del', ...route);
  });
  test('several checks at once: each failure is told', async () => {
    const says = [/\[ERROR NodeIface\]/, /\[ERROR Token\][^\n]*absent/, /edgeadm token create/];
    const args = [...(await joinWith({ '--token': `absent.${NO_SECRET}` })), '--node-iface', 'nowhere0'];
    await tells(subject.node, args, { exit: 3, code: 'PREFLIGHT_FAILED', says, next: /Fix the reported problems/ });
  });
  test('and nothing of the node was changed', () => unchanged(subject));
}

function disk(test: Tell): void {
  const subject = {} as Subject;
  const noSpace = { exit: 3, code: 'NO_SPACE', next: /free space/i };
  make(test, 'fail-disk', subject, { varSize: 1400 });
  test('not a byte is left', async () => {
    await fillVar(subject.node);
    await tells(subject.node, await joinWith({}), { ...noSpace, says: /no space left/ });
    await emptyVar(subject.node);
  });
  test('less is left than a join needs', async () => {
    await fillVar(subject.node, 500);
    await reports(subject.node, await joinWith({}), { ...noSpace, says: /\d+ MiB free, 1024 MiB needed/ });
    await emptyVar(subject.node);
  });
  test('and nothing of the node was changed', () => unchanged(subject));
  test('it fills up in the middle, and what was done is taken back', async () => {
    const { node } = subject;
    const joining = node.spawnEdgeadm([...(await joinWith({})), ...WITH_HUB, '-o', 'json']);
    const begun = async () => (await node.exec('test', '-s', '/var/lib/edgeadm/journal.jsonl')).exitCode === 0;
    await until('the first change', begun);
    await fillVar(node, 4);
    const { exitCode = -1, stdout, stderr } = await joining;
    assertJson(
      { exitCode, stdout: String(stdout), stderr: String(stderr) },
      { ...noSpace, says: /no space left/i, next: PUT_BACK },
    );
    await emptyVar(node);
    await unchanged(subject);
  });
  test('and once there is room, the same command joins it', async () => succeeds(subject.node, await joinWith({})));
}

function bundle(test: Tell): void {
  const subject = {} as Subject;
  const broken = join(stateDir, 'broken-bundles');
  const invalid = { exit: 3, code: 'BUNDLE_INVALID', next: /edgeadm bundle create/ };
  test('bundles are damaged', async () => {
    await rm(broken, { recursive: true, force: true });
    await mkdir(broken, { recursive: true });
    await damagedBundle(join(broken, 'image'), 'images/busybox.tar', otherEnd);
    await damagedBundle(join(broken, 'kubelet'), 'kubelet', otherEnd);
    await damagedBundle(join(broken, 'yaml'), 'bundle.yaml', (path) => appendFile(path, 'more: [\n'));
  });
  make(test, 'fail-bundle', subject, { bind: [[broken, '/opt/broken']] });
  test('bundle.yaml is damaged', async () => {
    const says = /bundle\.yaml of \/opt\/broken\/yaml cannot be used/;
    await tells(subject.node, await joinWith({ '--bundle': '/opt/broken/yaml' }), { ...invalid, says });
  });
  test('it is not the one that was pinned', async () => {
    const args = [...(await joinWith({})), '--bundle-sha256', '0'.repeat(64)];
    const says = new RegExp(`expected 0{64}, bundle.yaml has ${(await testBed()).bundleSha256}`);
    await reports(subject.node, args, { ...invalid, says, next: /Compare --bundle-sha256/ });
  });
  test('it is not there', async () => {
    const says = /bundle not found: \/opt\/absent/;
    await tells(subject.node, await joinWith({ '--bundle': '/opt/absent' }), {
      ...invalid,
      says,
      next: /check the path/,
    });
  });
  for (const [name, file] of [
    ['image', 'images/busybox.tar'],
    ['kubelet', 'kubelet'],
  ] as const) {
    test(`its ${file} was changed: what was done before that is taken back`, async () => {
      const says = new RegExp(`${name}/${file} is damaged or was changed: SHA-256 expected \\w{64}, found \\w{64}`);
      await reports(subject.node, await joinWith({ '--bundle': `/opt/broken/${name}` }), { ...invalid, says });
      await unchanged(subject);
    });
  }
  test('an edge-hub whose image is nowhere: the error says what became of it', async () => {
    const args = [...(await joinWith({})), '--edge-hub-image', 'localhost/absent:1', '--timeout', '60s'];
    const says = [
      /edge-hub to be healthy on 127\.0\.0\.1:10267/,
      /failed to pull and unpack image .*localhost\/absent:1/,
    ];
    await reports(subject.node, args, { exit: 1, code: 'EDGE_HUB_FAILED', says, next: PUT_BACK });
    await unchanged(subject);
  });
}

function start(test: Tell): void {
  const subject = {} as Subject;
  const image = 'localhost/failing-hub:1';
  make(test, 'fail-start', subject);
  test('a hub that ends: the error shows what it said', async () => {
    const out = join(stateDir, 'failing-hub.tar');
    const files = [{ from: '/bin/busybox', to: '/bin/busybox' }];
    await buildImage({ name: image, entrypoint: [], files, links: { '/bin/edge-hub': 'busybox' }, out });
    await importImage(subject.node, out);
    subject.before = await photograph(subject.node);
    const args = [...(await joinWith({})), '--edge-hub-image', image, '--timeout', '60s'];
    const says = [/it was waiting for the edge-hub to be healthy/, /log of the edge-hub:[\s\S]*applet not found/];
    await reports(subject.node, args, { exit: 1, code: 'EDGE_HUB_FAILED', says, next: PUT_BACK });
    await unchanged(subject);
  });
  test('a kubelet that ends: the error shows its last words', async () => {
    const dropIn = '/etc/systemd/system/kubelet.service.d/99-broken.conf';
    const used = '$KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS';
    await subject.node.write(dropIn, `[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --absent-flag ${used}\n`);
    subject.before = await photograph(subject.node);
    const says = [/the kubelet does not stay up/, /^ *F\d{4}.*unknown flag: --absent-flag$/m];
    await tells(subject.node, [...(await joinWith({})), ...WITH_HUB], {
      exit: 1,
      code: 'KUBELET_FAILED',
      says,
      next: /take --absent-flag out of .*, then run the same command again$/m,
    });
    await unchanged(subject);
  });
}

function taken(test: Tell): void {
  const first = {} as Subject;
  const second = {} as Subject;
  let line: string[];
  let token: string;
  make(test, 'first', first);
  make(test, 'second', second);
  test('`token create` prints a line that can be run on a node', async () => {
    const { cluster } = await testBed();
    const { stdout } = await administrator('token', 'create', '--print-join-command', '--ttl', '1h');
    assert.match(stdout, /^edgeadm join \S+:6443 --token \w{6}\.\w{16} --discovery-token-ca-cert-hash sha256:\w{64}$/);
    assert.ok(stdout.includes(cluster.endpoint));
    line = [...stdout.split(' ').slice(1), '--compat-matrix', MATRIX, '--bundle', BUNDLE, ...WITH_HUB];
    token = line[line.indexOf('--token') + 1] ?? '';
  });
  test('`token list` shows it without its secret', async () => {
    const [id = '', secret = ''] = token.split('.');
    const { stdout } = await administrator('token', 'list', '-o', 'json');
    const { data } = JSON.parse(stdout) as { data: { id: string; usages: string[]; expires: string }[] };
    const found = data.find((each) => each.id === id);
    assert.deepEqual(found?.usages, ['authentication', 'signing']);
    const hours = (Date.parse(found.expires) - Date.now()) / 3_600_000;
    assert.ok(hours > 0.9 && hours <= 1);
    const table = (await administrator('token', 'list')).stdout;
    assert.match(table, new RegExp(`^${id} `, 'm'));
    assert.ok(!`${stdout}${table}`.includes(secret));
  });
  test('while one is at work, a second is told who; where that one is killed, the lock is free at once', async () => {
    const { node } = first;
    await installCni(node, '10.244.200.0/24');
    const joining = node.spawnEdgeadm(line);
    const { pid } = await until('the lock', async () => {
      const { exitCode, stdout } = await node.exec('cat', '/var/lib/edgeadm/holder');
      return exitCode === 0 && (JSON.parse(stdout) as { pid: number });
    });
    assert.equal((await node.read(`/proc/${pid}/comm`)).trim(), 'edgeadm');
    const says = [/another edgeadm is running/, new RegExp(`edgeadm join, process ${pid} on \\S+, since 20\\d\\d-`)];
    await tells(node, line, { exit: 1, code: 'LOCKED', says, next: /Wait until it ends/ });
    await node.exec('kill', '-KILL', String(pid));
    await joining;
    await succeeds(node, line);
    await (await testBed()).cluster.waitForNode('first');
  });
  test('a name that a Ready node of another machine has', async () => {
    const ids = await Promise.all([first, second].map(async ({ node }) => (await node.read('/etc/machine-id')).trim()));
    await reports(second.node, [...(await joinWith({})), '--node-name', 'first'], {
      exit: 4,
      code: 'NODE_EXISTS',
      says: [/a node named first already exists in the cluster and is Ready/, new RegExp(ids.join('.*'))],
      next: /kubectl delete node first/,
    });
  });
  test('a Node object that is there with other taints', async () => {
    const { cluster } = await testBed();
    await cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'second' } });
    await tells(second.node, [...(await joinWith({})), '--taints', 'shop=17:NoSchedule'], {
      exit: 4,
      code: 'TAINTS_DIFFER',
      says: [/Node second already exists/, /requested: shop=17:NoSchedule/],
      next: /kubectl taint node second --overwrite shop=17:NoSchedule/,
    });
    await cluster.kubectl('delete', 'node', 'second');
  });
  test('a token that `token delete` took away', async () => {
    const id = token.slice(0, 6);
    assert.equal((await administrator('token', 'delete', token)).stdout, `bootstrap token "${id}" deleted`);
    await until('its signature to go', async () => {
      const path = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
      const info = await (await testBed()).cluster.get<{ data: object }>(path);
      return info && !Object.keys(info.data).includes(`jws-kubeconfig-${id}`);
    });
    const says = new RegExp(`has no token ${id}`);
    await reports(second.node, line, { exit: 4, code: 'TOKEN_UNKNOWN_OR_EXPIRED', says, next: TOKEN_NEXT });
  });
  test('and nothing of the node was changed', () => unchanged(second));
}

interface Subject {
  node: Node;
  before: Photograph;
}

/** The first test of a story: a fresh node, and what it was before anything was done with it. */
function make(test: Tell, name: string, subject: Subject, options?: Parameters<typeof freshNode>[1]): void {
  test(`the node ${name} is made`, async () => {
    subject.node = await freshNode(name, options);
    subject.before = await photograph(subject.node);
  });
}

async function unchanged({ node, before }: Subject): Promise<void> {
  assert.deepEqual(await traces(node, before), []);
}

let good: Promise<string[]> | undefined;

/** The arguments of a good join, some of them replaced. */
async function joinWith(replaced: Record<string, string>, server?: string): Promise<string[]> {
  good ??= joinArgs();
  const args = [...(await good)];
  for (const [flag, value] of Object.entries(replaced)) args.splice(args.indexOf(flag) + 1, 1, value);
  if (server) args[1] = server;
  return args;
}

function withoutMatrix(args: string[]): string[] {
  return args.filter((arg) => arg !== '--compat-matrix' && arg !== MATRIX);
}

/** Fails, and says so to a person. */
async function tells(node: Node, args: string[], failure: Failure, options: RunOptions = {}): Promise<void> {
  assertText(await node.edgeadm(args, { timeout: 180, ...options }), failure);
}

/** Fails, and says so to a program. */
async function reports(node: Node, args: string[], failure: Failure): Promise<void> {
  assertJson(await node.edgeadm([...args, '-o', 'json'], { timeout: 180 }), failure);
}

function assertText({ exitCode, stdout, stderr }: Result, { exit, code, says, next }: Failure): void {
  // Lines of a log have a head of their own.
  const text = stderr.replaceAll(/^[IWE]\d{4} .*?\] \[[\w-]+\] /gm, '');
  assert.equal(exitCode, exit, stderr);
  assert.equal(stdout, '');
  assert.match(text, new RegExp(`\\(${code}\\)$`, 'm'));
  for (const pattern of [says].flat()) assert.match(text, pattern);
  assert.match(text.slice(text.search(/^ *next: /m)), next);
  assert.doesNotMatch(text, /^ +at .*:\d+:\d+/m, 'a stack is shown');
}

function assertJson({ exitCode, stdout, stderr }: Result, { exit, code, says, next }: Failure): void {
  const events = stdout.trim().split('\n');
  const last = events.at(-1) ?? '';
  const { type, ok, error } = JSON.parse(last);
  assert.equal(exitCode, exit, `${stderr}\n${last}`);
  assert.equal(stderr, '');
  assert.deepEqual({ type, ok, code: error.code }, { type: 'result', ok: false, code }, last);
  for (const pattern of [says].flat()) assert.match(`${error.what}: ${error.why}`, pattern);
  assert.match(error.next, next);
  for (const event of events.slice(0, -1)) assert.notEqual(JSON.parse(event).type, 'result');
}

async function succeeds(node: Node, args: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await node.edgeadm(args, { timeout: 180 });
  assert.equal(exitCode, 0, `${stderr}\n${stdout}`);
}

/** Runs edgeadm on this machine with the cluster's kubeconfig. */
async function administrator(...args: string[]) {
  const { kubeconfig } = (await testBed()).cluster;
  const [file, ...words] = programHere;
  return execa(file, [...words, ...args, '--kubeconfig', kubeconfig]);
}

/** A copy of the bundle in which one file is another. */
async function damagedBundle(dir: string, file: string, damage: (path: string) => Promise<void>): Promise<void> {
  const { bundle } = await testBed();
  await execa('cp', ['-a', '--link', bundle, dir]);
  await execa('cp', ['--remove-destination', join(bundle, file), join(dir, file)]);
  await damage(join(dir, file));
}

/** As many bytes as before, the last of them another. */
async function otherEnd(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write('x', (await file.stat()).size - 1);
  await file.close();
}
