import assert from 'node:assert/strict';
import { joinRequestOf } from '../../../../src/cli/join/request.ts';
import type { JoinSource, SourceAnswer } from '../../../../src/cloud/join-source.ts';
import type { JoinSpec } from '../../../../src/config/spec.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const SUM = 'b'.repeat(64);
const SOURCE = { name: 'the service' } as JoinSource;
const CLUSTER = {
  apiServers: ['10.0.0.1:6443'],
  token: 'abcdef.0123456789abcdef',
  caCertHashes: [HASH],
  kubernetesVersion: 'v1.20.2',
  podCidrs: ['10.244.0.0/16'],
  serviceCidrs: ['10.96.0.0/12'],
  clusterDns: ['10.96.0.10'],
  edgeHubImage: 'registry.example.com/hub:1',
  pauseImage: 'registry.example.com/pause:3.2',
  bundle: 'http://10.0.0.9/bundle',
  bundleSha256: SUM,
};

/** What becomes of the console's line with these flags, when the service gives this answer. */
async function specOf(
  flags: Record<string, unknown> = {},
  answer: Partial<SourceAnswer> = {},
  { server, nodeSpec = {} }: { server?: string; nodeSpec?: object } = {},
): Promise<JoinSpec> {
  const line = {
    'openapi-token': 'token-of-the-console',
    region: 'cn-hangzhou',
    'node-spec': JSON.stringify(nodeSpec),
  };
  const request = await joinRequestOf({ flags: { ...line, ...flags }, server });
  return request.complete({ source: SOURCE, answer: { cluster: CLUSTER, pool: {}, ...answer } });
}

async function errorOf(promise: Promise<unknown>): Promise<EdgeadmError> {
  const thrown = await promise.then(
    () => assert.fail('it was accepted'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof EdgeadmError, String(thrown));
  return thrown;
}

describe('a join that the container service completes', () => {
  it('a join that the container service completes has all that the service tells of the cluster', async () => {
    const spec = await specOf();
    assert.deepEqual(spec.apiServers, ['https://10.0.0.1:6443']);
    for (const [key, value] of Object.entries(CLUSTER)) {
      if (key !== 'apiServers') assert.deepEqual(spec[key as keyof JoinSpec], value, key);
    }
  });

  it('lets the user say otherwise, but not how the cluster is known', async () => {
    const flags = { 'pause-image': 'localhost/pause:1', 'kubernetes-version': 'v1.20.4' };
    const spec = await specOf(flags, {}, { server: '10.0.0.2' });
    assert.deepEqual([spec.pauseImage, spec.kubernetesVersion], ['localhost/pause:1', 'v1.20.4']);
    assert.deepEqual(spec.apiServers, ['https://10.0.0.2:6443']);
    assert.deepEqual([spec.token, spec.caCertHashes], [CLUSTER.token, [HASH]]);
  });

  it("does not hold a bundle of the user's to the sum of the service's", async () => {
    const spec = await specOf({ bundle: '/opt/bundle' });
    assert.deepEqual([spec.bundle, spec.bundleSha256], ['/opt/bundle', undefined]);
  });

  it('a join that the container service completes has no edge-hub if the user wants none', async () => {
    const spec = await specOf({ 'no-edge-hub': true });
    assert.deepEqual([spec.edgeHub, spec.edgeHubImage], [false, undefined]);
  });

  it('takes labels, annotations and taints of the node pool before those of flags, and those before the node-spec', async () => {
    const taint = (key: string, value: string) => ({ key, value, effect: 'NoSchedule' });
    const nodeSpec = {
      labels: { a: 'spec', b: 'spec', c: 'spec' },
      annotations: { a: 'spec', b: 'spec' },
      taints: [taint('a', 'spec'), taint('b', 'spec')],
    };
    const flags = { labels: ['b=flag,c=flag'], annotations: ['b=flag'], taints: ['c=flag:NoSchedule'] };
    const pool = {
      nodePool: 'np1',
      labels: { c: 'pool' },
      annotations: { b: 'pool' },
      taints: [taint('b', 'pool')],
    };
    const spec = await specOf(flags, { pool }, { nodeSpec });
    assert.deepEqual(spec.labels, { a: 'spec', b: 'flag', c: 'pool' });
    assert.deepEqual(spec.annotations, { a: 'spec', b: 'pool' });
    assert.deepEqual(spec.taints, [taint('a', 'spec'), taint('c', 'flag'), taint('b', 'pool')]);
    assert.equal(spec.nodePool, 'np1');
  });

  it('blames the service for what only its answer has wrong', async () => {
    const error = await errorOf(specOf({}, { cluster: { ...CLUSTER, pauseImage: 'no image', podCidrs: ['x'] } }));
    assert.deepEqual([error.code, error.exit], ['CLOUD_ANSWER_INVALID', 5]);
    assert.match(error.why ?? '', /the service: pauseImage/);
    assert.match(error.why ?? '', /the service: podCidrs/);
  });

  it('answers with yes if the node-spec is quiet', async () => {
    assert.equal((await specOf({}, {}, { nodeSpec: { quiet: true } })).yes, true);
    assert.equal((await specOf()).yes, false);
  });
});

describe('the form of a join', () => {
  const mistakesOf = async (flags: Record<string, unknown>): Promise<string> => {
    const { code, what, why } = await errorOf(joinRequestOf({ flags }));
    assert.equal(code, 'USAGE');
    return `${what}\n${why ?? ''}`;
  };

  it('the form of a join is one of three', async () => {
    const two = { token: 'abcdef.0123456789abcdef', 'openapi-token': 'x', 'cluster-id': 'c1' };
    assert.match(await mistakesOf(two), /--token and --openapi-token and --cluster-id cannot be used together/);
  });

  it('reads one standard input, and none if two flags ask for it', async () => {
    const text = await mistakesOf({ 'openapi-token': '-', 'node-spec': '-' });
    assert.equal(text, '--openapi-token - and --node-spec -: only one flag can read standard input\n');
  });

  it('names a file that cannot be read, and the reason', async () => {
    const flags = { 'openapi-token': 'x', region: 'cn-hangzhou', 'node-spec': '@/none/spec.json' };
    assert.equal(await mistakesOf(flags), '--node-spec: cannot read the file "/none/spec.json"\nfile not found');
  });

  it('needs what belongs to it', async () => {
    assert.equal(await mistakesOf({ 'openapi-token': 'x' }), '--region is required with --openapi-token\n');
    const wrong = await mistakesOf({ 'openapi-token': 'x', region: 'cn hangzhou' });
    assert.equal(wrong, '--region: must be a region such as cn-hangzhou\n');
    const text = await mistakesOf({ 'cluster-id': 'c1' });
    assert.match(text, /--region is required[\s\S]*--nodepool is required/);
  });

  it('the form of a join with credentials of the account names cluster, region and node pool', async () => {
    const flags = { 'cluster-id': 'c1', region: 'cn-hangzhou', nodepool: 'np1' };
    const { form } = await joinRequestOf({ flags });
    assert.deepEqual(form, { kind: 'cloud', clusterId: 'c1', region: 'cn-hangzhou', nodePool: 'np1' });
  });
});
