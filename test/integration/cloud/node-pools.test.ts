import assert from 'node:assert/strict';
import { addFault, clearFaults, type FaultMode } from '../../../sandbox/cloud/faults.ts';
import { poolsOf } from '../../../sandbox/cloud/records.ts';
import { cloudNodePools } from '../../../src/cloud/node-pools.ts';
import type { NodePoolSpec, NodePools } from '../../../src/config/node-pool.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { type CreateOptions, createNodePool } from '../../../src/phases/nodepool/create.ts';
import { deletablePool } from '../../../src/phases/nodepool/delete.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../unit/cloud/cloud-under-test.ts';
import { addNode } from '../../unit/sandbox/cloud/emulated-cluster.ts';

const SPEC: NodePoolSpec = {
  name: 'shops',
  mode: 'basic',
  maxNodes: 5,
  labels: { zone: 'north' },
  annotations: {},
  taints: [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }],
  podCidrs: [],
};
const NETWORK = { cenId: 'cen-1', ccnId: 'ccn-1', ccnRegion: 'cn-shanghai' };

describe('node pools through the container service', function () {
  this.timeout(20_000);
  let cloud: CloudUnderTest;
  let pools: NodePools & { close(): Promise<void> };
  beforeEach(async () => {
    cloud = await cloudUnderTest();
    pools = cloudNodePools(cloud.service, cloud.cluster.id, { listDelayMs: 200 });
  });
  afterEach(async () => {
    await pools.close();
    await cloud.close();
  });

  it('nodepool create passes on what only pools of the service have', async () => {
    const name = 'Läden-Nord';
    assert.equal(
      await create({ ...SPEC, name, ofService: { intranet: true, hostNetwork: true, unschedulable: true } }),
      'created',
    );
    const pool = poolsOf(cloud.store, cloud.cluster.id).find((each) => each.name === name);
    assert.deepEqual([pool?.intranet, pool?.hostNetwork, pool?.unschedulable], [true, true, true]);
  });

  const warnings: string[] = [];
  const create = async (spec: NodePoolSpec, more: Partial<CreateOptions> = {}): Promise<string> => {
    warnings.splice(0);
    const warn = (message: string) => warnings.push(message);
    const options = { spec, vpcCidrs: [], nodeCidrs: [], dryRun: false, warn, ...more };
    return (await createNodePool(pools, options)).outcome;
  };
  const fails = async (work: Promise<unknown>): Promise<EdgeadmError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    return error;
  };
  const named = async (name: string) =>
    (await cloud.service.nodePools(cloud.cluster.id)).filter((pool) => pool.nodepoolInfo?.name === name);
  const fault = (mode: FaultMode, action: string, times = 1): void =>
    void addFault(cloud.store, { action, mode, times });

  it('node pools through the container service are created once, and the same line again changes nothing', async () => {
    assert.equal(await create(SPEC), 'created');
    assert.equal(await create(SPEC), 'unchanged');
    const pool = (await pools.list()).find(({ name }) => name === 'shops');
    assert.deepEqual([pool?.maxNodes, pool?.labels, pool?.taints], [5, SPEC.labels, SPEC.taints]);
  });

  it('node pools through the container service are not created if the answer to the plan is no', async () => {
    const approve = async () => Promise.reject(new EdgeadmError({ code: 'INTERRUPTED', what: 'no' }));
    assert.equal((await fails(create(SPEC, { approve }))).code, 'INTERRUPTED');
    assert.deepEqual(await named('shops'), []);
  });

  it('node pools through the container service are not created in a dry run', async () => {
    assert.equal(await create(SPEC, { dryRun: true }), 'created');
    assert.deepEqual(await named('shops'), []);
  });

  it('node pools through the container service are refused under a name that another one has, with what differs', async () => {
    await create(SPEC);
    const error = await fails(create({ ...SPEC, maxNodes: 7, labels: {} }));
    assert.equal(error.code, 'NODEPOOL_DIFFERS');
    assert.equal(error.why, 'max-nodes: requested 7, found 5\nlabels: requested -, found zone=north');
  });

  it('node pools through the container service are created exactly once if the answer is lost', async () => {
    fault('timeout-after-effect', 'CreateClusterNodePool');
    assert.equal(await create(SPEC), 'created');
    assert.equal((await named('shops')).length, 1);
  });

  it('node pools through the container service are not ordered a second time if it is not known whether the order arrived; the same line does it', async () => {
    fault('timeout-before', 'CreateClusterNodePool');
    const error = await fails(create(SPEC));
    assert.equal(error.code, 'CLOUD_NO_ANSWER');
    assert.match(error.next, /same command again/);
    assert.equal(await create(SPEC), 'created');
    assert.equal((await named('shops')).length, 1);
  });

  it('node pools through the container service are listed although the cloud is overloaded for a moment', async () => {
    fault('throttle', 'DescribeClusterNodePools');
    fault('500', 'DescribeClusterNodePools');
    assert.deepEqual(
      (await pools.list()).map(({ isDefault }) => isDefault),
      [true],
    );
    clearFaults(cloud.store);
  });

  it('node pools through the container service are waited for if the list is behind', async () => {
    let looks = 0;
    const nodePools = async (id: string) => (++looks === 2 ? [] : cloud.service.nodePools(id));
    const late = cloudNodePools({ ...cloud.service, nodePools }, cloud.cluster.id, { listDelayMs: 2000 });
    const options = { spec: SPEC, vpcCidrs: [], nodeCidrs: [], dryRun: false, warn: () => {} };
    assert.equal((await createNodePool(late, options)).outcome, 'created');
    await late.close();
  });

  it('node pools through the container service are made and deleted once by two commands at the same time', async () => {
    const { service, cluster } = cloud;
    const second = cloudNodePools(
      {
        ...service,
        createNodePool: async (...order) => {
          await service.createNodePool(...order);
          return service.createNodePool(...order);
        },
        deleteNodePool: async (...order) => {
          await service.deleteNodePool(...order);
          return service.deleteNodePool(...order);
        },
      },
      cluster.id,
      { listDelayMs: 200 },
    );
    const options = { spec: SPEC, vpcCidrs: [], nodeCidrs: [], dryRun: false, warn: () => {} };
    const late = await fails(createNodePool(second, options));
    assert.equal(late.code, 'CLOUD_REFUSED');
    assert.match(late.next ?? '', /run the same command again: another one made the node pool meanwhile/);
    assert.equal((await createNodePool(second, options)).outcome, 'unchanged');
    const [pool] = await named('shops');
    assert.equal(pool?.status?.state, 'active', 'the second command waits until the first one has made it');
    await second.delete(await deletablePool(second, 'shops'));
    assert.deepEqual(await named('shops'), []);
    await second.close();
  });

  it('node pools through the container service end with their name if the task of an earlier run fails', async () => {
    fault('500', 'CreateClusterNodePool/task');
    await cloud.service.createNodePool(cloud.cluster.id, SPEC);
    const gone = await fails(create(SPEC));
    assert.equal(gone.code, 'NODEPOOL_NOT_FOUND');
    assert.match(gone.message, /node pool shops \(np\w+\) is gone/);
    assert.equal(await create(SPEC), 'created');
  });

  it('node pools through the container service have annotations, for which the API has no field', async () => {
    const spec = { ...SPEC, annotations: { 'example.com/a': 'b' } };
    assert.equal(await create(spec), 'created');
    assert.deepEqual(warnings, []);
    assert.equal(await create(spec), 'unchanged');
  });

  it('node pools through the container service need no limit, and a limit that the service ignores is no difference', async () => {
    assert.equal(await create({ ...SPEC, maxNodes: undefined }), 'created');
    assert.equal(await create(SPEC), 'unchanged');
  });

  it('node pools through the container service are created when their task has ended, and deleted likewise', async () => {
    await create(SPEC);
    const [pool] = await named('shops');
    assert.equal(pool?.status?.state, 'active');
    await pools.delete(await deletablePool(pools, 'shops'));
    assert.deepEqual(await named('shops'), []);
  });

  it('node pools through the container service end with the error of the task that failed', async () => {
    fault('500', 'CreateClusterNodePool/task');
    const failed = await fails(create(SPEC));
    assert.equal(failed.code, 'CLOUD_FAILED');
    assert.match(failed.message, /node pool shops to be active[\s\S]*the change failed[\s\S]*task T-/);
    await create(SPEC);
    fault('500', 'DeleteClusterNodepool/task');
    assert.match((await fails(pools.delete(await deletablePool(pools, 'shops')))).message, /shops to be deleted/);
    assert.equal((await named('shops')).length, 1);
  });

  for (const [networkPlugin, name] of [
    ['flannel', 'flannel'],
    ['terway-edge', 'terway-eniip'],
  ] as const) {
    it(`node pools through the container service know the network plug-in ${name} as the service spells it`, async () => {
      cloud.store.put('cs/cluster', cloud.cluster.id, { ...cloud.cluster, networkPlugin });
      assert.equal((await pools.cluster()).networkPlugin, name);
    });
  }

  it('node pools through the container service are completed if a kill came between creation and annotations', async () => {
    await create(SPEC);
    const spec = { ...SPEC, annotations: { 'example.com/a': 'b' } };
    assert.equal(await create(spec), 'completed');
    assert.equal(await create(spec), 'unchanged');
  });

  it('node pools through the container service are refused before anything is changed if the cluster cannot take them', async () => {
    await pools.close();
    await cloud.close();
    cloud = await cloudUnderTest({ networkPlugin: 'terway-edge', version: 'v1.14.8' });
    pools = cloudNodePools(cloud.service, cloud.cluster.id, { listDelayMs: 200 });
    const error = await fails(create({ ...SPEC, mode: 'enhanced', ...NETWORK }));
    assert.equal(error.code, 'NODEPOOL_REFUSED');
    assert.match(error.why ?? '', /1\.16 or later[\s\S]*Flannel only, this cluster has terway-eniip/);
    assert.deepEqual(await named('shops'), []);
  });

  it('node pools through the container service are deleted when they are empty', async () => {
    await create(SPEC);
    const [pool] = await named('shops');
    await addNode(cloud, 'edge1', { pool: pool?.nodepoolInfo?.nodepoolId ?? '' });
    const error = await fails(deletablePool(pools, 'shops'));
    assert.deepEqual([error.code, error.why], ['NODEPOOL_NOT_EMPTY', 'edge1']);
    await cloud.client.delete('/api/v1/nodes/edge1');
    fault('timeout-after-effect', 'DeleteClusterNodepool');
    await pools.delete(await deletablePool(pools, 'shops'));
    assert.deepEqual(await named('shops'), []);
    assert.equal((await fails(deletablePool(pools, 'shops'))).code, 'NODEPOOL_NOT_FOUND');
    assert.equal((await fails(deletablePool(pools, 'default-nodepool'))).code, 'NODEPOOL_REFUSED');
  });
});
