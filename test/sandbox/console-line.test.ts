import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KIND } from '../../sandbox/cloud/records.ts';
import { type ExchangeCloud, exchangeCloud } from '../unit/cloud/exchange-cloud.ts';
import { type Ended, edgeadm, resultOf } from './program.ts';

const TOKEN = 'a-console-token-0123456789';
const NODE_SPEC = JSON.stringify({ quiet: true, nodeNameOverride: '*.shop', labels: { a: '1' }, newKey: 1 });
const LINE = ['--openapi-token', TOKEN, '--node-spec', NODE_SPEC, '--region', 'cn-hangzhou'];

const codeOf = (ended: Ended): string => (resultOf(ended) as { error?: { code?: string } }).error?.code ?? 'none';

describe("the console's line", () => {
  it("the console's line is shown as what it resolves to, and nobody is asked for it", async () => {
    const ended = await edgeadm(['config', 'validate', ...LINE, '--labels', 'b=2', '--taints', 'x=y:NoExecute']);
    assert.equal(ended.exitCode, 0, ended.stderr);
    for (const part of ["nodeName: '*.shop'", "a: '1'", "b: '2'", 'region: cn-hangzhou', 'effect: NoExecute'])
      assert.ok(ended.stdout.includes(part), `${part} in\n${ended.stdout}`);
    assert.match(ended.stdout, /warning: .*newKey is not known/);
    assert.match(
      ended.stdout,
      /https:\/\/cs-anony\.cn-hangzhou\.aliyuncs\.com\/edgeadm\/v1 provides the other settings/,
    );
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes(TOKEN));
  });

  it("the console's line is weaker than the file, and the file weaker than flags", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
    const file = join(folder, 'join.yaml');
    await writeFile(
      file,
      'apiVersion: edgeadm.io/v1\nkind: JoinConfiguration\nnodeName: from-file\nlabels: {a: "2"}\n',
    );
    const validate = ['config', 'validate', ...LINE, '--config', file];
    const { stdout } = await edgeadm(validate);
    assert.match(stdout, /nodeName: from-file/);
    assert.match(stdout, /a: '2'/);
    assert.match((await edgeadm([...validate, '--node-name', 'from-flag'])).stdout, /nodeName: from-flag/);
    await rm(folder, { recursive: true });
  });

  it("the console's line has all its mistakes told at once, before anything is touched", async () => {
    const hash = `sha256:${'a'.repeat(64)}`;
    const spec = '{"runtime":"podman","platform":"Solaris","taints":[{"key":"a"}]}';
    for (const command of ['join', 'preflight']) {
      const args = [command, '--openapi-token', TOKEN, '--node-spec', spec, '--discovery-token-ca-cert-hash', hash];
      const ended = await edgeadm([...args, '--node-ip', 'x', '--root', '/nonexistent']);
      assert.equal(ended.exitCode, 2, ended.stderr);
      for (const part of [
        '--node-spec: runtime:',
        '--node-spec: platform',
        '--node-spec: taints.0.effect',
        '--discovery-token-ca-cert-hash is for a join with a bootstrap token',
        '--region is required',
        '--node-ip:',
      ])
        assert.ok(ended.stderr.includes(part), `${part} in\n${ended.stderr}`);
    }
  });

  it('goes to https only, and reads one standard input', async () => {
    const args = ['config', 'validate', '--openapi-token', '-'];
    const plain = await edgeadm([...args, '--openapi-endpoint', 'http://127.0.0.1/edgeadm/v1'], { input: 'T' });
    assert.equal(plain.exitCode, 2);
    assert.match(plain.stderr, /--openapi-endpoint: must be https/);
    const twice = await edgeadm([...args, '--node-spec', '-'], { input: 'token-of-the-console' });
    assert.equal(twice.exitCode, 2);
    assert.match(twice.stderr, /only one flag can read standard input/);
    assert.doesNotMatch(twice.stderr, /token-of/);
  });

  it('leaves standard input alone, which may be the rest of a script', async () => {
    const ended = await edgeadm(['config', 'validate', ...LINE], { input: 'echo the rest of the script\n' });
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.ok(!ended.stdout.includes('apiServers'), ended.stdout);
  });

  it('takes its token from a file, standard input or the environment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
    await writeFile(join(folder, 'token'), `${TOKEN}\n`);
    const rest = ['--region', 'cn-hangzhou'];
    for (const ended of [
      await edgeadm(['config', 'validate', ...rest, '--openapi-token', `@${join(folder, 'token')}`]),
      await edgeadm(['config', 'validate', ...rest, '--openapi-token', '-'], { input: TOKEN }),
      await edgeadm(['config', 'validate', ...rest], { env: { EDGEADM_OPENAPI_TOKEN: TOKEN } }),
    ]) {
      assert.equal(ended.exitCode, 0, ended.stderr);
      assert.match(ended.stdout, /provides the other settings/);
    }
    await rm(folder, { recursive: true });
  });

  describe('at an exchange', () => {
    let cloud: ExchangeCloud;
    let folder = '';
    let env: Record<string, string>;
    before(async () => {
      cloud = await exchangeCloud();
      folder = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
      await writeFile(join(folder, 'ca.crt'), cloud.caPem);
      env = { EDGEADM_CLOUD_CA: join(folder, 'ca.crt'), EDGEADM_OPENAPI_ENDPOINT: cloud.endpoint };
    });
    after(async () => {
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** A scratch root of Ubuntu 20.04. */
    async function scratchRoot(): Promise<string> {
      const root = await mkdtemp(join(folder, 'root-'));
      await mkdir(join(root, 'etc'));
      await writeFile(join(root, 'etc/os-release'), 'ID=ubuntu\nNAME=Ubuntu\nVERSION_ID="20.04"\n');
      await mkdir(join(root, 'proc/sys/kernel'), { recursive: true });
      await writeFile(join(root, 'proc/sys/kernel/osrelease'), '5.4.0-150-generic\n');
      await writeFile(join(root, 'etc/hostname'), 'edge-7\n');
      await writeFile(join(root, 'etc/machine-id'), `${'c'.repeat(32)}\n`);
      return root;
    }

    const run = (command: string, token: string, root: string, ...more: string[]): Promise<Ended> =>
      edgeadm([command, `--openapi-token=${token}`, '--root', root, '-o', 'json', '--timeout', '30s', ...more], {
        env,
      });

    it('ends with exit code 5 and what to do if the token is refused, and the node is as it was', async () => {
      const root = await scratchRoot();
      for (const [token, code] of [
        [cloud.token({ expires: 1 }), 'OPENAPI_TOKEN_EXPIRED'],
        ['a-token-that-nobody-made', 'OPENAPI_TOKEN_INVALID'],
      ] as const) {
        const ended = await run('join', token, root);
        assert.deepEqual([ended.exitCode, codeOf(ended)], [5, code], ended.stdout);
        assert.ok(!`${ended.stdout}${ended.stderr}`.includes(token));
        assert.deepEqual(await readdir(join(root, 'var/lib')), []);
      }
    });

    it('asks for the same random name when it is run again', async () => {
      const root = await scratchRoot();
      const spec = ['--node-spec', '{"nodeNameOverride":"*.shop"}'];
      const token = cloud.token();
      for (let tries = 0; tries < 2; tries++) assert.notEqual((await run('join', token, root, ...spec)).exitCode, 0);
      const names = cloud.store.list(KIND.node).map(({ key }) => key);
      assert.equal(names.length, 1);
      assert.match(names[0] ?? '', /^[a-z0-9]{6}\.shop$/);
    });

    it("the console's line at an exchange is checked by preflight without a trace, on the node or in the cloud", async () => {
      const root = await scratchRoot();
      cloud.store.delete(KIND.node, cloud.store.list(KIND.node)[0]?.key ?? '');
      const ended = await run('preflight', cloud.token({ oneTime: true }), root);
      assert.equal(ended.exitCode, 4, ended.stdout);
      assert.match(ended.stdout, /"check":"CloudEndpoints","concerns":"cluster","status":"ok"/);
      assert.match(ended.stdout, /"check":"APIServer","concerns":"cluster","status":"error"/);
      assert.deepEqual(cloud.store.list(KIND.node), []);
      assert.deepEqual(await readdir(root), ['etc', 'proc']);
    });
  });
});
