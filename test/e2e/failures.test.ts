import assert from 'node:assert/strict';
import { appendFile, mkdir, rm } from 'node:fs/promises';
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
  nodejsInNode,
  type Photograph,
  photograph,
  productInNode,
  projectDir,
  type Result,
  type RunOptions,
  restoreNetwork,
  stateDir,
  until,
} from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, freshNode, joinArgs, MATRIX, testBed, traces, WITH_HUB } from './support.ts';

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
const TOKEN_NEXT = /edgeadm token create --print-join-command/;

describe('a join that cannot succeed says why, what to do next, and leaves the node as it was', () => {
  sideBySide(
    {
      'where the credentials are not good': badCredentials,
      'where the cluster cannot be reached': noWay,
      'where the command line or the file is wrong': badInput,
      'where the node is not fit': unfitNode,
      'where the disk is full': fullDisk,
      'where the bundle is not what it should be': badBundle,
      'where the image of the edge-hub does not exist': hubWithoutImage,
      'where the edge-hub or the kubelet does not start': nothingStarts,
      'where another edgeadm or another machine was there before': taken,
    },
    testBed,
  );

  // A suite of its own: tests of this one would come before those above.
  describe('where the API server is down', () => {
    it('says so, and the same command joins the node when it is back', async () => {
      const { cluster } = await testBed();
      const subject = await start('fail-api');
      const args = await joinArgs();
      await cluster.stopApiServer();
      try {
        const says = /API server https:\S+:6443 did not answer: connect ECONNREFUSED/;
        await fails(subject, args, { exit: 4, code: 'API_UNREACHABLE', says, next: /address, the firewall/ });
      } finally {
        await cluster.startApiServer();
      }
      await succeeds(subject.node, args);
      await subject.node.down();
    });
  });
});

function badCredentials(test: Tell): void {
  const subject = {} as Subject;
  test('a node is made', async () => void Object.assign(subject, await start('fail-token')));
  const failing = (title: string, token: () => Promise<string>, failure: Omit<Failure, 'exit' | 'next'>) =>
    test(title, async () =>
      fails(subject, await joinWith({ '--token': await token() }), { ...failure, exit: 4, next: TOKEN_NEXT }),
    );
  const token = async (options?: object) => (await testBed()).cluster.token(options);

  failing('a wrong secret', async () => `${(await token()).slice(0, 7)}${NO_SECRET}`, {
    code: 'TOKEN_INVALID',
    says: /the secret of the token \w{6} is wrong/,
  });
  failing('a token that never was', async () => `absent.${NO_SECRET}`, {
    code: 'TOKEN_UNKNOWN_OR_EXPIRED',
    says: /does not know the token absent.*never existed or has expired; the clocks of node and API server agree/,
  });
  failing('a token that has expired', async () => token({ ttl: -10 }), {
    code: 'TOKEN_UNKNOWN_OR_EXPIRED',
    says: /never existed or has expired/,
  });
  failing('a token that signs but lets nobody in', async () => token({ usages: ['signing'] }), {
    code: 'TOKEN_REFUSED',
    says: /lets nobody in with the token \w{6}: HTTP 401.*not for authentication/,
  });
  test('a CA that is not the pinned one: the token is not shown to it', async () => {
    const pin = `sha256:${'0'.repeat(64)}`;
    await fails(subject, await joinWith({ '--discovery-token-ca-cert-hash': pin }), {
      exit: 4,
      code: 'CA_HASH_MISMATCH',
      says: [/pinned: sha256:0{64}/, new RegExp(`found: +${await (await testBed()).cluster.caHash()}`)],
      next: TOKEN_NEXT,
    });
  });
  for (const [offset, side] of [
    ['-1d', 'behind'],
    ['+1d', 'ahead of'],
  ] as const) {
    test(`a clock that is a day ${side} the cluster's`, async () => {
      const says = new RegExp(`the clock of the node is 24\\.0 hours ${side} the API server's`);
      const failure = { exit: 3, code: 'PREFLIGHT_FAILED', says, next: /Set the clock/ };
      await fails(subject, await joinWith({}), failure, { clock: offset });
    });
  }
}

