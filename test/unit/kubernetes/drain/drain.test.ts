import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { type DrainOptions, drainNode } from '../../../../src/kubernetes/drain/drain.ts';
import { podName } from '../../../../src/kubernetes/drain/pods.ts';
import { recordedLog } from '../../recorded-log.ts';
import { skippingClock } from '../../test-clock.ts';
import { type ApiAnswer, type ApiRequest, apiServer } from '../api-server.ts';
import { KINDS, owner, pod } from './pods.ts';

const NODE = '/api/v1/nodes/n1';
const PODS = '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1&limit=500';
/** As the API server answers where a budget forbids an eviction. Source: pkg/registry/core/pod/storage/eviction.go. */
const BUDGET = {
  status: 429,
  body: {
    kind: 'Status',
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget guard needs 1 healthy pods and has 1 currently' },
      ],
    },
  },
};
const NAMESPACE_TERMINATING = {
  status: 403,
  body: { message: 'namespace is ending', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
};

interface Behaviour {
  /** Answers an eviction; 201 grants it. */
  readonly evict?: (name: string) => ApiAnswer;
  /** True for a pod that goes; a pod that was evicted goes by default. */
  readonly goes?: (name: string, evicted: ReadonlySet<string>) => boolean;
  readonly version?: string;
  /** Pods that the scheduler places before the node is cordoned. */
  readonly late?: readonly V1Pod[];
}

/** A cluster with these pods on the node. */
async function cluster(pods: readonly V1Pod[], behaviour: Behaviour = {}) {
  const { evict = () => 201, goes = (name, evicted) => evicted.has(name), version = 'v1beta1', late = [] } = behaviour;
  const granted = new Set<string>();
  let cordoned = false;
  const server = await apiServer((request: ApiRequest) => {
    const [, name, eviction] = /^\/api\/v1\/namespaces\/[\w-]+\/pods\/(\w+)(\/eviction)$/.exec(request.path) ?? [];
    if (request.path === NODE) {
      cordoned = true;
      return {};
    }
    if (request.path === PODS) {
      const all = cordoned ? [...pods, ...late] : pods;
      return { items: all.filter(({ metadata }) => !goes(metadata?.name ?? '', granted)) };
    }
    if (request.path === '/api/v1') return { resources: [{ name: 'pods/eviction', version }] };
    if (request.path === '/apis/apps/v1/namespaces/shop/daemonsets/proxy') return {};
    if (!name || !eviction) return undefined;
    const answer = evict(name);
    if (answer === 201) granted.add(name);
    return answer;
  });
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const evicted = () =>
    server.requests.flatMap(({ path, body }) =>
      path.endsWith('/eviction') ? [(body as { metadata: { name: string } }).metadata.name] : [],
    );
  const changes = () => server.requests.filter(({ method }) => method !== 'GET');
  return { client, server, evicted, changes };
}

const options = (more: Omit<Partial<DrainOptions>, 'log'> = {}) => ({
  log: recordedLog(),
  signal: new AbortController().signal,
  timeoutMs: 10_000,
  wet: true,
  clock: skippingClock(),
  ...more,
});

async function refusal(draining: Promise<void>): Promise<EdgeadmError> {
  const error = await draining.then(
    () => assert.fail('the node was drained'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError);
  return error;
}

describe('draining a node', () => {
  it('drain evicts the pods of every controller but DaemonSets, and leaves static pods and those that upgrade the node', async () => {
    const { replicated, stateful, job, custom, daemonSet, mirror, succeeded, upgrade } = KINDS;
    const on = [replicated, daemonSet, mirror, stateful, job, custom, succeeded, upgrade];
    const { client, server, evicted } = await cluster(on);
    await drainNode(client, 'n1', options());
    assert.deepEqual(server.requests.find(({ path }) => path === NODE)?.body, { spec: { unschedulable: true } });
    assert.deepEqual(evicted().sort(), ['custom', 'job', 'replicated', 'stateful', 'succeeded']);
    client.close();
  });

  it('drain names every pod that would be lost, with the reason and the flag, before anything is changed', async () => {
    const { client, changes } = await cluster(Object.values(KINDS));
    const error = await refusal(drainNode(client, 'n1', options()));
    assert.equal(error.code, 'DRAIN_REFUSED');
    assert.equal(error.what, 'node n1 was not drained: 5 of its pods would be lost');
    assert.deepEqual(error.why?.split('\n'), [
      'the DaemonSet of these pods no longer exists (use --force to override): shop/orphan',
      'no controller recreates these pods (use --force to override): shop/unmanaged, shop/owned, shop/scratch',
      'these pods have an emptyDir volume, whose data is deleted (use --delete-emptydir-data to override): shop/cache, shop/scratch',
    ]);
    assert.match(error.next, /run the same command with --force --delete-emptydir-data$/);
    assert.deepEqual(changes(), []);
    client.close();
  });

  it('drain evicts pods without a controller and pods with emptyDir volumes only when told to', async () => {
    const { client, evicted } = await cluster([KINDS.unmanaged, KINDS.emptyDir, KINDS.orphan]);
    await drainNode(client, 'n1', options({ policy: { force: true, deleteEmptyDirData: true } }));
    assert.deepEqual(evicted().sort(), ['cache', 'orphan', 'unmanaged']);
    client.close();
  });

  it('drain evicts a pod that was placed on the node right before it was cordoned', async () => {
    const { client, evicted } = await cluster([], { late: [KINDS.replicated] });
    await drainNode(client, 'n1', options());
    assert.deepEqual(evicted(), ['replicated']);
    client.close();
  });

  it('drain waits for a pod that is being deleted already, and does not evict it', async () => {
    let looks = 0;
    const { client, evicted } = await cluster([KINDS.terminating], { goes: () => ++looks > 3 });
    await drainNode(client, 'n1', options());
    assert.deepEqual(evicted(), []);
    client.close();
  });

  for (const version of ['v1', 'v1beta1']) {
    it(`drain speaks policy/${version} with a cluster that has it`, async () => {
      const { client, server } = await cluster([KINDS.replicated], { version });
      await drainNode(client, 'n1', options());
      const sent = server.requests.find(({ path }) => path.endsWith('/eviction'))?.body;
      const metadata = { name: 'replicated', namespace: 'shop' };
      assert.deepEqual(sent, { apiVersion: `policy/${version}`, kind: 'Eviction', metadata });
      client.close();
    });
  }

  for (const [what, answer] of [
    ['a PodDisruptionBudget forbids it', BUDGET],
    ['its namespace is being deleted', NAMESPACE_TERMINATING],
    ['the API server behind a load balancer is away', 503],
  ] as const) {
    it(`drain asks again for an eviction while ${what}`, async () => {
      let asked = 0;
      const { client } = await cluster([KINDS.replicated], { evict: () => (++asked < 3 ? answer : 201) });
      await drainNode(client, 'n1', options());
      assert.equal(asked, 3);
      client.close();
    });
  }

  it('drain that times out names each pod that remains, with its PodDisruptionBudget', async () => {
    const evict = (name: string): ApiAnswer => (name === 'stateful' ? BUDGET : 201);
    const { client } = await cluster([KINDS.replicated, KINDS.stateful], { evict });
    const error = await refusal(drainNode(client, 'n1', options()));
    assert.equal(error.code, 'DRAIN_FAILED');
    assert.match(error.what, /^timed out after 10.0s waiting for the pods of node n1 to terminate$/);
    assert.match(error.why ?? '', /shop\/stateful: Cannot evict pod .* The disruption budget guard needs 1 healthy/);
    assert.doesNotMatch(error.why ?? '', /replicated/);
    client.close();
  });

  it('drain does not ask again for an eviction that is forbidden, and evicts the other pods', async () => {
    const evict = (name: string): ApiAnswer => (name === 'stateful' ? 403 : 201);
    const { client, evicted } = await cluster([KINDS.stateful, KINDS.replicated], { evict });
    const error = await refusal(drainNode(client, 'n1', options()));
    assert.equal(error.what, 'the API server refused to evict 1 pod from node n1');
    assert.equal(error.why, 'shop/stateful: status 403');
    assert.deepEqual(evicted().sort(), ['replicated', 'stateful']);
    client.close();
  });

  it('drain asks for every eviction within one time limit, however many pods are blocked', async () => {
    const pods = Array.from({ length: 40 }, (_, index) => pod(`web${index}`, owner('ReplicaSet', 'web')));
    const { client, evicted } = await cluster(pods, { evict: () => BUDGET });
    const error = await refusal(drainNode(client, 'n1', options()));
    assert.equal(error.why?.split('\n').filter((line) => line.startsWith('shop/web')).length, 40);
    // With a limit of its own for each pod, some would be asked for again before others are asked for at all.
    assert.equal(new Set(evicted().slice(0, 40)).size, 40);
    assert.ok(evicted().length > 40, `${evicted().length} requests`);
    client.close();
  });

  it('drain takes a new pod of the same name for another one', async () => {
    const old = KINDS.replicated;
    const recreated = { ...old, metadata: { ...old.metadata, uid: 'another' } };
    let looks = 0;
    const server = await apiServer(({ path }) => {
      if (path === PODS) return { items: [++looks > 2 ? recreated : old] };
      return path === '/api/v1' ? { resources: [] } : {};
    });
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    await drainNode(client, 'n1', options());
    client.close();
  });

  it('drain only names the pods in a dry run', async () => {
    const { client, evicted } = await cluster([KINDS.replicated]);
    const dry = options({ wet: false });
    await drainNode(client, 'n1', dry);
    assert.deepEqual(dry.log.lines, [`info Would evict pod ${podName(KINDS.replicated)}.`]);
    assert.deepEqual(evicted(), []);
    client.close();
  });
});
