import assert from 'node:assert/strict';
import { shownZero } from '../../sandbox/api-server/wordings.ts';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import { type AnyObject, answers, type Contract, type Expectation, MERGE, refuses, STRATEGIC } from './subject.ts';

const NODES = '/api/v1/nodes';
const PODS = '/api/v1/namespaces/default/pods';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

interface Taint {
  readonly key: string;
}
interface Condition {
  readonly type: string;
  readonly status: string;
}
const taintsOf = ({ spec }: AnyObject): string[] => ((spec?.taints ?? []) as Taint[]).map(({ key }) => key);
const conditionsOf = ({ status }: AnyObject): string[] =>
  ((status?.conditions ?? []) as Condition[]).map(({ type, status: value }) => `${type}=${value}`).sort();

/** A node's client, with its Node registered. */
async function registered(
  contract: Contract,
  suffix: string,
): Promise<{ name: string; client: ApiClient; uid: string }> {
  const name = `${contract.prefix}-${suffix}`;
  const client = await contract.node(name);
  const body = { metadata: { name }, spec: { taints: [{ key: 'own', effect: 'NoSchedule' }] } };
  const { metadata } = await answers(client, 'POST', NODES, 201, { body });
  return { name, client, uid: metadata.uid };
}

const forbidden = (message: string) => ({ code: 403, reason: 'Forbidden', message });

const own: Expectation[] = [
  [
    'a node creates its own Node with taints, and is not ready for pods yet',
    async (contract) => {
      const name = `${contract.prefix}-n1`;
      const client = await contract.node(name);
      const body = {
        metadata: { name, labels: { 'kubernetes.io/hostname': name, a: 'b' } },
        spec: { taints: [{ key: 'own', effect: 'NoSchedule' }] },
        status: { nodeInfo: { kubeletVersion: 'v1.20.2' } },
      };
      const created = await answers(client, 'POST', NODES, 201, { body });
      assert.deepEqual(taintsOf(created), ['own', 'node.kubernetes.io/not-ready']);
      assert.equal((created.status?.nodeInfo as Record<string, string> | undefined)?.kubeletVersion, 'v1.20.2');
      await refuses(
        client,
        'POST',
        NODES,
        { code: 409, reason: 'AlreadyExists', message: `nodes "${name}" already exists` },
        { body },
      );
    },
  ],
  [
    'a node creates no other Node, and sets no labels that are not a kubelet’s',
    async (contract) => {
      const name = `${contract.prefix}-n2`;
      const client = await contract.node(name);
      const other = `${name}-other`;
      await refuses(
        client,
        'POST',
        NODES,
        forbidden(`nodes "${other}" is forbidden: node "${name}" is not allowed to modify node "${other}"`),
        {
          body: { metadata: { name: other } },
        },
      );
      const labels = {
        'kubernetes.io/foo': 'x',
        'node-restriction.kubernetes.io/a': 'b',
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/x': 'y',
        'example.com/z': 'z',
      };
      await refuses(
        client,
        'POST',
        NODES,
        forbidden(
          `nodes "${name}" is forbidden: node "${name}" is not allowed to set the following labels: kubernetes.io/foo, node-restriction.kubernetes.io/a`,
        ),
        { body: { metadata: { name, labels } } },
      );
    },
  ],
  [
    'a node patches its labels, annotations and spec.unschedulable, but neither taints nor others’ labels',
    async (contract) => {
      const { name, client } = await registered(contract, 'n3');
      const path = `${NODES}/${name}`;
      const body = { metadata: { labels: { c: 'd' }, annotations: { x: 'y' } }, spec: { unschedulable: true } };
      const patched = await answers(client, 'PATCH', path, 200, { body, ...MERGE });
      assert.deepEqual(
        [patched.metadata.labels?.c, patched.metadata.annotations?.x, patched.spec?.unschedulable],
        ['d', 'y', true],
      );
      await contract.eventually('the taint of an unschedulable node', async () =>
        taintsOf(await client.get<AnyObject>(path)).includes('node.kubernetes.io/unschedulable'),
      );
      const refused = (change: object, why: string) =>
        refuses(client, 'PATCH', path, forbidden(`nodes "${name}" is forbidden: ${why}`), { body: change, ...MERGE });
      await refused({ spec: { taints: [] } }, `node "${name}" is not allowed to modify taints`);
      await refused(
        { metadata: { labels: { 'kubernetes.io/foo': 'x' } } },
        'is not allowed to modify labels: kubernetes.io/foo',
      );
      const elsewhere = { code: 404, reason: 'NotFound', message: `nodes "${name}-none" not found` };
      await refuses(client, 'PATCH', `${NODES}/${name}-none`, elsewhere, { body: {}, ...MERGE });
    },
  ],
  [
    'nodes/status changes conditions one by one, and never the spec',
    async (contract) => {
      const { name, client } = await registered(contract, 'n4');
      const path = `${NODES}/${name}/status`;
      const patch = (status: object, more: object = {}) =>
        answers(client, 'PATCH', path, 200, { body: { status, ...more }, ...STRATEGIC });
      await patch({ conditions: [{ type: 'Ready', status: 'False' }] });
      await contract.eventually('the taint of a node that is not ready', async () =>
        taintsOf(await client.get<AnyObject>(`${NODES}/${name}`)).includes('node.kubernetes.io/not-ready'),
      );
      await patch({ conditions: [{ type: 'MemoryPressure', status: 'False' }] });
      const ready = await patch(
        { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'InternalIP', address: '10.0.0.9' }] },
        { metadata: { labels: { via: 'status' } }, spec: { unschedulable: true } },
      );
      assert.deepEqual(conditionsOf(ready), ['MemoryPressure=False', 'Ready=True']);
      assert.deepEqual([ready.metadata.labels?.via, ready.spec?.unschedulable], ['status', undefined]);
      await contract.eventually('no taint of a ready node', async () => {
        const taints = taintsOf(await client.get<AnyObject>(`${NODES}/${name}`));
        return taints.join() === 'own';
      });
      const left = await patch({ conditions: [{ type: 'MemoryPressure', $patch: 'delete' }] });
      assert.deepEqual(conditionsOf(left), ['Ready=True']);
      const main = await answers(client, 'PATCH', `${NODES}/${name}`, 200, {
        body: { status: { phase: 'Gone' } },
        ...MERGE,
      });
      assert.equal(main.status?.phase, undefined);
    },
  ],
  [
    'a bootstrap token sees one Node, and the administrator deletes it',
    async (contract) => {
      const { name } = await registered(contract, 'n5');
      const found = await answers(await contract.bootstrap(), 'GET', `${NODES}/${name}`, 200);
      assert.equal(found.metadata.name, name);
      const gone = (await answers(contract.admin, 'DELETE', `${NODES}/${name}`, 200)) as unknown as { details: object };
      assert.deepEqual(gone.details, { name, kind: 'nodes', uid: found.metadata.uid });
    },
  ],
];

