import assert from 'node:assert/strict';
import type { NodePoolSpec } from '../../../../src/config/node-pool.ts';
import { poolNamed } from '../../../../src/config/node-pool.ts';
import { workState } from '../../../../src/config/nodepool-state.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { clusterNodePools, fromObject, poolVersion, toObject } from '../../../../src/kubernetes/api/node-pools.ts';
import { createNodePool } from '../../../../src/phases/nodepool/create.ts';
import { deletablePool } from '../../../../src/phases/nodepool/delete.ts';
import { addNode, type EmulatedCluster, emulatedCluster } from '../../sandbox/cloud/emulated-cluster.ts';

const SPEC: NodePoolSpec = {
  name: 'video',
  mode: 'enhanced',
  maxNodes: 4,
  cenId: 'cen-1',
  ccnId: 'ccn-1',
  ccnRegion: 'cn-shanghai',
  cenOwner: '42',
  runtime: 'containerd',
  labels: { zone: 'north' },
  annotations: { 'example.com/note': 'a, b' },
  taints: [{ key: 'edge', value: '', effect: 'NoExecute' }],
  podCidrs: ['10.9.0.0/20'],
};

describe('node pools as objects of a cluster', function () {
  this.timeout(20_000);
  let cluster: EmulatedCluster;
  before(async () => {
    cluster = await emulatedCluster();
  });
  after(() => cluster.close());

  it('carry in their annotations what the controllers of the cluster read', () => {
    for (const version of ['apps.openyurt.io/v1alpha1', 'apps.openyurt.io/v1beta1']) {
      const object = toObject(SPEC, version);
      assert.equal(object.apiVersion, version);
      assert.deepEqual(object.metadata.annotations, {
        'nodepool.openyurt.io/max-nodes': '4',
        'nodepool.openyurt.io/pod-cidrs': '10.9.0.0/20',
        'nodepool.openyurt.io/cen-id': 'cen-1',
        'nodepool.openyurt.io/ccn-id': 'ccn-1',
        'nodepool.openyurt.io/ccn-region': 'cn-shanghai',
        'edgeadm.io/cen-owner': '42',
        'edgeadm.io/runtime': 'containerd',
      });
      assert.deepEqual(fromObject(object), { ...SPEC, id: 'video', isDefault: false });
    }
  });

  it('node pools as objects of a cluster come back as the mode they were made in', () => {
    for (const mode of ['basic', 'private'] as const) {
      const { cenId, ccnId, ccnRegion, cenOwner, ...spec } = SPEC;
      assert.equal(fromObject(toObject({ ...spec, mode }, 'apps.openyurt.io/v1beta1')).mode, mode);
    }
  });

  it('node pools as objects of a cluster are created once, counted, shown as working from two amd64 nodes on, and deleted when empty', async () => {
    const pools = clusterNodePools(cluster.client);
    const warnings: string[] = [];
    const options = {
      vpcCidrs: ['192.168.0.0/16'],
      nodeCidrs: [],
      dryRun: false,
      warn: (text: string) => warnings.push(text),
    };
    assert.equal((await createNodePool(pools, { ...options, spec: SPEC })).outcome, 'created');
    assert.equal((await createNodePool(pools, { ...options, spec: SPEC })).outcome, 'unchanged');
    assert.deepEqual(warnings, []);
    const work = async () => workState(poolNamed(await pools.list(), 'video', pools.where), await pools.nodes());
    for (const [name, arch] of [
      ['v1', 'amd64'],
      ['v2', 'arm64'],
    ] as const)
      await addNode(cluster, name, { pool: 'video', arch });
    assert.equal((await work()).working, false);
    await addNode(cluster, 'v3', { pool: 'video' });
    assert.deepEqual(await work(), { working: true, why: '2 Ready amd64 nodes' });
    const vpcCidrs = ['10.7.0.0/16'];
    await assert.rejects(createNodePool(pools, { ...options, vpcCidrs, spec: SPEC }), { code: 'NODEPOOL_REFUSED' });
    await assert.rejects(deletablePool(pools, 'video'), { code: 'NODEPOOL_NOT_EMPTY', why: 'v1, v2, v3' });
    for (const name of ['v1', 'v2', 'v3']) await cluster.client.delete(`/api/v1/nodes/${name}`);
    await pools.delete(await deletablePool(pools, 'video'));
    assert.ok(!(await pools.list()).some(({ name }) => name === 'video'));
  });

  it('an enhanced node pool works if egw-core is Ready on two of its nodes, egw-helper on all, and its annotations are intact', async () => {
    const { client } = cluster;
    const pools = clusterNodePools(client);
    const options = { vpcCidrs: ['192.168.0.0/16'], nodeCidrs: [], dryRun: false, warn: () => {} };
    await createNodePool(pools, { ...options, spec: { ...SPEC, name: 'gate', podCidrs: [] } });
    for (const name of ['g1', 'g2', 'g3']) await addNode(cluster, name, { pool: 'gate' });
    const work = async () =>
      workState(poolNamed(await pools.list(), 'gate', pools.where), await pools.nodes(), await pools.gatewayPods());
    assert.deepEqual(await work(), {
      working: false,
      why: 'egw-core is Ready on 0 of 2 nodes; egw-helper is not Ready on g1, g2, g3',
    });
    await addWorkload(client, 'Deployment', 'edge-gateway-core', ['g1', 'g1']);
    await addWorkload(client, 'DaemonSet', 'egw-helper', ['g1', 'g2', 'g3', 'elsewhere']);
    assert.deepEqual(await work(), { working: false, why: 'egw-core is Ready on 1 of 2 nodes' });
    await addPod(client, 'edge-gateway-core', { name: 'core-b', node: 'g2' });
    assert.deepEqual(await work(), { working: true, why: '3 Ready amd64 nodes, egw-core on two of them' });
    await client.patch(`/apis/${await poolVersion(client)}/nodepools/gate`, {
      metadata: { annotations: { 'nodepool.openyurt.io/ccn-id': null, 'nodepool.openyurt.io/max-nodes': 'ten' } },
    });
    assert.deepEqual(await work(), {
      working: false,
      why: 'the annotation nodepool.openyurt.io/ccn-id is missing; the annotation nodepool.openyurt.io/max-nodes is "ten", not a number of nodes',
    });
  });

  it('a node pool whose limit is not a number is shown without a limit, not with NaN', () => {
    const apiVersion = 'apps.openyurt.io/v1beta2';
    const annotations = { 'nodepool.openyurt.io/max-nodes': 'ten' };
    const { maxNodes, annotationIssues } = fromObject({
      apiVersion,
      kind: 'NodePool',
      metadata: { name: 'a', annotations },
    });
    assert.equal(maxNodes, undefined);
    assert.match(annotationIssues?.join() ?? '', /"ten", not a number of nodes/);
  });

  it('node pools as objects of a cluster are refused for pod CIDRs of another node pool', async () => {
    const pools = clusterNodePools(cluster.client);
    const options = { vpcCidrs: [], nodeCidrs: [], dryRun: false, warn: () => {} };
    await createNodePool(pools, { ...options, spec: { ...SPEC, name: 'one' } });
    const error = await createNodePool(pools, { ...options, spec: { ...SPEC, name: 'two' } }).catch((e: unknown) => e);
    assert.ok(error instanceof EdgeadmError);
    assert.match(error.why ?? '', /node pool one: 10\.9\.0\.0\/20/);
  });
});

async function addWorkload(client: ApiClient, kind: string, name: string, nodes: readonly string[]): Promise<void> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name, image: 'example/gateway' }] } };
  await client.create(`/apis/apps/v1/namespaces/kube-system/${kind.toLowerCase()}s`, {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'kube-system' },
    spec: { selector: { matchLabels: labels }, template },
  });
  for (const [index, node] of nodes.entries()) await addPod(client, name, { name: `${name}-${index}`, node });
}

/** A Ready pod of a workload. */
async function addPod(client: ApiClient, app: string, { name, node }: { name: string; node: string }): Promise<void> {
  const path = '/api/v1/namespaces/kube-system/pods';
  const spec = { nodeName: node, containers: [{ name: app, image: 'example/gateway' }] };
  const metadata = { name, namespace: 'kube-system', labels: { app } };
  await client.create(path, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
  await client.patch(`${path}/${name}/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
}
