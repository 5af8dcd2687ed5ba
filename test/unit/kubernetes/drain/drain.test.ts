import assert from 'node:assert/strict';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { drainNode } from '../../../../src/kubernetes/drain/drain.ts';
import { recordedLog } from '../../recorded-log.ts';
import { type ApiAnswer, type ApiRequest, apiServer } from '../api-server.ts';

const NODE = '/api/v1/nodes/n1';
const PODS = '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1';

const pod = (name: string, metadata: object = {}) => ({
  metadata: { name, namespace: 'shop', uid: name, ...metadata },
});

/** A cluster with these pods on the node; `evict` answers evictions, `GET` of a pod is 404 after one was granted. */
async function cluster(pods: object[], evict: (name: string) => ApiAnswer = () => 201, policy = 'policy/v1beta1') {
  const granted = new Set<string>();
  const server = await apiServer((request: ApiRequest) => {
    const [, name = '', eviction] = /^\/api\/v1\/namespaces\/shop\/pods\/(\w+)(\/eviction)?$/.exec(request.path) ?? [];
    if (request.path === NODE) return {};
    if (request.path === PODS) return { items: pods };
    if (request.path === '/apis/policy') return { versions: [{ groupVersion: policy }] };
    if (request.path === '/api/v1') return { resources: [{ name: 'pods/eviction', version: 'v1' }] };
    if (!eviction) return granted.has(name) ? 404 : pod(name);
    const answer = evict(name);
    if (answer === 201) granted.add(name);
    return answer;
  });
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const evicted = () => server.requests.filter(({ path }) => path.endsWith('/eviction'));
  return { client, server, evicted };
}

const options = (timeoutMs = 1000, wet = true) => ({
  log: recordedLog(),
  signal: new AbortController().signal,
  timeoutMs,
  wet,
});

describe('draining a node', () => {
  it('cordons it and evicts its pods, but not those of DaemonSets nor static ones', async () => {
    const { client, server, evicted } = await cluster([
      pod('web'),
      pod('proxy', { ownerReferences: [{ kind: 'DaemonSet', controller: true }] }),
      pod('hub', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    ]);
    await drainNode(client, 'n1', options());
    assert.deepEqual(server.requests[0]?.body, { spec: { unschedulable: true } });
    assert.deepEqual(
      evicted().map(({ body }) => body),
      [{ apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'web', namespace: 'shop' } }],
    );
    client.close();
  });

  it('leaves the pods that upgrade the node', async () => {
    const { client, evicted } = await cluster([pod('web'), pod('upgrade', { namespace: 'kube-upgrade' })]);
    await drainNode(client, 'n1', options());
    assert.deepEqual(
      evicted().map(({ path }) => path),
      ['/api/v1/namespaces/shop/pods/web/eviction'],
    );
    client.close();
  });

  it('speaks policy/v1 with newer clusters', async () => {
    const { client, evicted } = await cluster([pod('web')], undefined, 'policy/v1');
    await drainNode(client, 'n1', options());
    assert.match(JSON.stringify(evicted()), /"apiVersion":"policy\/v1"/);
    client.close();
  });

  it('asks again while a PodDisruptionBudget forbids it', async () => {
    let asked = 0;
    const { client } = await cluster([pod('web')], () => (++asked < 3 ? 429 : 201));
    await drainNode(client, 'n1', options(3000));
    assert.equal(asked, 3);
    client.close();
  });

  it('gives up in time and names the pods with the reason', async () => {
    const budget = { status: 429, body: { message: 'it would violate the disruption budget' } };
    const { client } = await cluster([pod('web'), pod('db')], (name) => (name === 'db' ? budget : 201));
    await assert.rejects(drainNode(client, 'n1', options(300)), {
      code: 'DRAIN_FAILED',
      what: '1 pods could not be evicted from n1 within 300ms',
      why: 'shop/db: last seen: it would violate the disruption budget',
    });
    client.close();
  });

  it('takes a new pod of the same name for another one', async () => {
    const { client } = await cluster([pod('web', { uid: 'the-old-one' })], () => ({}));
    await drainNode(client, 'n1', options());
    client.close();
  });

  it('only names the pods in a dry run', async () => {
    const { client, evicted } = await cluster([pod('web')]);
    const dry = options(1000, false);
    await drainNode(client, 'n1', dry);
    assert.deepEqual(dry.log.lines, ['info Would evict pod shop/web.']);
    assert.deepEqual(evicted(), []);
    client.close();
  });
});
