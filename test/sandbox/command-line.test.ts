import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { joinKeys } from '../../src/config/join-schema.ts';
import { edgeadm, edgeadmOnTerminal, resultOf } from './program.ts';

const TOKEN = 'abcdef.0123456789abcdef';
const SECRET = '0123456789abcdef';
const HASH = `sha256:${'a'.repeat(64)}`;
const A_JOIN = ['10.0.0.1', '--token', TOKEN, '--discovery-token-ca-cert-hash', HASH];

describe('the command line', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('shows help and version, and both end well', async () => {
    const help = await edgeadm(['join', '--help']);
    assert.equal(help.exitCode, 0);
    for (const flag of ['--token', '--discovery-token-ca-cert-hash', '--edge-hub-image', '--dry-run', '--host'])
      assert.ok(help.stdout.includes(flag), flag);
    const version = await edgeadm(['--version']);
    assert.equal(version.exitCode, 0);
    assert.match(version.stdout, /^edgeadm\/\d+\.\d+\.\d+/);
  });

  it('edgeadm alone prints its help, in a checkout too', () => {
    const run = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [run], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /USAGE\n {2}edgeadm /);
  });

  it('a Node.js that is too old is named with its version, before anything is loaded that it lacks', () => {
    const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.2" } })';
    const run = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
    const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, run, 'join'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 3, stderr);
    assert.match(stderr, /^error: edgeadm needs Node\.js 22\.21 or newer\n.* is 20\.19\.2\nnext: /);
  });

  it('shows help, tables and explanations within the terminal, and without colours if NO_COLOR is set', async function () {
    if (process.platform !== 'linux') this.skip();
    for (const args of [
      ['--help'],
      ['join', '--help'],
      ['explain', 'TOKEN_INVALID'],
      ['explain'],
      ['join', 'phases'],
    ]) {
      const coloured = await edgeadmOnTerminal(args, 60);
      const plain = await edgeadmOnTerminal(args, 60, { NO_COLOR: '1' });
      assert.equal(stripVTControlCharacters(coloured), plain);
      for (const line of plain.split('\n')) assert.ok(line.length <= 60, line);
    }
    assert.ok((await edgeadmOnTerminal(['join', '--help'], 60)).includes('\u001b[1mUSAGE'));
  });

  it('shows help without a terminal in 80 columns or those of COLUMNS, and tables a row a line', async () => {
    for (const columns of [undefined, '60'] as const) {
      const { stdout } = await edgeadm(['join', '--help'], { env: columns ? { COLUMNS: columns } : {} });
      assert.equal(stdout, stripVTControlCharacters(stdout));
      assert.equal(Math.max(...stdout.split('\n').map(({ length }) => length)) > 60, columns === undefined);
    }
    const { stdout } = await edgeadm(['compat'], { env: { COLUMNS: '60' } });
    for (const line of stdout.split('\n')) assert.match(line, /^(ARCH|amd64|arm64) /);
  });

  it('takes the spellings of kubectl too: -h, help COMMAND, version', async () => {
    const page = (await edgeadm(['join', '--help'])).stdout;
    for (const words of [
      ['join', '-h'],
      ['help', 'join'],
    ])
      assert.equal((await edgeadm(words)).stdout, page);
    assert.equal((await edgeadm(['help'])).stdout, (await edgeadm(['--help'])).stdout);
    assert.equal((await edgeadm(['version'])).stdout, (await edgeadm(['--version'])).stdout);
    const { clientVersion } = resultOf(await edgeadm(['version', '-o', 'json'])).data as Record<
      string,
      Record<string, string>
    >;
    assert.match(clientVersion?.gitVersion ?? '', /^v\d/);
  });

  it('answers a mistake with exit code 2, what is wrong and what to do', async () => {
    for (const args of [
      ['jion'],
      ['join', '--no-such-flag'],
      ['join', 'a', 'b'],
      ['reset', '--timeout', 'soon'],
      ['join', '--host', 'root@10.0.0.1', '--root', '/tmp/x'],
    ]) {
      const ended = await edgeadm(args);
      assert.equal(ended.exitCode, 2, `${args.join(' ')}\n${ended.stderr}`);
      assert.match(ended.stderr, /error/i, args.join(' '));
    }
  });

  it('tells a file that is not there once, by the flag that names it', async () => {
    for (const flag of ['--config', '--inventory', '--compat-matrix', '--ssh-key']) {
      const { exitCode, stderr } = await edgeadm(['preflight', '--host', '127.0.0.1', flag, '/none', ...A_JOIN]);
      assert.equal(exitCode, 2, stderr);
      assert.equal(stderr.match(/\/none/g)?.length, 1, stderr);
    }
  });

  it('lets no command of the cloud go out with an id that is empty, as of a variable that is not set', async () => {
    for (const [flag, ...args] of [
      ['--instance', 'eni', 'list', '--instance', ''],
      ['--instance', 'eni', 'capacity', '--instance', ' '],
      ['--vswitch', 'eni', 'bind', '--instance', 'i-1', '--vswitch', ''],
      ['--eni', 'eni', 'release', '--instance', 'i-1', '--eni', ''],
      ['--cluster-id', 'nodepool', 'list', '--region', 'r', '--cluster-id', ''],
      ['--cluster-id', 'join', '--region', 'r', '--nodepool', 'np', '--cluster-id', ''],
    ] as const) {
      const ended = await edgeadm([...args]);
      assert.equal(ended.exitCode, 2, args.join(' '));
      assert.match(ended.stderr, new RegExp(`^error: ${flag}: must not be empty$`, 'm'));
    }
  });

  it('tells all mistakes of a join at once, before anything is touched', async () => {
    const ended = await edgeadm([
      'join',
      '10.0.0.300',
      '--token',
      'short',
      '--node-ip',
      'x',
      '--labels',
      'kubernetes.io/a=b',
    ]);
    assert.equal(ended.exitCode, 2);
    for (const part of ['10.0.0.300', '--token', '--node-ip', 'kubernetes.io/a'])
      assert.ok(ended.stderr.includes(part), `${part} in\n${ended.stderr}`);
  });

  it('ends with one result line in JSON, for mistakes too', async () => {
    const ended = await edgeadm(['join', '10.0.0.1', '--token', 'short', '-o', 'json']);
    const result = resultOf(ended) as { type: string; ok: boolean; error: { code: string; next: string } };
    assert.deepEqual([result.type, result.ok, result.error.code], ['result', false, 'USAGE']);
    assert.ok(result.error.next);
  });

  it('never shows a token, wherever it was given and whatever went wrong', async () => {
    const file = join(folder, 'token');
    await writeFile(file, TOKEN);
    const runs = await Promise.all([
      edgeadm(['join', '--token', TOKEN, '--no-such-flag']),
      edgeadm(['join', TOKEN, '--token', TOKEN, 'more']),
      edgeadm(['config', 'validate', '10.0.0.1', '--token', `@${file}`, '--discovery-token-ca-cert-hash', HASH]),
      edgeadm(['config', 'validate', '10.0.0.1', '--token', '-', '--discovery-token-ca-cert-hash', HASH], {
        input: TOKEN,
      }),
      edgeadm(['config', 'validate', '10.0.0.1', '--discovery-token-ca-cert-hash', HASH, '-o', 'json'], {
        env: { EDGEADM_TOKEN: TOKEN },
      }),
    ]);
    for (const { stdout, stderr } of runs) assert.ok(!`${stdout}${stderr}`.includes(SECRET), stdout + stderr);
    for (const run of runs.slice(2)) assert.equal(run.exitCode, 0, run.stderr);
  });

  it('resolves flags, environment and file, and shows the result as a file again', async () => {
    const file = join(folder, 'join.yaml');
    await writeFile(
      file,
      `apiVersion: edgeadm.io/v1\nkind: JoinConfiguration\napiServers: [10.0.0.9]\ncaCertHashes: ["${HASH}"]\nnodeName: from-file\nlabels: {a: '1'}\n`,
    );
    const ended = await edgeadm(
      ['config', 'validate', '--config', file, '--node-name', 'from-flag', '--labels', 'b=2'],
      { env: { EDGEADM_TOKEN: TOKEN } },
    );
    assert.equal(ended.exitCode, 0, ended.stderr);
    for (const part of ['https://10.0.0.9:6443', 'nodeName: from-flag', "a: '1'", "b: '2'"])
      assert.ok(ended.stdout.includes(part), `${part} in\n${ended.stdout}`);
  });

  it('refuses a configuration file of another kind, or with unknown keys, by name', async () => {
    const file = join(folder, 'other.yaml');
    await writeFile(file, 'apiVersion: kubeadm.k8s.io/v1beta2\nkind: JoinConfiguration\n');
    const other = await edgeadm(['config', 'validate', '--config', file]);
    assert.equal(other.exitCode, 2);
    assert.match(other.stderr, /edgeadm\.io\/v1/);
    await writeFile(file, 'apiVersion: edgeadm.io/v1\nkind: JoinConfiguration\nnodeNaem: x\n');
    assert.match((await edgeadm(['config', 'validate', '--config', file])).stderr, /nodeNaem: unknown key/);
  });

  it('prints every key, with defaults that validate accepts', async () => {
    const file = join(folder, 'defaults.yaml');
    const defaults = await edgeadm(['config', 'print-defaults']);
    assert.equal(defaults.exitCode, 0, defaults.stderr);
    for (const key of Object.keys(joinKeys.shape)) assert.match(defaults.stdout, new RegExp(`\\b${key}\\b`));
    await writeFile(file, defaults.stdout);
    const ended = await edgeadm(['config', 'validate', '--config', file]);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /^token: abcdef\.\*\*\*$/m);
    assert.match(ended.stdout, /^# valid$/m);
  });

  it('judges a system: exit 0 when supported, 3 when not, with the nearest rows', async () => {
    const centos = [
      'compat',
      '--os',
      'CentOS 7.6',
      '--kernel',
      '3.10.0-1160',
      '--arch',
      'amd64',
      '--cluster-version',
      '1.20.11-aliyunedge.1',
    ];
    assert.equal((await edgeadm(centos)).exitCode, 0);
    const other = await edgeadm(centos.with(2, 'CentOS 6.9'));
    assert.equal(other.exitCode, 3);
    assert.match(other.stdout + other.stderr, /7\.4/);
    assert.equal((other.stdout + other.stderr).match(/not supported/gi)?.length, 1);
    assert.match((await edgeadm([...centos, '-o', 'yaml'])).stdout, /^supported: true$/m);
  });

  it('compat shows the nearest rows if none matches, and names with -o name', async () => {
    const nearest = await edgeadm(['compat', '--os', 'Ubuntu 18.10']);
    assert.match(
      nearest.stdout,
      /^No rows of the matrix match\. The nearest rows:\n[\s\S]*^supported .*Ubuntu +18\.04/m,
    );
    const names = await edgeadm(['compat', '--os', 'CentOS 7.6', '-o', 'name']);
    assert.match(names.stdout, /^platform\/CentOS-7\.6-amd64$/m);
  });

  it('explains an error code, and suggests one for a typing error', async () => {
    const known = await edgeadm(['explain', 'TOKEN_INVALID']);
    assert.equal(known.exitCode, 0);
    assert.match(known.stdout, /secret/);
    const unknown = await edgeadm(['explain', 'TOKEN_INVALD']);
    assert.equal(unknown.exitCode, 2);
    assert.match(unknown.stderr + unknown.stdout, /TOKEN_INVALID/);
  });

  it('suggests a phase for a typing error', async () => {
    const { exitCode, stderr } = await edgeadm(['join', 'phase', 'install-kublet', ...A_JOIN]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /unknown phase install-kublet; did you mean install-kubelet\?/);
  });

  it('lists the phases of a join in order', async () => {
    const { stdout } = await edgeadm(['join', 'phases', '-o', 'json']);
    const names = (resultOf({ exitCode: 0, stdout, stderr: '' }).data as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !name.includes('/'));
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
});