function noWay(test: Tell): void {
  const subject = {} as Subject;
  const unreachable = async (server: string, says: RegExp): Promise<void> => {
    const started = performance.now();
    const args = await joinWith({}, server);
    await fails(subject, args, { exit: 4, code: 'API_UNREACHABLE', says, next: /address, the firewall/ });
    assert.ok(performance.now() - started < 60_000, 'it says so soon');
  };
  test('a node is made', async () => void Object.assign(subject, await start('fail-way')));
  test('a port on which nobody listens', async () => {
    const { address } = (await testBed()).cluster;
    await unreachable(`${address}:6444`, /https:\S+:6444 did not answer: connect ECONNREFUSED/);
  });
  test('several servers of which none answers', async () => {
    const { address } = (await testBed()).cluster;
    await unreachable(`${address}:6444,${address}:6445`, /none of the API servers answered[\s\S]*:6444[\s\S]*:6445/);
  });
  test('a firewall that swallows everything', async () => {
    const { node } = subject;
    await blackHole(node);
    try {
      const failure = { exit: 4, code: 'API_UNREACHABLE', says: /no answer within 10 s/, next: /firewall/ };
      await failsOnce(node, await joinWith({}), failure);
    } finally {
      await restoreNetwork(node);
    }
    assert.deepEqual(await traces(node, subject.before), []);
  });
  test('a server that takes connections and never says a word', async () => {
    const { node } = subject;
    const server = node.spawn('socat', ['TCP-LISTEN:7443,fork,reuseaddr', 'EXEC:sleep 600']);
    await until(
      'socat',
      async () => (await node.exec('socat', '-u', '/dev/null', 'TCP:127.0.0.1:7443')).exitCode === 0,
    );
    try {
      const failure = { exit: 4, code: 'API_UNREACHABLE', says: /no TLS answer within 10 s/, next: /firewall/ };
      await failsOnce(node, await joinWith({}, '127.0.0.1:7443'), failure);
    } finally {
      await node.killInside('^socat|^sleep 600');
      await server;
    }
    assert.deepEqual(await traces(node, subject.before), []);
  });
}

function badInput(test: Tell): void {
  const subject = {} as Subject;
  const usage = { exit: 2, code: 'USAGE', next: /edgeadm join --help|--help to see/ };
  test('a node is made', async () => void Object.assign(subject, await start('fail-input')));
  test('flags: all mistakes are told at once', async () => {
    const flags = [
      ...['--labels', 'kubernetes.io/role=x,a b=c,lonely', '--taints', 'key=value:Never', '--taints', 'odd'],
      ...['--node-name', 'Upper_', '--node-ip', '10.0.0.256', '--cri-socket', 'relative', '--timeout', 'soon'],
    ];
    const says = [
      /--labels\.kubernetes\.io\/role: a node may not give itself the label.*kubectl label node/,
      /--labels\.a b: /,
      /--labels: "lonely" is not KEY=VALUE/,
      /--taints\.0\.effect: .*NoSchedule/,
      /--taints: "odd" is not KEY=VALUE:Effect/,
      /--node-name: invalid nodeName "Upper_"/,
      /--node-ip: must be an IP address/,
      /--cri-socket: must be an absolute path/,
      /--timeout: "soon" is no duration/,
    ];
    await fails(subject, [...(await joinWith({})), ...flags], { ...usage, says });
  });
  test('unknown flags', async () => {
    const flags = ['--labls', 'a=b', '--no-edgehub'];
    await fails(subject, [...(await joinWith({})), ...flags], { ...usage, says: /--labls.*--no-edgehub/ });
  });
  test('unknown phases', async () => {
    const args = [...(await joinWith({})), '--skip-phases', 'install-runtme'];
    await fails(subject, args, { ...usage, says: /no phase install-runtme.*install-runtime/ });
  });
  test('a file with unknown keys and wrong values', async () => {
    const config = { apiVersion: 'edgeadm.io/v1', kind: 'JoinConfiguration', nodename: 'x', labels: { 'a b': 'c' } };
    await subject.node.write('/root/join.yaml', JSON.stringify({ ...config, token: 'short', tains: [] }));
    subject.before = await photograph(subject.node);
    const says = [
      /name the API server/,
      /join\.yaml: nodename: unknown key/,
      /join\.yaml: tains: unknown key/,
      /join\.yaml: labels\.a b: /,
      /join\.yaml: token: a bootstrap token is ID\.SECRET/,
    ];
    await fails(subject, ['join', '--config', '/root/join.yaml'], { ...usage, says });
  });
  test('no server, no token', async () => {
    await fails(subject, ['join'], { ...usage, says: [/name the API server/, /token is needed/] });
  });
  test('a scratch root and a host at once', async () => {
    const args = [...(await joinWith({})), '--root', '/tmp/root', '--host', 'root@127.0.0.1'];
    await fails(subject, args, { ...usage, says: /--root: .*--host/ });
  });
  test('a user who is not root', async () => {
    const { node, before } = subject;
    const program = [`${nodejsInNode}/node`, `${productInNode}/bin/run.js`];
    const args = (await joinWith({})).filter((arg) => arg !== '--compat-matrix' && arg !== MATRIX);
    const command = ['--user', 'admin', '--', 'env', 'HOME=/home/admin', ...program, ...args];
    const failure = { exit: 3, code: 'NOT_PRIVILEGED', says: /the user id is \d+/, next: /sudo/ };
    assertText(await node.run('runuser', command), failure);
    assertJson(await node.run('runuser', [...command, '-o', 'json']), failure);
    await node.exec('rm', '-r', '/home/admin/.local'); // his log
    assert.deepEqual(await traces(node, before), []);
  });
}

