import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { type AnyObject, answers, type Contract, type Expectation, MERGE, STRATEGIC } from './subject.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const REPLICA_SETS = '/apis/apps/v1/namespaces/default/replicasets';
const REVISION = 'deployment.kubernetes.io/revision';

/** A Deployment that wants no pods. */
async function deployment({ admin, prefix }: Contract, name: string): Promise<string> {
  const labels = { app: `${prefix}-${name}` };
  const containers = [
    { name: 'a', image: 'a:1' },
    { name: 'b', image: 'b:1', ports: [{ containerPort: 80, protocol: 'TCP' }] },
  ];
  const spec = {
    replicas: 0,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  };
  await answers(admin, 'POST', DEPLOYMENTS, 201, { body: { metadata: { name: labels.app }, spec } });
  return `${DEPLOYMENTS}/${labels.app}`;
}

interface Found {
  readonly metadata: { readonly generation: number };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: Record<string, unknown>[] } };
  };
  readonly status?: { readonly observedGeneration?: number };
}

export const workloads: readonly Expectation[] = [
  [
    'a Deployment counts changes of what is wanted, and its status follows',
    async (contract) => {
      const path = await deployment(contract, 'generation');
      const get = (): Promise<Found> => contract.admin.get<Found>(path);
      assert.equal((await get()).metadata.generation, 1);
      await answers(contract.admin, 'PATCH', path, 200, { body: { metadata: { labels: { a: 'b' } } }, ...MERGE });
      assert.equal((await get()).metadata.generation, 1);
      await answers(contract.admin, 'PATCH', path, 200, { body: { spec: { paused: true } }, ...MERGE });
      assert.equal((await get()).metadata.generation, 2);
      await contract.eventually('the controller', async () => (await get()).status?.observedGeneration === 2);
      await contract.admin.delete(path);
    },
  ],
  [
    'a Deployment has a ReplicaSet for each of its templates, and one that it has again gets the highest revision',
    async (contract) => {
      const path = await deployment(contract, 'revisions');
      const { admin } = contract;
      const app = path.split('/').at(-1) ?? '';
      const selector = encodeURIComponent(`app=${app}`);
      const revisions = async (): Promise<Record<string, string>> => {
        const { items = [] } = await admin.get<AnyObject>(`${REPLICA_SETS}?labelSelector=${selector}`);
        for (const { metadata } of items) assert.ok(metadata.labels?.['pod-template-hash'], metadata.name);
        const images = (items as unknown as Found[]).map(({ spec }) => String(spec.template.spec.containers[0]?.image));
        return Object.fromEntries(items.map(({ metadata }, i) => [images[i], metadata.annotations?.[REVISION] ?? '']));
      };
      const withImage = async (image: string, wanted: Record<string, string>): Promise<void> => {
        const body = { spec: { template: { spec: { containers: [{ name: 'a', image }] } } } };
        await answers(admin, 'PATCH', path, 200, { body, ...STRATEGIC });
        await contract.eventually(`a ReplicaSet of ${image}`, async () => isDeepStrictEqual(await revisions(), wanted));
      };
      await withImage('a:1', { 'a:1': '1' });
      await withImage('a:2', { 'a:1': '1', 'a:2': '2' });
      await withImage('a:1', { 'a:1': '3', 'a:2': '2' });
      const cause = { 'kubernetes.io/change-cause': 'back' };
      await answers(admin, 'PATCH', path, 200, { body: { metadata: { annotations: cause } }, ...MERGE });
      await contract.eventually('the cause in the ReplicaSet', async () => {
        const { items = [] } = await admin.get<AnyObject>(`${REPLICA_SETS}?labelSelector=${selector}`);
        return items.some(({ metadata }) => metadata.annotations?.['kubernetes.io/change-cause'] === 'back');
      });
      await contract.eventually('the revision of the Deployment', async () => {
        const { metadata } = await admin.get<AnyObject>(path);
        return metadata.annotations?.[REVISION] === '3';
      });
      await admin.delete(path);
      await contract.eventually('its ReplicaSets go', async () => Object.keys(await revisions()).length === 0);
    },
  ],
  [
    'the scale of a Deployment is read and changed by itself',
    async (contract) => {
      const path = await deployment(contract, 'scale');
      const { admin } = contract;
      const before = await answers(admin, 'GET', `${path}/scale`, 200);
      assert.deepEqual([before.kind, before.apiVersion, before.spec], ['Scale', 'autoscaling/v1', {}]);
      const after = await answers(admin, 'PATCH', `${path}/scale`, 200, { body: { spec: { replicas: 1 } }, ...MERGE });
      assert.deepEqual(after.spec, { replicas: 1 });
      const stale = { ...before, spec: { replicas: 0 } };
      await answers(admin, 'PUT', `${path}/scale`, 409, { body: stale });
      assert.equal((await admin.get<Found>(path)).spec.replicas, 1);
      await admin.delete(path);
    },
  ],
  [
    'a strategic merge finds containers by their names and ports by their numbers, and replaces what has no key',
    async (contract) => {
      const path = await deployment(contract, 'strategic');
      const patch = async (containers: object[]): Promise<Record<string, unknown>[]> => {
        const body = { spec: { template: { spec: { containers } } } };
        const found = await answers(contract.admin, 'PATCH', path, 200, { body, ...STRATEGIC });
        return (found as unknown as Found).spec.template.spec.containers;
      };
      const [, b = {}] = await patch([
        { name: 'b', image: 'b:2', command: ['x'], ports: [{ containerPort: 81, protocol: 'TCP' }] },
      ]);
      assert.equal(b.image, 'b:2');
      assert.deepEqual(
        (b.ports as { containerPort: number }[]).map(({ containerPort }) => containerPort).sort(),
        [80, 81],
      );
      const [, again] = await patch([{ name: 'b', command: ['y', 'z'] }]);
      assert.deepEqual(again?.command, ['y', 'z']);
      const left = await patch([{ name: 'a', $patch: 'delete' }]);
      assert.deepEqual(
        left.map(({ name }) => name),
        ['b'],
      );
      await contract.admin.delete(path);
    },
  ],
  [
    'a ReplicationController, a PodTemplate and a ControllerRevision are kept and shown, as kubectl apply --prune needs it',
    async ({ admin, prefix }) => {
      const metadata = { name: `${prefix}-old`, labels: { app: `${prefix}-old` } };
      const template = { metadata: { labels: metadata.labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
      const spec = { replicas: 0, selector: metadata.labels, template };
      const made: readonly (readonly [path: string, body: object, head: string])[] = [
        ['/api/v1/namespaces/default/replicationcontrollers', { metadata, spec }, 'Name,Desired,Current,Ready,Age'],
        ['/api/v1/namespaces/default/podtemplates', { metadata, template }, 'Name,Containers,Images,Pod Labels'],
        [
          '/apis/apps/v1/namespaces/default/controllerrevisions',
          { metadata, data: {}, revision: 3 },
          'Name,Controller,Revision,Age',
        ],
      ];
      for (const [path, body, head] of made) {
        await answers(admin, 'POST', path, 201, { body });
        const found = await answers(admin, 'GET', `${path}/${metadata.name}`, 200, { accept: TABLE });
        const { columnDefinitions } = found as unknown as { columnDefinitions: { name: string; priority: number }[] };
        const names = columnDefinitions.filter(({ priority }) => priority === 0).map(({ name }) => name);
        assert.equal(names.join(), head);
        await admin.delete(`${path}/${metadata.name}`);
      }
    },
  ],
];
