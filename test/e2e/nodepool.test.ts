import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { localMachine } from '../../src/host/local.ts';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import type { NodePoolObject } from '../../src/kubernetes/api/node-pools.ts';
import { clientFromKubeconfig } from '../../src/kubernetes/kubeconfig/kubeconfig.ts';
import { type Ended, edgeadm, resultOf } from '../sandbox/program.ts';
import { projectDir, until } from '../testbed/index.ts';
import { inWorlds, testBed } from './support.ts';

const CRD = join(projectDir, 'test/testbed/nodepool-crd.yaml');
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/nodepools.apps.openyurt.io';
const ENHANCED = [
  ...['--mode', 'enhanced', '--max-nodes', '4', '--cen-id', 'cen-1', '--ccn-id', 'ccn-1'],
  ...['--ccn-region', 'cn-shanghai', '--vpc-cidr', '192.168.0.0/16', '--pod-cidrs', '10.9.0.0/20'],
];
const FLANNEL = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'kube-flannel-cfg', namespace: 'kube-system' },
  data: { 'net-conf.json': '{"Network":"10.244.0.0/16"}' },
};
const CALICO = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'calico-node', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: { app: 'calico' } },
    template: {
      metadata: { labels: { app: 'calico' } },
      spec: { nodeSelector: { nowhere: 'yes' }, containers: [{ name: 'node', image: 'localhost/none' }] },
    },
  },
};

interface Definition {
  readonly spec: { readonly versions: { name: string; served: boolean; storage: boolean }[] };
}

