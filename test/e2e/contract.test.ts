import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { load, loadAll } from 'js-yaml';
import { adminKubeconfig, startApiServer } from '../../sandbox/api-server/index.ts';
import { sandboxPki } from '../../sandbox/pki.ts';
import { openStore } from '../../sandbox/store.ts';
import { apiServerContract } from '../contract/api-server.ts';
import { projectDir, until, world } from '../testbed/index.ts';
import { inWorlds, testBed } from './support.ts';

const CRD = join(projectDir, 'test/testbed/nodepool-crd.yaml');
const OTHER_CRDS = ['app-crds', 'raven-crd'].map((name) => join(projectDir, `test/testbed/${name}.yaml`));

inWorlds('guide', 'today')('a real kube-apiserver keeps the contract', () => {
  apiServerContract(async () => {
    const { cluster } = await testBed();
    await cluster.apply(load(await readFile(CRD, 'utf8')) as object);
    for (const file of OTHER_CRDS)
      for (const crd of loadAll(await readFile(file, 'utf8'))) await cluster.apply(crd as object);
    await until('NodePools', () => cluster.get('/apis/apps.openyurt.io/v1beta1/nodepools'));
    await until('UnitedDeployments', () => cluster.get('/apis/apps.openyurt.io/v1alpha1/uniteddeployments'));
    await until('YurtAppSets', () => cluster.get('/apis/apps.openyurt.io/v1beta1/yurtappsets'));
    await until('Gateways', () => cluster.get('/apis/raven.openyurt.io/v1beta1/gateways'));
    const { ca, ...admin } = await cluster.administrator();
    return { server: cluster.server, ca, admin, version: world.kubernetes };
  });
});

inWorlds('guide', 'today')("kubectl of that version works with the sandbox's API server", () => {
  let kubectl: (args: string[], input?: object) => Promise<string>;
  const ends: (() => unknown)[] = [];
  before(async () => {
    const { cluster } = await testBed();
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
    ends.push(() => rm(folder, { recursive: true }));
    const store = openStore(':memory:');
    ends.push(() => store.close());
    const pki = await sandboxPki(store);
    const { url, close } = await startApiServer({ store, pki, port: 0, version: world.kubernetes });
    ends.push(close);
    const kubeconfig = join(folder, 'admin.conf');
    await writeFile(kubeconfig, adminKubeconfig(pki, url), { mode: 0o600 });
    kubectl = async (args, input) => {
      const all = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${folder}`, ...args];
      return (await execa(join(cluster.programs, 'kubectl'), all, { input: JSON.stringify(input ?? {}) })).stdout;
    };
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const lines = async (...args: string[]): Promise<string[]> =>
    (await kubectl(args)).split('\n').map((line) => line.replace(/ +/g, ' ').trim());

  it('get shows the columns of Kubernetes', async () => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    const status = { conditions, nodeInfo: { kubeletVersion: world.kubernetes } };
    await kubectl(['create', '--validate=false', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      status,
    });
    const [head, row = ''] = await lines('get', 'nodes');
    assert.equal(head, 'NAME STATUS ROLES AGE VERSION');
    assert.match(row, /^n1 Ready <none> \d+s v1\./);
    assert.ok(row.endsWith(` ${world.kubernetes}`), row);
    assert.equal((await lines('get', 'ns'))[0], 'NAME STATUS AGE');
    assert.equal((await lines('get', 'cm', '-A'))[0], 'NAMESPACE NAME DATA AGE');
    assert.equal(
      (await lines('get', 'node', 'n1', '-o', 'jsonpath={.status.nodeInfo.kubeletVersion}'))[0],
      world.kubernetes,
    );
    for (const resource of ['pods', 'secrets', 'csr', 'nodepools', 'leases', 'ds', 'events'])
      await kubectl(['get', resource, '-A']);
  });

  it('label, annotate, taint, cordon, drain and delete do what they say', async () => {
    for (const args of [
      ['label', 'node', 'n1', 'a=b'],
      ['annotate', 'node', 'n1', 'c=d'],
      ['taint', 'node', 'n1', 'e=f:NoSchedule'],
    ])
      await kubectl(args);
    await kubectl(['drain', 'n1']);
    assert.match((await lines('get', 'nodes', '-l', 'a=b')).join(), /n1 Ready,SchedulingDisabled/);
    assert.match(await kubectl(['get', 'node', 'n1', '-o', 'jsonpath={.spec.taints[*].key}']), /\be\b/);
    assert.match(await kubectl(['delete', 'node', 'n1']), /node "n1" deleted/);
  });

  it('apply makes a NodePool and changes it', async () => {
    const pool = (type: string) => ({
      apiVersion: 'apps.openyurt.io/v1alpha1',
      kind: 'NodePool',
      metadata: { name: 'p1' },
      spec: { type },
    });
    for (const [type, done] of [
      ['Edge', 'created'],
      ['Edge', 'unchanged'],
      ['Cloud', 'configured'],
    ] as const)
      assert.match(await kubectl(['apply', '--validate=false', '-f', '-'], pool(type)), new RegExp(done));
    assert.match((await lines('get', 'np')).join('\n'), /^NAME TYPE READYNODES NOTREADYNODES AGE\np1 Cloud /);
  });
});
