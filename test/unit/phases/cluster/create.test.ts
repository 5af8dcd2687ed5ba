import assert from 'node:assert/strict';
import { containerService } from '../../../../src/cloud/cs.ts';
import type { ClusterLimit } from '../../../../src/config/cloud-cluster-rules.ts';
import { redact } from '../../../../src/lib/redact.ts';
import { deleteCluster } from '../../../../src/phases/cluster/changes.ts';
import { createCluster, planCreation } from '../../../../src/phases/cluster/create.ts';
import { clusterSpec } from './cluster-spec.ts';
import { type CallAccident, type InProcessCs, inProcessCs } from './in-process-cs.ts';

describe('cluster create', function () {
  this.timeout(20_000);
  let cloud: InProcessCs;
  beforeEach(async () => {
    cloud = await inProcessCs();
  });
  afterEach(() => cloud.close());

  const plan = (values: object = {}, more: { vpcCidrs?: string[]; ignoredLimits?: ClusterLimit[] } = {}) => {
    const service = containerService(cloud.run().caller);
    return planCreation(service, { spec: clusterSpec({ ...values }), vpcCidrs: [], ignoredLimits: [], ...more });
  };
  const create = async (accidents: (CallAccident | undefined)[] = [], wait = true) => {
    const creation = await plan();
    const service = containerService(cloud.run(accidents).caller);
    const said: string[] = [];
    const tell = (line: string): void => void said.push(line);
    const cluster = await createCluster(creation, { service, wait, listDelayMs: 300, tell });
    return { cluster, said };
  };

  it('cluster create names the cluster and its task as soon as they are known, and waits until it is running', async () => {
    const { cluster, said } = await create();
    assert.deepEqual([cluster.name, cluster.state, cluster.size], ['shops', 'running', 1]);
    assert.match(said[0] ?? '', new RegExp(`ID of cluster shops is ${cluster.clusterId}, its task T-`));
    assert.ok(
      said.some((line) => line.startsWith('Task: create')),
      said.join(),
    );
  });

  it('cluster create finds the one that it ordered if the answer is lost, cut off or without an ID', async () => {
    for (const accident of ['timeout-after-effect', 'truncated'] as const) {
      const { cluster } = await create([accident]);
      assert.equal(cluster.state, 'running', accident);
      assert.equal(cloud.made(), 1);
      cloud.close();
      cloud = await inProcessCs();
    }
  });

  it('cluster create waits for a cluster that an earlier run ordered, and leaves one that is running', async () => {
    await create([], false);
    const { existing } = await plan();
    assert.equal(existing?.state, 'initial');
    await create();
    assert.equal((await plan()).existing?.state, 'running');
    assert.equal(cloud.made(), 1);
  });

  it('cluster create refuses a name whose cluster is being deleted with the command that waits for it, and takes it after that', async () => {
    const { cluster } = await create();
    const service = containerService(cloud.run().caller);
    const { clusterId } = cluster;
    const found = await service.cluster(clusterId);
    const remove = async (state: string, wait: boolean): Promise<void> => {
      const send = () => service.deleteCluster(clusterId, { retain: [], types: {} });
      await deleteCluster({ ...found, state }, send, { service, wait, listDelayMs: 300, tell: () => {} });
    };
    await remove('running', false);
    await assert.rejects(plan(), ({ code, next }: { code: string; next: string }) => {
      assert.equal(code, 'CLOUD_CLUSTER_FAILED');
      assert.ok(next.startsWith(`wait until it is gone: edgeadm cluster delete ${clusterId}`), next);
      return true;
    });
    await remove('deleting', true);
    assert.equal((await plan()).existing, undefined);
    await create();
  });

  it('cluster create refuses another cluster of that name, with each value that differs', async () => {
    await create();
    await assert.rejects(plan({ vpc: 'vpc-2', edition: 'pro' }), {
      code: 'CLOUD_CLUSTER_DIFFERS',
      why: /edition: requested ack\.pro\.small, found ack\.standard\nvpc: requested vpc-2, found vpc-1/,
    });
  });

  it('cluster create names all limits at once, and each can be ignored by its name', async () => {
    const wrong = {
      region: 'cn-qingdao',
      edition: 'pro',
      kubernetesVersion: '1.20.2',
      podCidr: '192.168.0.0/16',
      workers: { instanceTypes: ['ecs.g6.large'], password: 'short', keyPair: 'ops' },
    };
    await assert.rejects(plan(wrong, { vpcCidrs: ['192.168.0.0/16'] }), (error: { code: string; why: string }) => {
      assert.equal(error.code, 'CLOUD_CLUSTER_REFUSED');
      assert.equal(redact(error.why), error.why, 'nothing in it looks like a secret');
      const limits = error.why.split('\n').map((line) => line.split(':')[0]);
      assert.deepEqual(limits, ['ProRegion', 'Logon', 'PasswordRules', 'KubernetesVersion', 'PodCidr']);
      return true;
    });
    const { ignored } = await plan({ region: 'cn-qingdao', edition: 'pro' }, { ignoredLimits: ['ProRegion'] });
    assert.deepEqual(
      ignored.map(({ limit }) => limit),
      ['ProRegion'],
    );
  });

  it('cluster create refuses ranges of other clusters in the same VPC, and takes them in another one', async () => {
    await create();
    await assert.rejects(plan({ name: 'other' }), {
      why: /PodCidr: 10\.20\.0\.0\/16 overlaps with 10\.20\.0\.0\/16 of cluster shops\nServiceCidr: /,
    });
    assert.equal((await plan({ name: 'other', vpc: 'vpc-2' })).existing, undefined);
  });
});
