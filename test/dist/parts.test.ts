import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle, type Chunk } from '../../scripts/dist/bundle.ts';

async function written(chunks: readonly Chunk[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-parts-'));
  for (const { name, code } of chunks) await writeFile(join(dir, `${name}.js`), code);
  return dir;
}

describe('The sandbox in a release', function () {
  this.slow(10_000);
  let parts: Map<string, Chunk>;
  let dir: string;
  before(async () => {
    const chunks = await bundle();
    parts = new Map(chunks.map((chunk) => [chunk.name, chunk]));
    dir = await written(chunks);
  });
  after(() => rm(dir, { recursive: true, force: true }));
  const run = (...args: string[]) =>
    execa('node', [join(dir, 'start.js'), ...args], { preferLocal: true, reject: false });
  const sandbox = (...args: string[]) => run('sandbox', ...args, '--dir', join(dir, 'state'));

  it('The sandbox in a release is a part of its own: nothing of it is in the program that joins a node', () => {
    const ofSandbox = (name: string) => parts.get(name)?.inputs.filter((path) => path.startsWith('sandbox/')) ?? [];
    assert.ok(ofSandbox('sandbox').length > 50);
    for (const name of parts.keys()) if (name !== 'sandbox') assert.deepEqual(ofSandbox(name), [], name);
  });

  it('brings no second copy of what it shares with the program', () => {
    const program = new Set(parts.get('program')?.inputs);
    const { inputs = [] } = parts.get('sandbox') ?? {};
    assert.ok(program.size > 500);
    assert.deepEqual(
      inputs.filter((path) => program.has(path) || /^src\/(?!(commands|cli)\/sandbox\/)/.test(path)),
      [],
    );
  });

  it('starts, attends a node, and ends', async () => {
    const up = await sandbox('up', '--background', '--port', '0');
    assert.equal(up.exitCode, 0, up.stderr);
    try {
      const created = await sandbox('node', 'create', 'edge1', '-o', 'json');
      assert.equal(created.exitCode, 0, created.stderr);
      assert.match((await sandbox('status')).stdout, /^edge1 /m);
    } finally {
      assert.match((await sandbox('down')).stdout, /The sandbox is stopped/);
    }
  });

  it('shares the class of errors with the program, so its errors keep their codes', async () => {
    const { stderr, exitCode } = await sandbox('status');
    assert.match(stderr, /\(SANDBOX_NOT_RUNNING\)/);
    assert.equal(exitCode, 1);
  });

  it('The sandbox in a release is loaded by no other command', async () => {
    await rm(join(dir, 'sandbox.js'));
    for (const call of ['compat --arch arm64', 'join phases', 'explain TOKEN_INVALID', 'config print-defaults'])
      assert.equal((await run(...call.split(' '))).exitCode, 0, call);
    assert.match((await sandbox('status')).stderr, /part sandbox is missing/);
  });
});

describe('The program in a release', function () {
  this.slow(10_000);
  it('takes the modules of Node.js as that has compiled them, for a command on a node', async () => {
    const dir = await written(await bundle());
    const [hook, found] = [join(dir, 'hook.cjs'), join(dir, 'later.json')];
    await writeFile(
      hook,
      `const v8 = require('node:v8');
      const { setFlagsFromString } = v8;
      let before;
      v8.setFlagsFromString = (flag) => { before ??= process.moduleLoadList.length; setFlagsFromString(flag); };
      process.on('exit', () =>
        require('node:fs').writeFileSync(${JSON.stringify(found)}, JSON.stringify(process.moduleLoadList.slice(before))));`,
    );
    const call = 'preflight 127.0.0.1:1 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification';
    const args = ['--require', hook, join(dir, 'start.js'), ...call.split(' '), '--root', dir];
    const { stdout } = await execa('node', args, { preferLocal: true, reject: false });
    const later: string[] = JSON.parse(await readFile(found, 'utf8'));
    await rm(dir, { recursive: true });
    assert.match(stdout, /ERROR APIServer/);
    const modules = later.map((entry) => entry.replace('NativeModule ', '')).filter((name) => isBuiltin(name));
    assert.deepEqual(modules, ['process']);
  });
});