const leases: Expectation[] = [
  [
    'a node makes, renews and deletes its own lease; a renewal must know the latest version',
    async (contract) => {
      const name = `${contract.prefix}-lease`;
      const client = await contract.node(name);
      const spec = { holderIdentity: name, leaseDurationSeconds: 40 };
      const created = await answers(client, 'POST', LEASES, 201, { body: { metadata: { name }, spec } });
      const path = `${LEASES}/${name}`;
      await refuses(
        client,
        'PUT',
        path,
        {
          code: 422,
          reason: 'Invalid',
          message: `leases.coordination.k8s.io "${name}" is invalid: metadata.resourceVersion: Invalid value: ${shownZero(contract.minor)}: must be specified for an update`,
        },
        { body: { metadata: { name }, spec } },
      );
      const renewTime = '2026-01-01T00:00:00.000000Z';
      const renewed = await answers(client, 'PUT', path, 200, { body: { ...created, spec: { ...spec, renewTime } } });
      assert.deepEqual(renewed.spec, { ...spec, renewTime });
      await answers(client, 'PUT', path, 409, { body: { ...created, spec } });
      await answers(client, 'DELETE', path, 200);
      await answers(client, 'PUT', path, 201, { body: { metadata: { name }, spec } });
      const other = { metadata: { name: `${name}-other` }, spec };
      const why = `leases.coordination.k8s.io "${name}-other" is forbidden: can only access node lease with the same name as the requesting node`;
      await refuses(client, 'POST', LEASES, forbidden(why), { body: other });
    },
  ],
];