function unfitNode(test: Tell): void {
  const subject = {} as Subject;
  test('a node is made', async () => void Object.assign(subject, await start('fail-node')));
  test('an operating system that is in no row of the matrix', async () => {
    const args = (await joinWith({})).filter((arg) => arg !== '--compat-matrix' && arg !== MATRIX);
    const says = [/not in the compatibility matrix/, /found +amd64 +Debian GNU\/Linux +12/, /supported +amd64 +Ubuntu/];
    await fails(subject, args, { exit: 3, code: 'OS_UNSUPPORTED', says, next: /--compat-matrix/ });
  });
  test('a route into the Pod network', async () => {
    const { node } = subject;
    await node.exec('ip', 'route', 'add', '10.244.77.0/24', 'dev', 'eth0');
    const says = /the route 10\.244\.77\.0\/24 dev eth0 overlaps with the Pod CIDR 10\.244\.0\.0\/16/;
    const failure = { exit: 3, code: 'PREFLIGHT_FAILED', says: [/CIDRConflict/, says], next: /Remove the route/ };
    assertJson(await node.edgeadm([...(await joinWith({})), '-o', 'json']), failure);
    await node.exec('ip', 'route', 'del', '10.244.77.0/24', 'dev', 'eth0');
    assert.deepEqual(await traces(node, subject.before), []);
  });
  test('several things at once: each is told', async () => {
    const { node } = subject;
    await node.write('/etc/resolv.conf', 'nameserver 10.96.0.53\n');
    const args = (await joinWith({ '--token': `absent.${NO_SECRET}` })).filter(
      (arg) => arg !== '--compat-matrix' && arg !== MATRIX,
    );
    await node.exec('mkdir', '-p', '/etc/kubernetes/manifests');
    await node.write('/etc/kubernetes/manifests/other.yaml', '{}');
    const { stdout } = await node.edgeadm([...args, '-o', 'json']);
    const { error } = JSON.parse(stdout.split('\n').at(-1) ?? '');
    await node.exec('rm', '-r', '/etc/kubernetes');
    await node.write('/etc/resolv.conf', '');
    assert.equal(error.code, 'PREFLIGHT_FAILED');
    for (const name of ['OSSupported', 'Token']) assert.match(error.why, new RegExp(`^\\[ERROR ${name}\\]`, 'm'));
  });
}

