import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ended, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

const REGION = ['--region', 'cn-hangzhou'];
const NETWORK = ['--vpc', 'vpc-1', '--vswitch', 'vsw-1', '--pod-cidr', '10.20.0.0/16'];
const WORKERS = ['--worker-type', 'ecs.g6.large', '--key-pair', 'ops'];

describe('clusters of the container service', function () {
  this.timeout(600_000);
  let bed: SandboxBed;
  before(async () => {
    bed = await sandboxBed('1.34');
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
  });
  after(() => bed.remove());

  const cluster = (...words: string[]): Promise<Ended> => bed.run('cluster', ...words, ...REGION);
  const succeed = async (...words: string[]): Promise<string> => {
    const ended = await cluster(...words);
    assert.equal(ended.exitCode, 0, `${words.join(' ')}: ${ended.stderr}`);
    return ended.stdout;
  };
  const fails = async (code: number, message: RegExp, ...words: string[]): Promise<void> => {
    const ended = await cluster(...words);
    assert.equal(ended.exitCode, code, `${words.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
  };
  const fault = async (action: string, mode: string): Promise<void> => {
    const added = await bed.sandbox('fault', 'add', '--action', action, '--mode', mode, '--times', '1');
    assert.equal(added.exitCode, 0, added.stderr);
  };

  it('cluster create says all that is missing or wrong at once, with the flag or the key of the file', async () => {
    const file = join(bed.dir, 'cluster.yaml');
    await writeFile(file, 'apiVersion: edgeadm.io/v1\nkind: CloudCluster\nname: shops\nworker: {}\n');
    await fails(
      2,
      /cluster\.yaml: vpc: [\s\S]*workers\.instanceTypes: [\s\S]*cluster\.yaml: Unrecognized key: "worker"/,
      'create',
      '--from',
      file,
    );
    await fails(2, /--vpc: [\s\S]*--vswitch: [\s\S]*--worker-type: /, 'create', 'shops');
    await fails(
      4,
      /KmsKey: .*\n +NodeCount: .*at most 10/,
      'create',
      'x',
      ...NETWORK,
      ...WORKERS,
      '--workers',
      '11',
      '--kms-key',
      'k',
    );
  });

  it('cluster create shows the plan, buys nothing in a dry run or without --yes, then one cluster, and nothing the second time', async () => {
    const line = ['create', 'shops', ...NETWORK, ...WORKERS];
    assert.match(await succeed(...line, '--dry-run'), /Workers: +1 × ecs\.g6\.large[\s\S]*Nothing was changed/);
    await fails(2, /CONFIRMATION_NEEDED/, ...line);
    assert.doesNotMatch(await succeed('list'), /shops/);
    await fault('CreateCluster', 'timeout-after-effect');
    assert.match(await succeed(...line, '--yes'), /cluster\/shops created: c[0-9a-f]{32}/);
    assert.match(await succeed(...line, '--yes'), /^cluster\/shops unchanged: c[0-9a-f]{32}$/);
    await fails(2, /serviceCidr: requested 172\.30\.0\.0\/16/, ...line, '--service-cidr', '172.30.0.0/16', '--yes');
    assert.match(await succeed('show', 'shops'), /Cluster: +shops \(c\w+\), standard edition[\s\S]*State: +running/);
    assert.match(await succeed('tasks', 'shops'), /cluster_create +success/);
    assert.match(await succeed('events', 'shops'), /Successfully finished cluster_create/);
    assert.match(await succeed('events', 'shops', '-o', 'name'), /^event\/E-/);
    assert.match(await succeed('events', 'shops', '-o', 'wide'), /^TIME .* ID +SOURCE +SUBJECT$/m);
    assert.match(await succeed('logs', 'shops'), /Start to cluster_create/);
    assert.match(await succeed('logs', 'shops', '-o', 'name'), /^log\/\d+$/m);
  });

  it('cluster kubeconfig writes a file that only its owner can read, and prints none of it', async () => {
    const file = join(bed.dir, 'shops.conf');
    const shown = await succeed('kubeconfig', 'shops', '--file', file, '--ttl', '2h');
    assert.doesNotMatch(shown, /client-key|PRIVATE/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, 'utf8'), /client-key-data/);
    await fails(2, /--ttl: must be between/, 'kubeconfig', 'shops', '--file', file, '--ttl', '5m');
  });

  it('cluster check prints the report of the service, and ends with 4 if it has an error', async () => {
    assert.match(
      await succeed('check', 'shops'),
      /APIService +normal[\s\S]*Result: normal \(0 errors, 0 warnings, 5 normal\)/,
    );
    await fault('RunClusterCheck/item', '500');
    const ended = await cluster('check', 'shops');
    assert.equal(ended.exitCode, 4);
    assert.match(ended.stdout, /error KubeProxyWorker\n +reason: .*\n +effect: .*\n +advice: /);
  });

  it('what needs a Pro cluster is refused, and works after upgrade-edition; each is idempotent', async () => {
    const encrypt = ['encryption', 'enable', 'shops', '--kms-key', 'alias/secrets', '--yes'];
    const set = [
      'parameters',
      'set',
      'ServiceNodePortRange=30000-40000',
      '--component',
      'kube-apiserver',
      '--cluster-id',
      'shops',
      '--yes',
    ];
    await fails(4, /needs a Pro cluster/, ...encrypt);
    await fails(4, /needs a Pro cluster/, ...set);
    assert.match(await succeed('upgrade-edition', 'shops', '--yes'), /shops is a Pro cluster/);
    assert.match(await succeed('upgrade-edition', 'shops', '--yes'), /unchanged/);
    for (const [key, why] of [
      ['key-sandbox-rsa', /of the type RSA_2048, not Aliyun_AES_256\n.* is for SIGN\/VERIFY/],
      ['key-sandbox-disabled', /key-sandbox-disabled is Disabled, not Enabled/],
      ['alias/none', /the key alias\/none was not found in cn-hangzhou/],
    ] as const)
      await fails(4, why, 'encryption', 'enable', 'shops', '--kms-key', key, '--yes');
    await fault('DescribeKey', 'forbidden');
    const unseen = await succeed('encryption', 'enable', 'shops', '--kms-key', 'key-sandbox', '--dry-run');
    assert.match(unseen, /Not checked: that the key can encrypt Secrets: .*Forbidden\.RAM/);
    await succeed(...encrypt);
    assert.match(await succeed(...encrypt), /unchanged/);
    assert.match(
      await succeed('encryption', 'show', 'shops'),
      /encrypted with the key 619583bb-6266-478e-8b87-0123456789ab/,
    );
    await fails(4, /encrypted with another key/, 'encryption', 'enable', 'shops', '--kms-key', 'key-sandbox', '--yes');
    assert.match(await succeed(...set), /from 30000-32767 to 30000-40000/);
    assert.match(await succeed(...set), /unchanged/);
    assert.match(await succeed('parameters', 'show', 'shops'), /ServiceNodePortRange +30000-40000 +30000-32767/);
    const component = ['--component', 'kube-apiserver', '--yes'];
    await fails(2, /must be two ports/, 'parameters', 'set', 'shops', 'ServiceNodePortRange=abc', ...component);
    assert.match(
      await succeed('parameters', 'set', 'shops', 'ServiceNodePortRange=30000-40000', ...component),
      /unchanged/,
    );
    await succeed('parameters', 'reset', '--cluster-id', 'shops', ...component);
    assert.match(await succeed('parameters', 'show', 'shops'), /ServiceNodePortRange +30000-32767 +yes/);
  });

  it('cluster logging switches each kind of logs on and off, and shows them', async () => {
    const kinds = ['--containers', '--control-plane', '--audit'];
    await succeed('logging', 'enable', 'shops', ...kinds, '--component', 'apiserver', '--days', '90', '--yes');
    assert.match(
      await succeed('logging', 'show', 'shops'),
      /logtail-ds .*active[\s\S]*apiserver, in k8s-log-c\w+, 90 days[\s\S]*Audit: +in/,
    );
    await succeed('logging', 'disable', 'shops', ...kinds, '--yes');
    assert.equal((await succeed('logging', 'show', 'shops')).match(/not kept/g)?.length, 3);
    await fails(2, /--containers, --control-plane or --audit/, 'logging', 'enable', 'shops');
  });

  it('a killed cluster create is continued by the same command, which buys no other cluster', async () => {
    const env = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
    const line = [
      'create',
      'killed',
      '--vpc',
      'vpc-2',
      '--vswitch',
      'vsw-21',
      '--pod-cidr',
      '10.20.0.0/16',
      ...WORKERS,
      '--yes',
    ];
    const child = startEdgeadm(['cluster', ...line, ...REGION], { env });
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGKILL');
    await child;
    assert.match(await succeed(...line), /cluster\/killed (created|unchanged): c\w+/);
    assert.equal((await succeed('list')).match(/^killed /gm)?.length, 1);
  });

  it('cluster delete lists what goes and what stays, and a cluster that could not be created can be deleted', async () => {
    await fault('CreateCluster/task', '500');
    const broken = [
      'create',
      'broken',
      '--vpc',
      'vpc-3',
      '--vswitch',
      'vsw-31',
      '--pod-cidr',
      '10.20.0.0/16',
      ...WORKERS,
      '--yes',
    ];
    await fails(5, /cluster broken|CLOUD_FAILED/, ...broken);
    await fails(5, /cluster broken \(c\w+\) is failed/, ...broken);
    for (const shown of ['logs', 'events']) await succeed(shown, 'broken');
    await succeed('delete', 'broken', '--yes');
    assert.match(await succeed('update', 'shops', '--deletion-protection', '--yes'), /cluster\/shops changed/);
    assert.match(await succeed('update', 'shops', '--deletion-protection', '--yes'), /unchanged/);
    await fails(4, /--no-deletion-protection/, 'delete', 'shops', '--yes');
    await succeed('update', 'shops', '--no-deletion-protection', '--yes');
    await fault('DeleteCluster/task', '500');
    await fails(5, /edgeadm cluster delete --keep\s+ID[\s\S]*CLOUD_CLUSTER_FAILED/, 'delete', 'shops', '--yes');
    const plan = await succeed('delete', 'shops', '--keep', 'SLB', '--yes');
    assert.match(plan, /It has 1 node: cn-hangzhou\.i-[\s\S]*SLB +lb-\w+ +kept[\s\S]*cluster\/shops deleted/);
    await fails(4, /CLOUD_CLUSTER_NOT_FOUND/, 'delete', 'shops', '--yes');
    assert.match(await succeed('delete', 'shops', '--ignore-not-found'), /cluster\/shops not found/);
  });
});
