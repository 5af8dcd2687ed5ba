import assert from 'node:assert/strict';
import { load } from 'js-yaml';
import { type Ended, edgeadm, resultOf } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

const JOB = `kind: Job
metadata: {name: smoke}
spec: {parallelism: 3, template: {spec: {containers: [{name: a, image: b}]}}}
`;

describe('commands that work inside a cluster', function () {
  this.timeout(300_000);
  let bed: SandboxBed;
  before(async () => {
    bed = await sandboxBed();
    const { exitCode, stderr } = await bed.up();
    assert.equal(exitCode, 0, stderr);
  });
  after(() => bed?.remove());

  /** With the kubeconfig alone: pools are then objects in the cluster, not those of the container service. */
  const run = async (...words: string[]): Promise<Ended> => {
    const { KUBECONFIG = '' } = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
    return edgeadm(words, { env: { KUBECONFIG } });
  };

  /** Runs a line that has to succeed. */
  const done = async (...words: string[]): Promise<Ended> => {
    const ended = await run(...words);
    assert.equal(ended.exitCode, 0, `${words.join(' ')}\n${ended.stdout}${ended.stderr}`);
    return ended;
  };
  const dataOf = async (...words: string[]) =>
    resultOf(await done(...words, '-o', 'json')).data as Record<string, unknown>;

  it('an application is rendered, deployed to node pools, scaled, patched and shown, and each step names its undo', async () => {
    for (const pool of ['cloud', 'edge']) await done('nodepool', 'create', pool);
    const create = ['app', 'create', 'web', '--image', 'nginx:1', '--pool', 'cloud=1,edge=2'];
    const rendered = load((await done(...create, '--dry-run', '-o', 'yaml')).stdout) as Record<string, unknown>;
    assert.deepEqual([rendered.apiVersion, rendered.kind], ['apps.openyurt.io/v1beta1', 'YurtAppSet']);
    assert.equal((await run('app', 'status', 'web')).exitCode, 4);
    await done(...create);
    await done('app', 'set', 'web', '--image', 'nginx:2', '--yes');
    const scaled = await done('app', 'scale', 'web', 'edge=5');
    assert.match(scaled.stdout, /^Undo: edgeadm app scale web edge=2 --namespace default$/m);
    assert.equal((await run('app', 'patch', 'web', 'edge', '--image', 'local/nginx:2')).exitCode, 2);
    await done('app', 'patch', 'web', 'edge', '--image', 'local/nginx:2', '--yes');
    const { images, pools } = (await dataOf('app', 'status', 'web')) as {
      images: object;
      pools: { pool: string; replicas: number; patched: boolean }[];
    };
    assert.deepEqual(images, { web: 'nginx:2' });
    assert.deepEqual(
      pools.map(({ pool, replicas, patched }) => [pool, replicas, patched]),
      [
        ['cloud', 1, false],
        ['edge', 5, true],
      ],
    );
    const wrong = await run('app', 'set', 'web', '--add-pool', 'moon=1');
    assert.match(wrong.stderr, /node pool moon not found/);
  });

  it('an application or a pool of it that exists is refused with the command that changes it, which does', async () => {
    const refused = async (words: string[], advice: string): Promise<void> => {
      const { exitCode, stderr } = await run(...words);
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /SETTING_REFUSED/);
      assert.ok(stderr.replaceAll(/\s+/g, ' ').includes(advice), stderr);
    };
    const again = ['app', 'create', 'web', '--image', 'nginx:3', '--pool', 'cloud=1'];
    await refused(again, 'edgeadm app set');
    await refused(again, 'edgeadm app status web --namespace default');
    await done('app', 'status', 'web', '--namespace', 'default');
    await done('app', 'set', 'web', '--image', 'nginx:3', '--yes');
    await refused(['app', 'set', 'web', '--add-pool', 'edge=7'], 'edgeadm app scale');
    await done('app', 'scale', 'web', 'edge=7');
    const { pools } = (await dataOf('app', 'status', 'web')) as { pools: { pool: string; replicas: number }[] };
    assert.equal(pools.find(({ pool }) => pool === 'edge')?.replicas, 7);
  });

  it('an application for a node pool that there is not is refused with the command that has the names, and one of them does', async () => {
    const create = (pool: string): string[] => ['app', 'create', 'shop', '--image', 'nginx:1', '--pool', `${pool}=1`];
    const { exitCode, stderr } = await run(...create('edgy'));
    assert.equal(exitCode, 4, stderr);
    assert.match(stderr.replaceAll(/\s+/g, ' '), /`edgeadm nodepool list` has the names.*SETTING_REFUSED/);
    const [name = ''] = /^edge\b/m.exec((await done('nodepool', 'list')).stdout) ?? [];
    await done(...create(name));
  });

  it('a line about an application that runs again changes nothing and tells of no pods that are replaced', async () => {
    const create = ['app', 'create', 'twice', '--image', 'nginx:1', '--pool', 'edge=1', '--yes'];
    await done(...create);
    assert.equal((await done(...create)).stdout, 'yurtappset/twice unchanged');
    const patch = ['app', 'patch', 'twice', 'edge', '--image', 'nginx:2', '--yes'];
    assert.match((await done(...patch)).stdout, /^The controller replaces the pods in edge/m);
    assert.equal((await done(...patch)).stdout, 'yurtappset/twice unchanged');
    const add = ['app', 'set', 'twice', '--add-pool', 'cloud=1', '--yes'];
    assert.match((await done(...add)).stdout, /yurtappset\/twice changed/);
    assert.equal((await done(...add)).stdout, 'yurtappset/twice unchanged');
    assert.match((await run(...create.with(-2, 'edge=3'))).stderr, /already exists with other settings/);
  });

  it('the undo of a change asks the cluster that --kubeconfig named', async () => {
    const { KUBECONFIG = '' } = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
    const { stdout } = await edgeadm(['app', 'scale', 'twice', 'edge=4', '--yes', '--kubeconfig', KUBECONFIG]);
    assert.ok(
      stdout.includes(`Undo: edgeadm app scale twice edge=1 --namespace default --kubeconfig ${KUBECONFIG}`),
      stdout,
    );
  });

  it('an application is a UnitedDeployment if that is requested', async () => {
    const words = ['app', 'create', 'old', '--kind', 'UnitedDeployment', '--image', 'nginx:1', '--pool', 'edge=1'];
    const rendered = load((await done(...words, '--dry-run', '-o', 'yaml')).stdout) as { spec: { topology: object } };
    const requirement = { key: 'apps.openyurt.io/nodepool', operator: 'In', values: ['edge'] };
    const tolerations = [{ effect: 'NoSchedule', key: 'apps.openyurt.io/taints', operator: 'Exists' }];
    const pool = { name: 'edge', nodeSelectorTerm: { matchExpressions: [requirement] }, replicas: 1, tolerations };
    assert.deepEqual(rendered.spec.topology, { pools: [pool] });
  });

  it('a volume group is defined with the labels of its nodes, shown, and not redefined', async () => {
    const set = ['storage', 'lvm', 'set', 'volumegroup1', '--device', '/dev/sdb1,/dev/sdc'];
    const planned = await done(...set, '--dry-run');
    assert.match(planned.stdout, /configmap\/node-resource-topo would be created/);
    const made = await done(...set, '--yes');
    assert.match(made.stdout, /No node has a label that kubernetes.io\/storagetype In lvm selects/);
    assert.match(made.stdout, /^Undo: kubectl -n kube-system delete configmap node-resource-topo$/m);
    assert.match((await done(...set, '--yes')).stdout, /node-resource-topo unchanged/);
    const changed = await run('storage', 'lvm', 'set', 'volumegroup1', '--device', '/dev/sdd', '--yes');
    assert.equal(changed.exitCode, 4);
    assert.match(changed.stderr, /never delete or shrink a volume group/);
    const { groups } = (await dataOf('storage', 'lvm', 'show')) as { groups: { group: string; devices: string[] }[] };
    assert.deepEqual(
      groups.map(({ group, devices }) => [group, devices]),
      [['volumegroup1', ['/dev/sdb1', '/dev/sdc']]],
    );
  });

  it('the ranges of the cluster, and those of one that is planned, are computed, and overlaps end with 4', async () => {
    const { nodes } = (await dataOf('network', 'capacity')) as { nodes: object };
    assert.deepEqual(nodes, { possible: 256, used: 0 });
    const planned = await dataOf('network', 'capacity', '--pod-cidr', '172.20.0.0/16', '--node-mask', '26');
    assert.deepEqual(planned.nodes, { possible: 1024, used: 0 });
    const overlap = await run('network', 'capacity', '--vpc-cidr', '10.244.0.0/14');
    assert.equal(overlap.exitCode, 4);
    assert.match(overlap.stdout, /10\.244\.0\.0\/16 of the pods and 10\.244\.0\.0\/14 of a VPC share addresses/);
    const { sites } = (await dataOf('network', 'reach')) as { sites: { name: string }[] };
    assert.deepEqual(
      sites.map(({ name }) => name),
      ['cloud'],
    );
  });

  it('pods of a manifest are labelled as a group, and workloads of the cluster are checked for groups and for Windows', async () => {
    const labelled = await edgeadm(['gang', 'label', '-', '--group', 'smoke'], { input: JOB });
    assert.equal(labelled.exitCode, 0, labelled.stderr);
    assert.match(labelled.stdout, /pod-group\.scheduling\.sigs\.k8s\.io\/min-available: '3'/);
    assert.match((await done('gang', 'check')).stdout, /No pod is labelled/);
    assert.match((await done('windows', 'app', 'check')).stdout, /No workload is meant for Windows nodes/);
    const wrong = await edgeadm(['windows', 'app', 'check', '-'], {
      input: JOB.replace('containers', 'nodeSelector: {kubernetes.io/os: windows}, containers'),
    });
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stdout, /hostNetwork is not true/);
  });
});
