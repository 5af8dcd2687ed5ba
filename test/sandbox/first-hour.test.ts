import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { answerOnTerminal, edgeadm, edgeadmOnTerminal, resultOf } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

describe('the first hour with edgeadm', function () {
  this.timeout(180_000);
  let bed: SandboxBed;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-first-hour-'));
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
  });
  after(async () => {
    await bed.remove();
    await rm(folder, { recursive: true });
  });

  for (const [key, typed] of Object.entries({ 'Ctrl-C': '\u0003', 'Ctrl-D': '\u0004' }))
    it(`${key} at a question of nodepool create ends it with 130, without an internal error`, async function () {
      if (process.platform !== 'linux') this.skip();
      const env = { EDGEADM_CLUSTER_ID: 'c1', ALIBABA_CLOUD_REGION_ID: 'cn-hangzhou' };
      const ended = await answerOnTerminal(['nodepool', 'create'], 100, env, typed, 'How do the nodes');
      assert.equal(ended.exitCode, 130, ended.stdout);
      assert.match(ended.stdout, /interrupted at a prompt/);
      assert.doesNotMatch(ended.stdout, /internal error/);
    });

  it('a second join says that the node is already joined, and claims no work that was not done', async () => {
    const { joinLine } = resultOf(await bed.sandbox('node', 'create', 'edge1', '-o', 'json')).data as {
      joinLine: string;
    };
    const words = joinLine.split(' ').slice(1);
    const first = await bed.run(...words);
    assert.match(first.stderr, /Start to joining node to cluster\.[\s\S]*Join node to cluster successfully\./);
    const second = await bed.run(...words);
    assert.match(second.stdout, /^edge1 is already joined to 127\.0\.0\.1:\d+; nothing changed/);
    assert.doesNotMatch(second.stderr, /Start to joining|Join node to cluster|Config the kubelet|edge hub static yaml/);
  });

  it('a failed check is said once, with what, evidence and next on lines of their own', async () => {
    const { joinLine } = resultOf(await bed.sandbox('node', 'create', 'edge2', '-o', 'json')).data as {
      joinLine: string;
    };
    const line = joinLine.split(' ').slice(2);
    const wrong = line.map((word) => (word.startsWith('sha256:') ? `sha256:${'0'.repeat(64)}` : word));
    const ended = await bed.run('preflight', ...wrong);
    assert.equal(ended.exitCode, 4);
    const text = `${ended.stdout}\n${ended.stderr}`;
    assert.equal(text.match(/does not match the given hash$/gm)?.length, 1, text);
    assert.match(text, /^ *expected: sha256:0{64}$/m);
    assert.match(text, /^ *found: +sha256:[0-9a-f]{64}$/m);
    assert.match(text, /^1 failed, .*: not ready \(-v shows all checks\)$/m);
  });

  it('a dry run ends with how much is planned and that nothing was changed', async () => {
    const { joinLine } = resultOf(await bed.sandbox('node', 'create', 'edge2', '-o', 'json')).data as {
      joinLine: string;
    };
    const ended = await bed.run(...joinLine.split(' ').slice(1), '--dry-run');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /\d+ actions planned, nothing was changed \(dry run\)$/);
  });

  it('nodepool list in the environment of sandbox env lists the pools of the cloud by name, and says so', async () => {
    const listed = await bed.run('nodepool', 'list');
    assert.match(listed.stdout, /^default-nodepool +np[0-9a-f]{32} /m);
    assert.match(listed.stdout, /^These are the node pools of cluster c[0-9a-f]{32} in the container service\.$/m);
    assert.equal((await bed.run('nodepool', 'get', 'default-nodepool')).exitCode, 0);
    const ofCluster = await bed.run('nodepool', 'list', '--kubeconfig', join(bed.dir, 'admin.conf'));
    assert.match(ofCluster.stdout, /^These are the node pools of the cluster of the kubeconfig\.$/m);
  });

  it('sandbox get takes the names of kubectl, and suggests one for a typing error', async () => {
    for (const word of ['nodes', 'node', 'no']) assert.match((await bed.sandbox('get', word)).stdout, /^edge1 /m);
    const [row] = resultOf(await bed.sandbox('get', 'no', '-o', 'json')).data as Record<string, string>[];
    assert.deepEqual(Object.keys(row ?? {}), ['name', 'status', 'roles', 'age', 'version']);
    const mistyped = await bed.sandbox('get', 'podz');
    assert.equal(mistyped.exitCode, 2);
    assert.match(mistyped.stderr, /did you mean pods\?/);
  });

  it('sandbox get takes a name after the kind and KIND/NAME, as kubectl, in every format', async () => {
    for (const words of [['node', 'edge1'], ['node/edge1'], ['no', 'edge1']])
      assert.equal((await bed.sandbox('get', ...words, '-o', 'name')).stdout, 'node/edge1');
    assert.match((await bed.sandbox('get', 'node', 'edge1', '-o', 'wide')).stdout, /INTERNAL-IP[\s\S]*^edge1 /m);
    const shown = await bed.sandbox('get', 'node', 'edge1', '-o', 'yaml');
    assert.match(shown.stdout, /^kind: Node$[\s\S]*^ {2}name: edge1$/m);
    const { kind, status } = resultOf(await bed.sandbox('get', 'node/edge1', '-o', 'json')).data as Record<
      string,
      object
    >;
    assert.equal(kind, 'Node');
    assert.ok('nodeInfo' in (status ?? {}));
    const unknown = await bed.sandbox('get', 'node', 'edge77');
    assert.equal(unknown.exitCode, 2);
    assert.match(unknown.stderr, /nodes "edge77" not found; found: edge1/);
  });

  it('an empty standard input is named as the reason why there is no token', async () => {
    const ended = await edgeadm(['join', '127.0.0.1', '--token', '-', '--discovery-token-unsafe-skip-ca-verification']);
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /--token: standard input is empty/);
  });

  for (const columns of [60, 80, 120])
    it(`a question and everything around it wrap at words in ${columns} columns`, async function () {
      if (process.platform !== 'linux') return this.skip();
      const state = { XDG_STATE_HOME: join(bed.dir, '..', 'state') };
      const words = ['reset', '--root', join(bed.dir, 'nodes', 'edge1')];
      const { stdout } = await answerOnTerminal(words, columns, state, 'n\n');
      // The prompt is drawn again for each key.
      const redrawn = new RegExp(`${String.fromCharCode(27)}\\[\\d*[AG]`, 'g');
      const lines = stripVTControlCharacters(stdout.replace(redrawn, '\n')).split('\n');
      assert.ok(
        lines.some((line) => /\(y\/N\)$/.test(line.trimEnd())),
        stdout,
      );
      // A path is longer than the terminal.
      for (const line of lines) assert.ok(line.length <= columns || !line.includes(' '), line);
    });

  it('the sentence below a list of node pools wraps at words in 60 columns', async function () {
    if (process.platform !== 'linux') return this.skip();
    const env = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
    const shown = await edgeadmOnTerminal(['nodepool', 'list'], 60, env);
    assert.match(shown, /^These are the node pools of cluster\nc[0-9a-f]{32} in the container service\.$/m);
  });

  it('token delete shows what was typed if it is no token', async () => {
    const ended = await bed.run('token', 'delete', 'nothere');
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /"nothere" is not a token ID/);
  });

  it('a fault for an action that does not exist is refused with the one that was meant', async () => {
    const ended = await bed.sandbox('fault', 'add', '--action', 'StopInstanse', '--mode', '500');
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /unknown action "StopInstanse"; did you mean StopInstance\?/);
  });

  it('edgeadm init is answered with kubeadm init and the sandbox', async () => {
    const ended = await edgeadm(['init']);
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /unknown command init[\s\S]*kubeadm init[\s\S]*edgeadm sandbox up/);
  });

  describe('if the sandbox cannot start', () => {
    let server: Server;
    before((done) => {
      server = createServer().listen(0, '127.0.0.1', done);
    });
    after((done) => void server.close(done));

    it('sandbox up --background on a port in use says so once', async () => {
      const { port } = server.address() as { port: number };
      const words = ['sandbox', 'up', '--background', '--port', String(port), '--dir', join(folder, 'sandbox')];
      const ended = await edgeadm(words, { env: { XDG_STATE_HOME: folder } });
      assert.equal(ended.exitCode, 1);
      assert.match(ended.stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
      assert.equal(ended.stderr.match(/error:/g)?.length, 1, ended.stderr);
      assert.equal(ended.stderr.match(/next:/g)?.length, 1, ended.stderr);
    });

    it('sandbox up in a folder that is a file names the flag to change', async () => {
      await writeFile(join(folder, 'file'), '');
      for (const dir of ['file', 'file/below']) {
        const ended = await edgeadm(['sandbox', 'up', '--dir', join(folder, dir)]);
        assert.equal(ended.exitCode, 2, ended.stderr);
        assert.match(ended.stderr, /--dir: cannot create the folder .*: a file is in its place/);
      }
    });
  });
});