inWorlds('guide')('node pools in a real cluster', () => {
  let client: ApiClient;
  let kubeconfig = '';

  const nodepool = (...words: string[]): Promise<Ended> => edgeadm(['nodepool', ...words, '--kubeconfig', kubeconfig]);
  const succeed = async (...words: string[]): Promise<string> => {
    const ended = await nodepool(...words);
    assert.equal(ended.exitCode, 0, ended.stderr);
    return ended.stdout;
  };
  const fail = async (code: string, ...words: string[]): Promise<string> => {
    const ended = await nodepool(...words, '-o', 'json');
    const { error } = resultOf(ended) as { error?: { code: string; why?: string } };
    assert.equal(error?.code, code, ended.stdout);
    return error?.why ?? '';
  };
  const object = (name: string, version = 'v1beta1'): Promise<NodePoolObject | undefined> =>
    client.find(`/apis/apps.openyurt.io/${version}/nodepools/${name}`);
  const addNode = async (name: string, arch: string): Promise<void> => {
    const labels = { 'apps.openyurt.io/desired-nodepool': 'video', 'kubernetes.io/arch': arch };
    await client.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Test', message: '' }];
    await client.patch(`/api/v1/nodes/${name}/status`, { status: { conditions } });
  };

  /** The group may have other kinds in this version. */
  const servesPools = async (version: string): Promise<boolean> => {
    const list = await client.find<{ resources: { name: string }[] }>(`/apis/apps.openyurt.io/${version}`);
    return list?.resources.some(({ name }) => name === 'nodepools') ?? false;
  };

  before(async () => {
    const { cluster } = await testBed();
    kubeconfig = cluster.kubeconfig;
    const machine = localMachine();
    client = await clientFromKubeconfig(kubeconfig, (address, options) => machine.connect(address, options));
    // The cluster of another test may know them.
    if (await client.find(DEFINITION)) await client.delete(DEFINITION);
    await until('no NodePools', async () => !(await servesPools('v1beta1')));
  });
  after(() => client?.close());

  it('node pools in a real cluster are refused if the cluster does not know them', async () => {
    assert.match(await fail('NODEPOOL_REFUSED', 'create', 'video', '--max-nodes', '3'), /apps\.openyurt\.io/);
  });

  it('node pools in a real cluster are created once, and the same line again changes nothing', async () => {
    const { cluster } = await testBed();
    await cluster.apply(load(await readFile(CRD, 'utf8')) as object, FLANNEL);
    await until('NodePools', () => cluster.get('/apis/apps.openyurt.io/v1beta1/nodepools'));
    const line = ['create', 'video', ...ENHANCED, '--labels', 'zone=north', '--taints', 'edge=yes:NoSchedule'];
    assert.equal(await succeed(...line, '--dry-run'), 'nodepool/video would be created (dry run)');
    assert.equal(await object('video'), undefined);
    assert.equal(await succeed(...line), 'nodepool/video created');
    const made = await object('video');
    assert.equal(await succeed(...line), 'nodepool/video unchanged');
    assert.deepEqual(await object('video'), made);
    assert.deepEqual(made?.metadata.annotations, {
      'nodepool.openyurt.io/max-nodes': '4',
      'nodepool.openyurt.io/pod-cidrs': '10.9.0.0/20',
      'nodepool.openyurt.io/cen-id': 'cen-1',
      'nodepool.openyurt.io/ccn-id': 'ccn-1',
      'nodepool.openyurt.io/ccn-region': 'cn-shanghai',
    });
    assert.deepEqual(made?.spec, {
      type: 'Edge',
      labels: { zone: 'north' },
      annotations: {},
      taints: [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }],
    });
  });

  it('node pools in a real cluster are refused under a name that another one has, and for its pod CIDRs', async () => {
    assert.match(
      await fail('NODEPOOL_DIFFERS', 'create', 'video', '--max-nodes', '9'),
      /max-nodes: requested 9, found 4/,
    );
    assert.match(await fail('NODEPOOL_REFUSED', 'create', 'audio', ...ENHANCED), /node pool video: 10\.9\.0\.0\/20/);
  });

  it('enhanced node pools in a real cluster need two Ready amd64 nodes, and the pods of their gateway', async () => {
    await addNode('np-arm', 'arm64');
    await addNode('np-one', 'amd64');
    assert.match(
      await succeed('get', 'video'),
      /working: no: .* needs at least 2, it has 1 Ready amd64 node; egw-core is Ready on 0/,
    );
    await addNode('np-two', 'amd64');
    assert.match(
      await succeed('get', 'video'),
      /working: no: egw-core is Ready on 0 of 2 nodes; egw-helper is not Ready on np-arm, np-one, np-two$/m,
    );
    assert.match(await succeed('list'), /^video +enhanced +3\/3 +4 +no$/m);
  });

  it('node pools in a real cluster are deleted when they are empty, and after a confirmation', async () => {
    assert.match(await fail('NODEPOOL_NOT_EMPTY', 'delete', 'video', '--yes'), /np-arm, np-one, np-two/);
    for (const name of ['np-arm', 'np-one', 'np-two']) await client.delete(`/api/v1/nodes/${name}`);
    await fail('CONFIRMATION_NEEDED', 'delete', 'video');
    assert.equal(await succeed('delete', 'video', '--yes'), 'nodepool/video deleted');
    assert.equal(await object('video'), undefined);
    await fail('NODEPOOL_NOT_FOUND', 'get', 'video');
  });

  it('node pools in a real cluster are not enhanced if the network plug-in is not Flannel', async () => {
    const { cluster } = await testBed();
    await client.delete('/api/v1/namespaces/kube-system/configmaps/kube-flannel-cfg');
    await cluster.apply(CALICO);
    assert.match(
      await fail('NODEPOOL_REFUSED', 'create', 'video', ...ENHANCED),
      /Flannel only, this cluster has calico/,
    );
    assert.equal(await succeed('create', 'plain', '--max-nodes', '3', '--mode', 'private'), 'nodepool/plain created');
    await succeed('delete', 'plain', '--yes');
    await client.delete('/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node');
  });

  it('node pools in a real cluster are made in the version that an older controller knows', async () => {
    const { cluster } = await testBed();
    const definition = load(await readFile(CRD, 'utf8')) as Definition;
    for (const version of definition.spec.versions) version.served = version.name === 'v1alpha1';
    await cluster.apply(definition);
    await until('v1alpha1 alone', async () => !(await servesPools('v1beta1')));
    assert.equal(await succeed('create', 'old', '--max-nodes', '3'), 'nodepool/old created');
    assert.equal((await object('old', 'v1alpha1'))?.apiVersion, 'apps.openyurt.io/v1alpha1');
    await succeed('delete', 'old', '--yes');
  });
});
