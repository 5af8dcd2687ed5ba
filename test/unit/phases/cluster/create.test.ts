import assert from 'node:assert/strict';
import { containerService } from '../../../../src/cloud/cs.ts';
import type { ClusterLimit } from '../../../../src/config/cloud-cluster-rules.ts';
import { redact } from '../../../../src/lib/redact.ts';
import { deleteCluster } from '../../../../src/phases/cluster/changes.ts';
import { createCluster, planCreation } from '../../../../src/phases/cluster/create.ts';
import { clusterSpec } from './cluster-spec.ts';
import { type CallAccident, type InProcessCs, inProcessCs } from './in-process-cs.ts';

type Values = Readonly<Record<string, unknown>>;

const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

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
      workers: { instanceTypes: ['ecs.g6.large'], password: 'short', keyPair: 'ops' },
    };
    const limits = { names: [] as (string | undefined)[] };
    const named = (error: { code: string; why: string }) => {
      assert.equal(error.code, 'CLOUD_CLUSTER_REFUSED');
      assert.equal(redact(error.why), error.why, 'nothing in it looks like a secret');
      limits.names = error.why.split('\n').map((line) => line.split(':')[0]);
      return true;
    };
    await assert.rejects(plan(wrong), named);
    assert.deepEqual(limits.names, ['ProRegion', 'Logon', 'PasswordRules']);
    const around = { kubernetesVersion: '1.20.2', podCidr: '192.168.0.0/16' };
    await assert.rejects(plan(around, { vpcCidrs: ['192.168.0.0/16'] }), named);
    assert.deepEqual(limits.names, ['KubernetesVersion', 'PodCidr']);
    const { ignored } = await plan({ region: 'cn-qingdao', edition: 'pro' }, { ignoredLimits: ['ProRegion'] });
    assert.deepEqual(
      ignored.map(({ limit }) => limit),
      ['ProRegion'],
    );
  });

  /** Sources: the vendor's user guide (4.1, 5.1, 5.2, 5.4) and the SDK's CreateCluster. */
  const workers = (more: object): Values => ({
    workers: { instanceTypes: ['ecs.g6.large'], keyPair: 'ops', ...more },
  });
  const password = (text: string) => workers({ keyPair: undefined, password: text });
  const LIMITS: readonly (readonly [limit: ClusterLimit, inside: Values, outside: Values])[] = [
    ['ServiceCidr', { serviceCidr: '172.16.0.0/16' }, { serviceCidr: '172.16.0.0/15' }],
    ['ServiceCidr', { serviceCidr: '172.16.0.0/24' }, { serviceCidr: '172.16.0.0/25' }],
    ['ServiceCidr', { serviceCidr: '172.31.0.0/16' }, { serviceCidr: '172.32.0.0/16' }],
    ['PodCidr', { podCidr: '10.255.0.0/16' }, { podCidr: '11.0.0.0/16' }],
    ['PodCidr', { podCidr: undefined, network: 'terway-edge' }, { podCidr: undefined }],
    ['PodCidr', { podCidr: '172.22.0.0/16' }, { podCidr: '172.21.0.0/16' }],
    [
      'PodCidr',
      { podCidr: '10.16.0.0/22', ...workers({ count: 8 }) },
      { podCidr: '10.16.0.0/22', ...workers({ count: 9 }) },
    ],
    ['NodeCount', workers({ count: 10 }), workers({ count: 11 })],
    [
      'NodeCount',
      { edition: 'pro', podCidr: '10.16.0.0/12', ...workers({ count: 1000 }) },
      { edition: 'pro', podCidr: '10.16.0.0/12', ...workers({ count: 1001 }) },
    ],
    ['ProRegion', { edition: 'pro' }, { edition: 'pro', region: 'cn-qingdao' }],
    ['KmsKey', { edition: 'pro', kmsKey: 'k-1' }, { kmsKey: 'k-1' }],
    ['PasswordRules', password('Abc12345'), password('Abc1234')],
    ['PasswordRules', password(`Abc1${'x'.repeat(26)}`), password(`Abc1${'x'.repeat(27)}`)],
    ['PasswordRules', password('abc1234!'), password('abcd1234')],
    ['Logon', password('Abc12345'), workers({ password: 'Abc12345' })],
    ['Logon', workers({ cloudMonitor: true }), workers({ cloudMonitor: true, keyPair: undefined })],
    ['Logon', { logging: { containers: true } }, { logging: { containers: true }, ...workers({ keyPair: undefined }) }],
    ['Tags', { tags: { ['k'.repeat(64)]: 'v'.repeat(128) } }, { tags: { ['k'.repeat(65)]: 'v' } }],
    ['Tags', { tags: { k: 'v' } }, { tags: { k: 'v'.repeat(129) } }],
    ['Tags', { tags: tags(20) }, { tags: tags(21) }],
    ['Tags', { tags: { acs: 'v' } }, { tags: { 'acs:k': 'v' } }],
  ];

  for (const [limit, inside, outside] of LIMITS) {
    it(`cluster create refuses what is beyond the limit ${limit} without a call: ${JSON.stringify(outside)}`, async () => {
      assert.deepEqual((await plan(inside)).ignored, []);
      const service = new Proxy({} as ReturnType<typeof containerService>, {
        get: (_, name) => assert.fail(`it called ${String(name)}`),
      });
      const options = { spec: clusterSpec(outside), vpcCidrs: [], ignoredLimits: [] };
      await assert.rejects(planCreation(service, options), {
        code: 'CLOUD_CLUSTER_REFUSED',
        why: new RegExp(`^${limit}: .*$`),
      });
    });
  }

  for (const [outside, why] of [
    [{ name: 'a'.repeat(64) }, /1 to 63 letters/],
    [{ nodeCidrMask: 23 }, /must be 24 to 28/],
    [{ nodeCidrMask: 29 }, /must be 24 to 28/],
    [{ vswitches: ['vsw-1', 'vsw-2', 'vsw-3', 'vsw-4'] }, /at most three vSwitches/],
    [workers({ count: 0 }), /at least one worker node/],
    [workers({ systemDisk: { size: 19 } }), /must be 20 to 32768 GiB/],
    [workers({ systemDisk: { size: 32_769 } }), /must be 20 to 32768 GiB/],
    [workers({ systemDisk: { category: 'cloud', size: 40 } }), /must be one of cloud_ssd, cloud_efficiency/],
    [{ logging: { project: 'ab' } }, /must be 3 to 63 lower-case letters/],
    [{ logging: { project: 'a'.repeat(64) } }, /must be 3 to 63 lower-case letters/],
    [{ logging: { project: 'A-project' } }, /must be 3 to 63 lower-case letters/],
    [{ logging: { days: 3001 } }, /must be 1 to 3000 days/],
  ] as const) {
    it(`cluster create says what a value may be: ${JSON.stringify(outside)}`, () => {
      assert.throws(() => clusterSpec(outside), why);
    });
  }

  it('cluster create refuses ranges of other clusters in the same VPC, and takes them in another one', async () => {
    await create();
    await assert.rejects(plan({ name: 'other' }), {
      why: /PodCidr: 10\.20\.0\.0\/16 overlaps with 10\.20\.0\.0\/16 of cluster shops\nServiceCidr: /,
    });
    assert.equal((await plan({ name: 'other', vpc: 'vpc-2' })).existing, undefined);
  });
});