function fullDisk(test: Tell): void {
  const subject = {} as Subject;
  const noSpace = { exit: 3, code: 'NO_SPACE', next: /free|Free/ };
  test('a node with a small /var is made', async () => {
    Object.assign(subject, await start('fail-disk', { varSize: 1400 }));
  });
  test('not a byte is left', async () => {
    const { node } = subject;
    await fillVar(node);
    await failsOnce(node, await joinWith({}), { ...noSpace, says: /no space left/ });
    await emptyVar(node);
    assert.deepEqual(await traces(node, subject.before), []);
  });
  test('less is left than a join needs', async () => {
    const { node } = subject;
    await fillVar(node, 500);
    await failsOnce(node, await joinWith({}), { ...noSpace, says: /\d+ MiB free, 1024 MiB needed/ });
    await emptyVar(node);
    assert.deepEqual(await traces(node, subject.before), []);
  });
  for (const left of [0, 60]) {
    test(`it fills up in the middle, to ${left} MiB: rolled back`, async () => {
      const { node } = subject;
      const joining = node.spawnEdgeadm([...(await joinWith({})), ...WITH_HUB, '-o', 'json']);
      const begun = async () => (await node.exec('test', '-s', '/var/lib/edgeadm/journal.jsonl')).exitCode === 0;
      await until('the first change', begun);
      await fillVar(node, left);
      const says = /no space left/i;
      assertJson(resultOf(await joining), { ...noSpace, says, next: /the node was put back as it was/ });
      await emptyVar(node);
      assert.deepEqual(await traces(node, subject.before), []);
    });
  }
  test('and once there is room, the same command joins it', async () => succeeds(subject.node, await joinWith({})));
}

function badBundle(test: Tell): void {
  const subject = {} as Subject;
  const broken = join(stateDir, 'broken-bundles');
  const invalid = { exit: 3, code: 'BUNDLE_INVALID' };
  const check = /edgeadm bundle verify/;
  test('a node and damaged bundles are made', async () => {
    await rm(broken, { recursive: true, force: true });
    await mkdir(broken, { recursive: true });
    await damagedBundle(join(broken, 'changed'), 'images/busybox.tar', 'x');
    await damagedBundle(join(broken, 'late'), 'kubelet', 'x');
    await damagedBundle(join(broken, 'yaml'), 'bundle.yaml', 'more: [\n');
    Object.assign(subject, await start('fail-bundle', { bind: [[broken, '/opt/broken']] }));
  });
  test('a file of it was changed', async () => {
    const says = /images\/busybox\.tar is damaged or was changed: SHA-256 expected \w{64}, found \w{64}/;
    await failsOnce(subject.node, await joinWith({ '--bundle': '/opt/broken/changed' }), {
      ...invalid,
      says,
      next: check,
    });
    assert.deepEqual(await traces(subject.node, subject.before), []);
  });
  test('the program that comes last was changed: what was done before is taken back', async () => {
    const args = await joinWith({ '--bundle': '/opt/broken/late' });
    const says = /\/opt\/broken\/late\/kubelet is damaged or was changed/;
    await failsOnce(subject.node, args, { ...invalid, says, next: /put back as it was/ });
    assert.deepEqual(await traces(subject.node, subject.before), []);
  });
  test('bundle.yaml is damaged', async () => {
    const says = /bundle\.yaml of \/opt\/broken\/yaml cannot be used/;
    await fails(subject, await joinWith({ '--bundle': '/opt/broken/yaml' }), { ...invalid, says, next: check });
  });
  test('it is not the one that was pinned', async () => {
    const args = [...(await joinWith({})), '--bundle-sha256', '0'.repeat(64)];
    const says = new RegExp(`pinned 0{64}, bundle.yaml has ${(await testBed()).bundleSha256}`);
    await fails(subject, args, { ...invalid, says, next: /Compare --bundle-sha256/ });
  });
  test('it is not there', async () => {
    const says = /there is no bundle \/opt\/absent/;
    await fails(subject, await joinWith({ '--bundle': '/opt/absent' }), { ...invalid, says, next: check });
  });
}

function hubWithoutImage(test: Tell): void {
  const subject = {} as Subject;
  test('a node is made', async () => void Object.assign(subject, await start('fail-image')));
  test('the error names the image and what became of it, and the node is put back', async () => {
    const args = [...(await joinWith({})), '--edge-hub-image', 'localhost/absent:1', '--timeout', '40s'];
    const says = [
      /edge-hub to be healthy on 127\.0\.0\.1:10267/,
      /failed to pull and unpack image .*localhost\/absent:1/,
    ];
    await failsOnce(subject.node, args, { exit: 1, code: 'EDGE_HUB_FAILED', says, next: /put back as it was/ });
    assert.deepEqual(await traces(subject.node, subject.before), []);
  });
}

