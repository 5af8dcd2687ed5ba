import assert from 'node:assert/strict';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { edgeadm, resultOf } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

/** What two calls have in common: times and new tokens are others. */
function keysOf(shown: object | undefined): unknown {
  if (Array.isArray(shown)) return shown.map(keysOf);
  return shown && Object.keys(shown);
}

describe('habits of kubectl and kubeadm', function () {
  this.timeout(180_000);
  let bed: SandboxBed;
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
    await bed.sandbox('node', 'create', 'edge1');
  });
  after(() => bed.remove());

  for (const [line, name] of [
    ['token list', /^token\/[a-z0-9]{6}$/],
    ['sandbox node list', /^node\/edge1$/],
    ['nodepool list', /^nodepool\/.+$/],
    ['join phases', /^phase\/preflight$/],
    ['nodepool get default-nodepool', /^nodepool\/default-nodepool$/],
    ['eni list --instance i-sandbox', /^eni\/eni-/],
    ['compat', /^platform\/CentOS-7\.4-amd64$/],
    ['explain', /^code\/[A-Z_]+$/],
    ['cluster show CLUSTER', /^cluster\/.+$/],
    ['addon show coredns', /^addon\/coredns$/],
    ['cluster encryption show CLUSTER', /^cluster\/.+$/],
    ['cluster logging show CLUSTER', /^cluster\/.+$/],
    ['network reach', /^site\/.+$/],
    ['sandbox status', /^cluster\/.+$/],
  ] as const)
    it(`edgeadm ${line} prints a table, JSON, YAML, names, and refuses another -o with the list`, async () => {
      const words = line.startsWith('sandbox')
        ? [...line.split(' '), '--dir', bed.dir]
        : line.replace('CLUSTER', bed.cluster).split(' ');
      const run = (format: string) => bed.run(...words, '-o', format);
      const [text, wide, json, yaml, names, other] = await Promise.all(
        ['text', 'wide', 'json', 'yaml', 'name', 'xml'].map(run),
      );
      assert.match(text?.stdout ?? '', /^[A-Z]/);
      assert.equal(wide?.exitCode, 0);
      const { data } = resultOf(json ?? assert.fail());
      assert.deepEqual(load(yaml?.stdout ?? ''), data);
      assert.match(names?.stdout.split('\n')[0] ?? '', name);
      assert.equal(other?.exitCode, 2);
      assert.match(other?.stderr ?? '', /--output: "xml" is not one of: text, wide, json, yaml, name/);
    });

  for (const line of [
    'bundle verify /nonexistent',
    'completion bash',
    'config print-defaults',
    'eni capacity',
    'reset --yes',
    'sandbox env',
    'sandbox status',
    'token create',
  ])
    it(`edgeadm ${line} -o yaml prints one document with the data of -o json, and errors beside it`, async () => {
      const words = [
        ...line.split(' '),
        ...(line.startsWith('sandbox') ? ['--dir', bed.dir] : []),
        ...(line.startsWith('reset') ? ['--root', join(bed.dir, 'nodes/edge1')] : []),
      ];
      const [json, yaml] = [await bed.run(...words, '-o', 'json'), await bed.run(...words, '-o', 'yaml')];
      const { data, hosts, ok } = resultOf(json) as { data?: object; hosts: object[]; ok: boolean };
      assert.equal(yaml.exitCode, json.exitCode);
      const shown = yaml.stdout ? (load(yaml.stdout) as object) : undefined;
      assert.deepEqual(keysOf(shown), keysOf(data ?? (hosts.length > 0 ? hosts : undefined)));
      assert.equal(yaml.stderr.includes('error:'), !ok);
    });

  it('sandbox get nodes -o wide has the columns of kubectl', async () => {
    const { joinLine } = resultOf(await bed.sandbox('node', 'create', 'edge1', '-o', 'json')).data as {
      joinLine: string;
    };
    const joined = await bed.run(...joinLine.split(' ').slice(1));
    assert.equal(joined.exitCode, 0, joined.stderr);
    assert.match(joined.stdout, /^edge1 joined 127\.0\.0\.1:\d+ in [\d.]+m?s.*\nnext: kubectl get node edge1$/);
    const shown = await bed.sandbox('get', 'nodes', '-o', 'wide');
    assert.match(shown.stdout, /INTERNAL-IP.*KERNEL-VERSION.*CONTAINER-RUNTIME/);
    assert.equal((await bed.sandbox('get', 'nodes', '-o', 'name')).stdout, 'node/edge1');
  });

  for (const line of ['service topology show', 'gang check', 'windows app check', 'sandbox get pods'])
    it(`edgeadm ${line} takes -A as kubectl does, and not together with -n`, async () => {
      const words = [...line.split(' '), ...(line.startsWith('sandbox') ? ['--dir', bed.dir] : [])];
      const [plain, all, both] = await Promise.all([
        bed.run(...words),
        bed.run(...words, '-A'),
        bed.run(...words, '-A', '-n', 'default'),
      ]);
      assert.equal(all.exitCode, 0, all.stderr);
      // Objects are a second older in one of them, if it is that late.
      const ageless = (text: string): string => text.replace(/\b\d+s$/gm, 'AGE');
      assert.equal(ageless(all.stdout), ageless(plain.stdout));
      assert.equal(both.exitCode, 2);
    });

  it('cluster upgrade plan shows nodes, versions and batches, and changes nothing', async () => {
    const before = await bed.run('cluster', 'upgrade', 'status');
    const plan = await bed.run('cluster', 'upgrade', 'plan', '--target-version', '1.20.2', '-o', 'yaml');
    assert.equal(plan.exitCode, 0, plan.stderr);
    const { targetVersion, nodes, report } = load(plan.stdout) as {
      targetVersion: string;
      nodes: unknown[];
      report: { result: string };
    };
    assert.deepEqual([targetVersion, nodes, report.result], ['v1.20.2', [], 'normal']);
    const newer = await bed.run('cluster', 'upgrade', 'plan', '--target-version', '1.20.3');
    assert.equal(newer.exitCode, 0, newer.stderr);
    assert.doesNotMatch(newer.stdout, /[Cc]ould not be checked/);
    assert.match(newer.stdout, /^edge1 +- +v1\.20\.2 +v1\.20\.3 +1$/m);
    assert.match(
      newer.stdout,
      /Fix the errors, then start it: edgeadm cluster upgrade start --target-version v1\.20\.3 --image IMAGE$/,
    );
    assert.deepEqual((await bed.run('cluster', 'upgrade', 'status')).stderr, before.stderr);
  });

  it('a command that needs a cluster and finds no kubeconfig says where it looked', async () => {
    const ended = await edgeadm(['token', 'list'], { env: { HOME: '/nonexistent', KUBECONFIG: '' } });
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /no kubeconfig[\s\S]*~\/\.kube\/config[\s\S]*next: .*KUBECONFIG/);
  });

  it('edgeadm alone prints its help and ends with 0, as kubectl does', async () => {
    const ended = await edgeadm([]);
    assert.equal(ended.exitCode, 0);
    assert.match(ended.stdout, /USAGE\n {2}edgeadm COMMAND/);
  });

  for (const [line, meant] of [
    ['join 10.0.0.1 --control-plane', /worker nodes only.*kubeadm join --control-plane/],
    ['reset --cert-dir /x', /--cert-dir: not needed/],
    ['join --hlep', /did you mean --help\?/],
    ['-o json token list', /put flags after the command: edgeadm COMMAND -o/],
    ['-v', /put flags after the command: edgeadm COMMAND -v \(`edgeadm --version` prints the version\)/],
  ] as const)
    it(`edgeadm ${line} is answered with what to type instead`, async () => {
      const ended = await edgeadm(line.split(' '));
      assert.equal(ended.exitCode, 2);
      assert.match(ended.stderr + ended.stdout, meant);
    });

  it('the nodes and actions of the sandbox, and tokens, are there for a TAB', async () => {
    assert.match((await bed.run('completion', '--values', 'tokens')).stdout, /^[a-z0-9]{6}$/m);
    assert.match((await bed.run('completion', '--values', 'sandbox-actions')).stdout, /^AttachNetworkInterface$/m);
  });
});