const pods: Expectation[] = [
  [
    'a node creates mirror pods of itself alone, reports their status, lists and deletes them',
    async (contract) => {
      const { name, client, uid } = await registered(contract, 'pods');
      const mirror = { 'kubernetes.io/config.mirror': 'hash' };
      const owner = { apiVersion: 'v1', kind: 'Node', name, uid, controller: true };
      const pod = (metadata: object, nodeName = name) => ({
        metadata: { name: `${name}-m`, ...metadata },
        spec: { nodeName, containers: [{ name: 'c', image: 'i' }] },
      });
      const refused = (body: object, why: string) =>
        refuses(client, 'POST', PODS, forbidden(`pods "${name}-m" is forbidden: ${why}`), { body });
      await refused(
        pod({}),
        `pod does not have "kubernetes.io/config.mirror" annotation, node "${name}" can only create mirror pods`,
      );
      await refused(
        pod({ annotations: mirror }, 'other'),
        `node "${name}" can only create pods with spec.nodeName set to itself`,
      );
      await refused(
        pod({ annotations: mirror }),
        `node "${name}" can only create pods with an owner reference set to itself`,
      );
      await contract.settles(() =>
        refused(
          pod({ annotations: mirror, ownerReferences: [{ ...owner, uid: 'x' }] }),
          `node ${name} UID mismatch: expected x got ${uid}`,
        ),
      );
      const created = await answers(client, 'POST', PODS, 201, {
        body: pod({ annotations: mirror, ownerReferences: [owner] }),
      });
      assert.equal(created.status?.phase, 'Pending');
      const path = `${PODS}/${name}-m`;
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
      const running = await answers(client, 'PATCH', `${path}/status`, 200, { body: { status }, ...STRATEGIC });
      assert.equal(running.status?.phase, 'Running');
      const { items = [] } = await client.get<AnyObject>(
        `/api/v1/pods?fieldSelector=spec.nodeName%3D${name},status.phase%3DRunning`,
      );
      assert.deepEqual(
        items.map(({ metadata }) => metadata.name),
        [`${name}-m`],
      );
      await contract.settles(async () => {
        assert.equal((await answers(client, 'DELETE', `${path}?gracePeriodSeconds=0`, 200)).kind, 'Pod');
      });
      // Since 1.32 a node reads no pod that is not known to be its own, and one that is gone is not.
      await contract.settles(async () => {
        await answers(client, 'GET', path, contract.minor < 32 ? 404 : 403);
      });
    },
  ],
  [
    'a node touches no pod of another node; an administrator evicts it',
    async (contract) => {
      const name = `${contract.prefix}-evict`;
      const { client, uid } = await registered(contract, 'evict');
      const other = await contract.node(`${name}-other`);
      const owner = { apiVersion: 'v1', kind: 'Node', name, uid, controller: true };
      const metadata = {
        name: `${name}-p`,
        annotations: { 'kubernetes.io/config.mirror': 'h' },
        ownerReferences: [owner],
      };
      const spec = { nodeName: name, containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 0 };
      await answers(client, 'POST', PODS, 201, { body: { metadata, spec } });
      const path = `${PODS}/${name}-p`;
      const why = (text: string) => forbidden(`pods "${name}-p" is forbidden: ${text}`);
      await contract.settles(() =>
        refuses(
          other,
          'DELETE',
          path,
          why(`node "${name}-other" can only delete pods with spec.nodeName set to itself`),
        ),
      );
      const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: `${name}-p` } };
      await refuses(
        other,
        'POST',
        `${path}/eviction`,
        why(`node ${name}-other can only evict pods with spec.nodeName set to itself`),
        { body: eviction },
      );
      await refuses(
        other,
        'PATCH',
        `${path}/status`,
        why(`node "${name}-other" can only update pod status for pods with spec.nodeName set to itself`),
        { body: { status: { phase: 'Failed' } }, ...MERGE },
      );
      await answers(contract.admin, 'POST', `${path}/eviction`, 201, { body: eviction });
      await answers(contract.admin, 'GET', path, 404);
      await answers(contract.admin, 'POST', `${path}/eviction`, 404, { body: eviction });
    },
  ],
  [
    'a node writes events, and reads none',
    async (contract) => {
      const name = `${contract.prefix}-events`;
      const client = await contract.node(name);
      const body = {
        metadata: { name: `${name}.1` },
        involvedObject: { kind: 'Node', name },
        reason: 'Starting',
        type: 'Normal',
        message: 'Starting kubelet.',
      };
      await answers(client, 'POST', '/api/v1/namespaces/default/events', 201, { body });
      const query = `fieldSelector=involvedObject.name%3D${name},reason%3DStarting`;
      const { items = [] } = await contract.admin.get<AnyObject>(`/api/v1/events?${query}`);
      assert.equal(items.length, 1);
    },
  ],
];

export const nodes: readonly Expectation[] = [...own, ...leases, ...pods];
