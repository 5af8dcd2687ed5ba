import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { clusterToChange, updateCluster } from '../../../../src/phases/cluster/changes.ts';
import { choiceOf, clusterDeletion } from '../../../../src/phases/cluster/deletion.ts';
import { encryptionKeyOf } from '../../../../src/phases/cluster/encryption.ts';
import { refuseOtherNodes } from '../../../../src/phases/nodepool/named-nodes.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../../unit/cloud/cloud-under-test.ts';

describe('changes of a cluster of the container service', function () {
  this.timeout(30_000);
  let cloud: CloudUnderTest;
  beforeEach(async () => {
    cloud = await cloudUnderTest();
  });
  afterEach(() => cloud.close());

  const told: string[] = [];
  const run = (wait: boolean) => {
    told.splice(0);
    return { service: cloud.service, wait, timeoutMs: 10_000, tell: (line: string) => void told.push(line) };
  };

  it('a change that a killed command began is waited for, and not requested again', async () => {
    const { id } = cloud.cluster;
    let sent = 0;
    const update = {
      what: 'the Secrets to be encrypted',
      send: async () => {
        sent++;
        await cloud.service.encryptSecrets(id, 'k1');
        return undefined;
      },
      isDone: (cluster: Parameters<typeof encryptionKeyOf>[0]) => encryptionKeyOf(cluster) === 'k1',
    };
    await updateCluster(id, update, run(false));
    await updateCluster(id, update, run(true));
    assert.equal(sent, 1);
    assert.match(told[0] ?? '', /^Waiting for a change of cluster/);
  });

  it('the next change is planned when the one in progress has ended, so that it is not taken for done', async () => {
    const { id } = cloud.cluster;
    await cloud.service.changeCluster(id, { deletion_protection: true });
    const cluster = await clusterToChange('cn-hangzhou', id, run(true));
    assert.deepEqual([cluster.state, cluster.deletionProtection], ['running', true]);
  });

  it('cluster delete rejects a misspelled --keep, and deletes nothing that was to be kept', async () => {
    const cluster = await cloud.service.cluster(cloud.cluster.id);
    const resources = [{ instanceId: 'lb-1', resourceType: 'SLB' }];
    const service = { ...cloud.service, clusterResources: async () => resources };
    const plan = (...keep: string[]) => clusterDeletion(service, cluster, choiceOf(keep, []));
    await assert.rejects(plan('slb', 'lb-2'), (error: EdgeadmError) => {
      assert.match(error.message, /has no resource slb, lb-2 to keep/);
      assert.match(error.why ?? '', /lb-1 \(SLB\)/);
      return true;
    });
    assert.deepEqual(
      (await plan('lb-1')).resources.map(({ becomes }) => becomes),
      ['kept'],
    );
    assert.deepEqual(
      (await plan('SLB')).resources.map(({ becomes }) => becomes),
      ['kept'],
    );
  });

  it('a node that is not in the pool is named before a repair or an upgrade is requested', async () => {
    const { id } = cloud.cluster;
    const [pool] = await cloud.service.nodePools(id);
    assert.ok(pool);
    const where = { service: cloud.service, clusterId: id };
    await refuseOtherNodes([], pool, where);
    await assert.rejects(refuseOtherNodes(['edge9'], pool, where), (error: EdgeadmError) => {
      assert.ok(error instanceof EdgeadmError);
      assert.equal(error.code, 'NODE_NOT_FOUND');
      return true;
    });
  });
});