function nothingStarts(test: Tell): void {
  const subject = {} as Subject;
  const image = 'localhost/failing-hub:1';
  test('a node is made, with the image of a hub that does not know its own name', async () => {
    Object.assign(subject, await start('fail-start'));
    const out = join(stateDir, 'failing-hub.tar');
    const files = [{ from: '/bin/busybox', to: '/bin/busybox' }];
    await buildImage({ name: image, entrypoint: [], files, links: { '/bin/edge-hub': 'busybox' }, out });
    await importImage(subject.node, out);
    subject.before = await photograph(subject.node);
  });
  test('a hub that ends: the error shows what it said', async () => {
    const args = [...(await joinWith({})), '--edge-hub-image', image, '--timeout', '40s'];
    const says = [/it was waiting for the edge-hub to be healthy/, /log of the edge-hub:[\s\S]*applet not found/];
    await failsOnce(subject.node, args, { exit: 1, code: 'EDGE_HUB_FAILED', says, next: /put back as it was/ });
    assert.deepEqual(await traces(subject.node, subject.before), []);
  });
  test('a kubelet that ends: the error shows its last words, soon', async () => {
    const { node } = subject;
    const dropIn = '/etc/systemd/system/kubelet.service.d/99-broken.conf';
    await node.write(dropIn, '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --absent-flag\n');
    const before = await photograph(node);
    const says = [/the kubelet does not stay up/, /^F\d{4}.*unknown flag: --absent-flag$/m];
    const failure = { exit: 1, code: 'KUBELET_FAILED', says, next: /journalctl -u kubelet/ };
    const started = performance.now();
    await failsOnce(node, [...(await joinWith({})), ...WITH_HUB], failure);
    assert.ok(performance.now() - started < 90_000);
    assert.deepEqual(await traces(node, before), []);
  });
}

function taken(test: Tell): void {
  const first = {} as Subject;
  const second = {} as Subject;
  let line: string[];
  let token: string;
  test('two nodes are made', async () => {
    const made = await Promise.all([start('first', { cni: true }), start('second')]);
    Object.assign(first, made[0]);
    Object.assign(second, made[1]);
  });
  test('`token create` prints a line that joins', async () => {
    const { cluster } = await testBed();
    const { stdout } = await administrator('token', 'create', '--print-join-command', '--ttl', '1h');
    assert.match(stdout, /^edgeadm join \S+:6443 --token \w{6}\.\w{16} --discovery-token-ca-cert-hash sha256:\w{64}$/);
    assert.ok(stdout.includes(cluster.endpoint));
    line = [...stdout.split(' ').slice(1), '--compat-matrix', MATRIX, '--bundle', BUNDLE, ...WITH_HUB];
    token = line[line.indexOf('--token') + 1] ?? '';
  });
  test('`token list` shows it without its secret', async () => {
    const [id = '', secret = ''] = token.split('.');
    const { stdout } = await administrator('token', 'list');
    assert.match(stdout, new RegExp(`^${id} .*in (1\\.0h|59|60)?.*authentication,signing`, 'm'));
    const json = await administrator('token', 'list', '-o', 'json');
    const { data } = JSON.parse(json.stdout) as { data: { id: string; usages: string[] }[] };
    assert.deepEqual(data.find((each) => each.id === id)?.usages, ['authentication', 'signing']);
    assert.ok(!stdout.includes(secret) && !json.stdout.includes(secret));
  });
  test('while one is at work, a second is told who, and where it is killed the lock is free at once', async () => {
    const { node } = first;
    const joining = node.spawnEdgeadm([...line, '-o', 'json']);
    const holder = await until('the lock', async () => {
      const { exitCode, stdout } = await node.exec('cat', '/var/lib/edgeadm/holder');
      return exitCode === 0 && (JSON.parse(stdout) as { pid: number });
    });
    const { stdout } = await node.exec('pgrep', '-f', '^edgeadm');
    assert.equal(stdout.trim(), String(holder.pid), 'the process that is named is the one at work');
    const says = [/another edgeadm is at work/, new RegExp(`edgeadm join, process ${holder.pid}, since 20\\d\\d-`)];
    const failure = { exit: 1, code: 'LOCKED', says, next: /Wait for it to end/ };
    assertText(await node.edgeadm(line), failure);
    assertJson(await node.edgeadm([...line, '-o', 'json']), failure);
    await node.exec('kill', '-KILL', String(holder.pid));
    await joining;
    await succeeds(node, line);
    await (await testBed()).cluster.waitForNode('first');
  });
  test('a name that a Ready node of another machine has', async () => {
    const ids = await Promise.all([first, second].map(async ({ node }) => (await node.read('/etc/machine-id')).trim()));
    await fails(second, [...(await joinWith({})), '--node-name', 'first'], {
      exit: 4,
      code: 'NODE_EXISTS',
      says: [/a node named first already exists in the cluster and is Ready/, new RegExp(ids.join('.*'))],
      next: /kubectl delete node first/,
    });
  });
  test('a Node object that is there with other taints', async () => {
    const { cluster } = await testBed();
    await cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'second' } });
    const args = [...(await joinWith({})), '--taints', 'shop=17:NoSchedule'];
    await failsOnce(second.node, args, {
      exit: 4,
      code: 'TAINTS_DIFFER',
      says: [/node object second exists already/, /asked: shop=17:NoSchedule/],
      next: /kubectl taint node second --overwrite shop=17:NoSchedule/,
    });
    assert.deepEqual(await traces(second.node, second.before), []);
    await cluster.kubectl('delete', 'node', 'second');
  });
  test('a token that `token delete` took away', async () => {
    const { stdout } = await administrator('token', 'delete', token);
    assert.equal(stdout, `bootstrap token "${token.slice(0, 6)}" deleted`);
    const says = new RegExp(`does not know the token ${token.slice(0, 6)}`);
    await until('its signature to go', async () => {
      const path = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
      const info = await (await testBed()).cluster.get<{ data: object }>(path);
      return info && !Object.keys(info.data).includes(`jws-kubeconfig-${token.slice(0, 6)}`);
    });
    await fails(second, line, { exit: 4, code: 'TOKEN_UNKNOWN_OR_EXPIRED', says, next: TOKEN_NEXT });
  });
}

