import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { execa } from 'execa';
import { dump } from 'js-yaml';
import { installCni, type Node, programHere, type Result, type RunOptions, until } from '../testbed/index.ts';
import { BUNDLE, freshNode, inWorlds, MATRIX, testBed, WITH_HUB } from './support.ts';

/** Where secrets may lie because this test put them there. */
const OURS = ['/root/token', '/root/join.yaml', '/run/patterns', '/run/command-lines', '/run/sightings'];
/** Everything on a node that is not a program or another machine's. */
const DISK = ['/etc', '/var', '/root', '/home', '/run', '/tmp', '/opt/cni'];

/** Looks ten times a second for the patterns in every command line, and keeps all command lines. */
const SAMPLER = `
while :; do
  now=$EPOCHREALTIME
  for file in $(grep -alF -f /run/patterns /proc/[0-9]*/cmdline 2>/dev/null); do echo "$now $file"; done >>/run/sightings
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>/run/command-lines
  sleep 0.1
done`;

inWorlds('guide', 'today')('no secret is left or shown by edgeadm', function () {
  this.timeout(600_000);
  let node: Node;
  /** What was printed, by the command that printed it. */
  const printed = new Map<string, string>();
  /** The secret parts of tokens, by how the token was given. */
  const secrets = new Map<string, string>();
  /** When the join with the token on its command line had begun its work. */
  let atWork = 0;
  let keys: string[];

  /** Runs edgeadm in the node and keeps what it prints. */
  async function run(title: string, args: string[], exitCodes: number[], options: RunOptions = {}): Promise<Result> {
    const result = await node.edgeadm(args, options);
    keep(title, result);
    assert.ok(exitCodes.includes(result.exitCode), `${title} ended with ${result.exitCode}\n${printed.get(title)}`);
    return result;
  }

  function keep(title: string, { stdout, stderr }: { stdout: unknown; stderr: unknown }): void {
    printed.set(title, `${stdout}\n${stderr}`);
  }

  /** A token of the cluster, whose secret is looked for from now on. */
  async function token(way: string): Promise<string> {
    const made = await (await testBed()).cluster.token();
    secrets.set(way, made.slice(7));
    return made;
  }

  before(async () => {
    const { cluster } = await testBed();
    node = await freshNode('secrets');
    const hash = await cluster.caHash();
    const given = [cluster.endpoint, '--discovery-token-ca-cert-hash', hash, '--compat-matrix', MATRIX];
    const good = [...given, '--bundle', BUNDLE];
    const [inFile, inConfig, inEnvironment, onInput, onCommandLine] = await Promise.all(
      ['in a file', 'in a configuration', 'in the environment', 'on standard input', 'on the command line'].map(token),
    );
    await node.write('/root/token', `${inFile}\n`, 0o600);
    const config = { apiVersion: 'edgeadm.io/v1', kind: 'JoinConfiguration', apiServers: [cluster.endpoint] };
    await node.write('/root/join.yaml', dump({ ...config, token: inConfig, caCertHashes: [hash] }), 0o600);
    await node.write('/run/patterns', [...secrets.values()].join('\n'), 0o600);
    const sampler = node.spawn('bash', ['-c', SAMPLER]);

    const environment = { env: { EDGEADM_TOKEN: inEnvironment ?? '' } };
    const asFile = ['--token', '@/root/token'];
    await run('preflight', ['preflight', ...good, ...asFile, '-v'], [0]);
    await run('preflight in JSON', ['preflight', ...good, '-o', 'json'], [0], environment);
    await run('config validate', ['config', 'validate', '--config', '/root/join.yaml'], [0]);
    await run('config validate in JSON', ['config', 'validate', '--config', '/root/join.yaml', '-o', 'json'], [0]);
    await run('a misspelt flag', ['join', ...good, '--tokn', onCommandLine ?? ''], [2]);
    await run('a token given twice', ['join', ...good, '--token', onCommandLine ?? '', ...asFile], [2]);
    await run('a plan', ['join', ...good, ...WITH_HUB, '--dry-run', '-v'], [0], environment);
    await run('a plan in JSON', ['join', ...good, ...WITH_HUB, '--dry-run', '-o', 'json', '--token', '-'], [0], {
      input: onInput,
    });
    await planOverOldKubeconfig([...good, ...asFile]);
    const absent = ['--edge-hub-image', 'localhost/absent:1', '--timeout', '20s'];
    await run('a join that fails late', ['join', ...good, ...asFile, ...absent, '-v'], [1]);
    await installCni(node, '10.244.210.0/24');
    await joinWatched(['join', ...good, '--token', onCommandLine ?? '', ...WITH_HUB, '-o', 'json', '-v']);
    await cluster.waitForNode('secrets');
    await run('a plan on a node', ['join', ...good, ...asFile, '--labels', 'a=b', '--dry-run'], [0]);
    await run('a second join', ['join', ...good, ...WITH_HUB, '-v'], [0], environment);
    await administrate(cluster.kubeconfig);

    await node.killInside('^bash -c');
    await sampler;
    keys = await privateKeys();
  });
  after(() => node?.down());

  /** What an old kubeconfig holds is shown by no plan that replaces it. */
  async function planOverOldKubeconfig(args: string[]): Promise<void> {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const key = Buffer.from(pem).toString('base64');
    const user = {
      name: 'old',
      user: { 'client-key-data': key, password: 'old-password-17', token: 'old-token-17-x' },
    };
    for (const [name, secret] of [
      ['an old key', key.slice(40, 120)],
      ['an old password', user.user.password],
      ['an old token', user.user.token],
    ] as const)
      secrets.set(name, secret);
    await node.write('/etc/kubernetes/kubelet.conf', dump({ apiVersion: 'v1', kind: 'Config', users: [user] }), 0o600);
    const ignoring = ['--ignore-preflight-errors', 'all', '--dry-run'];
    await run('a plan over an old kubeconfig', ['join', ...args, ...ignoring], [0]);
    await run('the same in JSON', ['join', ...args, ...ignoring, '-o', 'json'], [0]);
    await node.exec('rm', '-r', '/etc/kubernetes');
  }

  async function joinWatched(args: string[]): Promise<void> {
    const joining = node.spawnEdgeadm(args);
    atWork = await until('the lock', async () => {
      const { exitCode, stdout } = await node.exec('cat', '/var/lib/edgeadm/holder');
      return exitCode === 0 && Date.parse((JSON.parse(stdout) as { since: string }).since) / 1000;
    });
    const result = await joining;
    keep('a join', result);
    assert.equal(result.exitCode, 0, String(printed.get('a join')));
  }

  /** Bootstrap tokens, made on this machine; `token create` alone shows what it made. */
  async function administrate(kubeconfig: string): Promise<void> {
    const edgeadm = async (title: string, args: string[], input = '') => {
      const [file, ...words] = programHere;
      const command = [...words, 'token', ...args, '--kubeconfig', kubeconfig];
      const { stdout, stderr } = await execa(file, command, { input });
      keep(title, { stdout, stderr });
      return { stdout, stderr };
    };
    const created = await edgeadm('token create', ['create', '--ttl', '10m']);
    assert.match(created.stdout, /^\w{6}\.\w{16}$/);
    secrets.set('made by token create', created.stdout.slice(7));
    keep('token create', { ...created, stdout: created.stdout.slice(0, 7) });
    await edgeadm('token list', ['list']);
    await edgeadm('token list in JSON', ['list', '-o', 'json']);
    await edgeadm('token delete', ['delete', '-'], created.stdout);
  }

  /** Lines of the private keys that the join made. */
  async function privateKeys(): Promise<string[]> {
    const files = (await node.exec('grep', '-rlE', 'BEGIN .*PRIVATE KEY', '/etc/kubernetes', '/var/lib')).stdout;
    const texts = await Promise.all(files.split('\n').map((file) => node.read(file)));
    return texts
      .flatMap((text) => text.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END/g) ?? [])
      .flatMap((key) => key.split('\n').filter((line) => /^[\w+/=]{40,}$/.test(line)));
  }

  /** Every spelling in which a secret might be found, with a name for it. */
  function spellings(): [string, string][] {
    const tokens = [...secrets].flatMap(([way, secret]): [string, string][] => [
      [`the token ${way}`, secret],
      [`the token ${way} in base64`, Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1)],
    ]);
    return [...tokens, ...keys.map((line, i): [string, string] => [`a private key (${i})`, line])];
  }

  function assertClean(where: string, text: string): void {
    const found = spellings().filter(([, secret]) => text.includes(secret));
    assert.deepEqual(
      found.map(([name]) => name),
      [],
      `found in ${where}`,
    );
  }

  /** Files below these folders that hold a secret. */
  async function filesWith(looked: string[], folders: string[]): Promise<string[]> {
    const args = ['-rlaF', '--devices=skip', '-f', '-', '--', ...folders];
    const { stdout } = await node.run('grep', args, { input: looked.join('\n') });
    return stdout.split('\n').filter((file) => file && !OURS.includes(file));
  }

  it('neither in what it prints', () => {
    assert.ok(keys.length >= 4, 'there are keys to look for');
    for (const [title, text] of printed) {
      assert.ok(text.length > 1, `${title} printed something`);
      assertClean(title, text);
    }
  });

  it('no secret is left or shown by edgeadm, nor in its log, its journal, the journal of the system and the manifests', async () => {
    const log = await node.read('/var/log/edgeadm.log');
    const journal = await node.read('/var/lib/edgeadm/journal.jsonl');
    const manifests = await node.exec('sh', '-c', 'cat /etc/kubernetes/manifests/*');
    assert.match(manifests.stdout, /edge-hub/);
    assert.ok(log.length > 1000 && journal.length > 1000);
    assertClean('the log', log);
    assertClean('the journal', journal);
    assertClean('the manifests', manifests.stdout);
    assertClean("systemd's journal", (await node.exec('journalctl', '--output', 'export', '--no-pager')).stdout);
  });

  it('no secret is left or shown by edgeadm, nor in what the cluster knows of the node', async () => {
    const { cluster } = await testBed();
    const objects = await cluster.kubectl('get', 'nodes,pods,events,csr,configmaps', '-A', '-o', 'json');
    assert.match(objects, /edge-hub-secrets/);
    assertClean('the cluster', objects);
  });

  it('no secret is left or shown by edgeadm, nor anywhere on the disk: tokens not at all, keys in files of their owner alone', async () => {
    assert.deepEqual(await filesWith([...secrets.values()], DISK), []);
    const withKeys = await filesWith(keys, DISK);
    assert.ok(withKeys.length >= 3, `the kubelet's and the hub's: ${withKeys.join(', ')}`);
    for (const file of withKeys) {
      const { stdout } = await node.exec('stat', '--dereference', '--format', '%a %U:%G %F', file);
      assert.equal(stdout.trim(), '600 root:root regular file', file);
    }
  });

  it('no secret is left or shown by edgeadm, nor in a list of processes, once a join with the token on its command line has begun its work', async () => {
    const sightings = (await node.read('/run/sightings')).split('\n').filter(Boolean);
    const seen = sightings.map((line) => ({ time: Number(line.split(' ')[0]), file: line.split(' ')[1] }));
    assert.deepEqual(
      seen.filter(({ time }) => time > atWork),
      [],
    );
    // Two usage errors and the join had it on their command lines, all others had not: no child of them either.
    assert.ok(new Set(seen.map(({ file }) => file)).size <= 3, sightings.join('\n'));
    const lines = await node.read('/run/command-lines');
    assert.match(lines, /edgeadm/);
    for (const key of keys) assert.ok(!lines.includes(key));
  });

  it('no secret is left or shown by edgeadm, and what it keeps is for root alone', async () => {
    const { stdout } = await node.exec('find', '/var/lib/edgeadm', '-printf', '%m %U:%G %y %p\n');
    for (const line of stdout.trim().split('\n')) {
      if (line.endsWith('/lock')) continue;
      assert.match(line, /^(600 0:0 f|700 0:0 d) /);
    }
    const paths = ['/etc/kubernetes/kubelet.conf', '/var/lib/kubelet/pki', '/var/lib/edge-hub/pki'];
    const modes = await node.exec('stat', '--format', '%a', ...paths);
    assert.deepEqual(modes.stdout.trim().split('\n'), ['600', '700', '700']);
  });
});
