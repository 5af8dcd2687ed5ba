import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Ended, resultOf } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

describe('node pools through the container service', function () {
  this.timeout(120_000);
  let bed: SandboxBed;
  let where: string[] = [];
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
    const id = /\bc[0-9a-f]{32}\b/.exec(up.stdout + up.stderr)?.[0] ?? '';
    where = ['--cluster-id', id, '--region', 'cn-hangzhou'];
  });
  after(() => bed.remove());

  const nodepool = (...words: string[]): Promise<Ended> => bed.run('nodepool', ...words, ...where);
  const succeed = async (...words: string[]): Promise<string> => {
    const ended = await nodepool(...words);
    assert.equal(ended.exitCode, 0, ended.stderr);
    return ended.stdout;
  };

  it('says all that is missing at once, and asks nobody without a terminal', async () => {
    const enhanced = ['nodepool', 'create', '--mode', 'enhanced'];
    for (const [words, missing] of [
      [
        [...enhanced, '--kubeconfig', join(bed.dir, 'none')],
        ['NAME', '--cen-id', '--ccn-id', '--ccn-region', 'not found'],
      ],
      [
        [...enhanced, '--cluster-id', 'c1', '--region', ''],
        ['NAME', '--mode enhanced is for', '--region is'],
      ],
    ] as const) {
      const ended = await bed.run(...words);
      assert.equal(ended.exitCode, 2);
      for (const word of missing) assert.ok(ended.stderr.includes(word), `${word} in\n${ended.stderr}`);
    }
  });

  it('creates one, shows it, does nothing the second time, and refuses another one of that name', async () => {
    const line = ['create', 'shops', '--max-nodes', '1', '--labels', 'zone=north'];
    const planned = await nodepool(...line, '--dry-run');
    assert.match(planned.stderr, /Plan for cluster .*: create the node pool shops \(basic\)/);
    assert.equal(await succeed(...line), 'nodepool/shops created');
    assert.equal(await succeed(...line), 'nodepool/shops unchanged');
    assert.match(await succeed('list'), /^shops +np[0-9a-f]{32} +basic +0\/0 +1 +no$/m);
    const other = await nodepool('create', 'shops', '--max-nodes', '2', '--labels', 'zone=north');
    assert.equal(other.exitCode, 2);
    assert.match(other.stderr, /max-nodes: requested 2, found 1/);
  });

  it('takes labels in the singular and in the plural, to create a pool and to change it', async () => {
    assert.match(await succeed('create', 'spelled', '--label', 'a=b', '--dry-run'), /would be created/);
    assert.match(await succeed('update', 'shops', '--labels', 'zone=south', '--dry-run'), /zone=south/);
  });

  it('creates one of those whose answer is lost on the way', async () => {
    const fault = ['--action', 'CreateClusterNodePool', '--mode', 'timeout-after-effect', '--times', '1'];
    const added = await bed.sandbox('fault', 'add', ...fault);
    assert.equal(added.exitCode, 0, added.stderr);
    assert.equal(await succeed('create', 'lost', '--max-nodes', '1'), 'nodepool/lost created');
    assert.equal((await succeed('list')).match(/^lost /gm)?.length, 1);
    assert.equal(await succeed('delete', 'lost', '--yes'), 'nodepool/lost deleted');
  });

  it('shows a token in the line for a node, and nowhere else', async () => {
    const line = await succeed('attach-script', 'shops', '--ttl', '2h', '--node-spec', '{"labels":{"a":"b"}}');
    assert.match(line, /--openapi-token=\w{32} --node-spec="\{\\"quiet\\":true,.*\\"labels\\":\{\\"a\\":\\"b\\"\}\}" /);
    const mistakes = await nodepool('attach-script', 'shops', '--ttl', 'soon', '--node-spec', '{');
    assert.equal(mistakes.exitCode, 2);
    for (const flag of ['--ttl', '--node-spec']) assert.ok(mistakes.stderr.includes(flag), mistakes.stderr);
  });

  it('shows a token that works for one node only, with which a second node is refused', async () => {
    await succeed('create', 'single', '--max-nodes', '2');
    const line = await succeed('attach-script', 'single', '--one-time');
    const token = /--openapi-token=(\w{32})/.exec(line)?.[1] ?? '';
    const region = /--region=(\S+)/.exec(line)?.[1] ?? '';
    for (const name of ['single1', 'single2']) await bed.sandbox('node', 'create', name);
    const join1 = (name: string): Promise<Ended> =>
      bed.run(
        ...['join', '--openapi-token', token, '--region', region, '--node-spec', '{"quiet":true}'],
        ...['--root', join(bed.dir, 'nodes', name), '-o', 'json'],
      );
    assert.equal((await join1('single1')).exitCode, 0);
    assert.equal((await join1('single1')).exitCode, 0, 'the same node again');
    const { error } = resultOf(await join1('single2')) as { error?: { code: string } };
    assert.equal(error?.code, 'OPENAPI_TOKEN_INVALID');
  });

  it("joins a node with the account's keys, once more without a change, and leaves no token behind", async () => {
    for (const name of ['edge1', 'edge2']) await bed.sandbox('node', 'create', name);
    const join1 = (name: string, pool: string): Promise<Ended> =>
      bed.run('join', ...where, '--nodepool', pool, '--root', join(bed.dir, 'nodes', name), '-o', 'json');
    const tokens = async (): Promise<unknown> => resultOf(await bed.run('token', 'list', '-o', 'json')).data;
    const before = await tokens();
    const joined = resultOf(await join1('edge1', 'shops')) as { ok: boolean; hosts: { outcome: string }[] };
    assert.equal(joined.hosts[0]?.outcome, 'joined', JSON.stringify(joined));
    const again = resultOf(await join1('edge1', 'shops')) as typeof joined;
    assert.equal(again.hosts[0]?.outcome, 'unchanged', JSON.stringify(again));
    const error = async (name: string, pool: string) =>
      (resultOf(await join1(name, pool)) as { error?: { code: string } }).error?.code;
    assert.equal(await error('edge2', 'shops'), 'NODEPOOL_FULL');
    assert.equal(await error('edge1', 'default-nodepool'), 'ALREADY_JOINED');
    assert.deepEqual(await tokens(), before);
    assert.match(await succeed('get', 'shops'), /^edge1 .* amd64 /m);
    assert.equal((await nodepool('delete', 'shops', '--yes')).exitCode, 4);
  });
});