interface Subject {
  readonly node: Node;
  before: Photograph;
}

/** A fresh node, and what it was before anything was done with it. */
async function start(
  name: string,
  options: Parameters<typeof freshNode>[1] & { cni?: boolean } = {},
): Promise<Subject> {
  const { cni, ...rest } = options;
  const node = await freshNode(name, rest);
  if (cni) await installCni(node, '10.244.200.0/24');
  return { node, before: await photograph(node) };
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

/** Fails alike for a person and for a program, and changes nothing. */
async function fails(
  { node, before }: Subject,
  args: string[],
  failure: Failure,
  options: RunOptions = {},
): Promise<void> {
  assertText(await node.edgeadm(args, { timeout: 120, ...options }), failure);
  await failsOnce(node, args, failure, options);
  assert.deepEqual(await traces(node, before), []);
}

async function failsOnce(node: Node, args: string[], failure: Failure, options: RunOptions = {}): Promise<void> {
  assertJson(await node.edgeadm([...args, '-o', 'json'], { timeout: 120, ...options }), failure);
}

function assertText({ exitCode, stdout, stderr }: Result, { exit, code, says, next }: Failure): void {
  // Lines of a log have a head of their own.
  const text = stderr.replaceAll(/^[IWE]\d{4} .*?\] \[[\w-]+\] /gm, '');
  assert.equal(exitCode, exit, stderr);
  assert.equal(stdout, '');
  assert.match(text, new RegExp(`\\(${code}\\)$`, 'm'));
  for (const pattern of [says].flat()) assert.match(text, pattern);
  assert.match(text.slice(text.search(/^ *next: /m)), next);
  assert.doesNotMatch(text, /^ +at .*:\d+:\d+/m, 'no stack is shown');
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

function resultOf({ exitCode, stdout, stderr }: { exitCode?: number; stdout: unknown; stderr: unknown }): Result {
  return { exitCode: exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) };
}

/** Runs edgeadm on this machine with the cluster's kubeconfig. */
async function administrator(...args: string[]) {
  const { kubeconfig } = (await testBed()).cluster;
  return execa(process.execPath, [join(projectDir, 'bin/run.js'), ...args, '--kubeconfig', kubeconfig]);
}

/** A copy of the bundle in which one file has something more at its end. */
async function damagedBundle(dir: string, file: string, more: string): Promise<void> {
  const { bundle } = await testBed();
  await execa('cp', ['-a', '--link', bundle, dir]);
  await execa('cp', ['--remove-destination', join(bundle, file), join(dir, file)]);
  if (more) await appendFile(join(dir, file), more);
}
