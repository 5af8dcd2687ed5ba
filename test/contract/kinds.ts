import assert from 'node:assert/strict';
import { shownZero } from '../../sandbox/api-server/wordings.ts';
import { type AnyObject, answers, type Expectation, MERGE, refuses, STRATEGIC } from './subject.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';

const secrets: Expectation[] = [
  [
    'stringData becomes data, the type is Opaque unless said, and stays what it is',
    async ({ admin, prefix }) => {
      const name = `${prefix}-secret`;
      const body = { metadata: { name }, stringData: { a: 'b' }, data: { c: 'ZA==' } };
      const created = await answers(admin, 'POST', SECRETS, 201, { body });
      assert.deepEqual([created.data, created.type], [{ a: 'Yg==', c: 'ZA==' }, 'Opaque']);
      assert.equal((created as unknown as Record<string, unknown>).stringData, undefined);
      const changed = await answers(admin, 'PATCH', `${SECRETS}/${name}`, 200, {
        body: { stringData: { c: 'e' }, data: { a: null } },
        ...MERGE,
      });
      assert.deepEqual(changed.data, { c: 'ZQ==' });
      const message = `Secret "${name}" is invalid: type: Invalid value: "x": field is immutable`;
      await refuses(
        admin,
        'PATCH',
        `${SECRETS}/${name}`,
        { code: 422, reason: 'Invalid', message },
        { body: { type: 'x' }, ...MERGE },
      );
    },
  ],
];

const POOLS = '/apis/apps.openyurt.io/v1alpha1/nodepools';
const pool = (name: string, spec: object = { type: 'Edge' }) => ({
  apiVersion: 'apps.openyurt.io/v1alpha1',
  kind: 'NodePool',
  metadata: { name, annotations: { 'nodepool.openyurt.io/max-nodes': '3' } },
  spec,
});

const pools: Expectation[] = [
  [
    'a NodePool is the same in both versions, and its generation counts changes of its spec',
    async ({ admin, prefix }) => {
      const name = `${prefix}-pool`;
      const created = await answers(admin, 'POST', POOLS, 201, {
        body: { ...pool(name), status: { readyNodeNum: 1 } },
      });
      assert.deepEqual([created.metadata.generation, created.status], [1, undefined]);
      const beta = await admin.get<AnyObject>(`${POOLS.replace('v1alpha1', 'v1beta1')}/${name}`);
      assert.deepEqual([beta.apiVersion, beta.metadata.uid], ['apps.openyurt.io/v1beta1', created.metadata.uid]);
      const labelled = await answers(admin, 'PATCH', `${POOLS}/${name}`, 200, {
        body: { metadata: { labels: { a: 'b' } } },
        ...MERGE,
      });
      const changed = await answers(admin, 'PATCH', `${POOLS}/${name}`, 200, {
        body: { spec: { labels: { x: 'y' } } },
        ...MERGE,
      });
      assert.deepEqual([labelled.metadata.generation, changed.metadata.generation], [1, 2]);
      const body = { metadata: { labels: { not: 'this-way' } }, spec: { type: 'Cloud' }, status: { readyNodeNum: 3 } };
      const counted = await answers(admin, 'PATCH', `${POOLS}/${name}/status`, 200, { body, ...MERGE });
      assert.deepEqual(
        [counted.status, counted.spec, counted.metadata.labels],
        [{ readyNodeNum: 3 }, changed.spec, { a: 'b' }],
      );
      const { items = [] } = await admin.get<AnyObject>(POOLS);
      assert.equal(items.find((item) => item.metadata.name === name)?.kind, 'NodePool');
      await answers(admin, 'DELETE', `${POOLS}/${name}`, 200);
    },
  ],
  [
    'a NodePool that cannot be is refused',
    async ({ admin, prefix, minor }) => {
      const name = `${prefix}-bad`;
      const refused = (body: object, code: number, reason: string, message: RegExp | string) =>
        refuses(admin, 'POST', POOLS, { code, reason, message }, { body });
      await refused(
        pool(name, { type: 'Edg' }),
        422,
        'Invalid',
        `NodePool.apps.openyurt.io "${name}" is invalid: spec.type: Unsupported value: "Edg": supported values: "Edge", "Cloud"`,
      );
      await refused(
        { metadata: { name } },
        400,
        'BadRequest',
        minor < 23
          ? /^NodePool in version "v1alpha1" cannot be handled as a NodePool: .*Object 'Kind' is missing/
          : /^the object provided is unrecognized \(must be of type NodePool\): Object 'Kind' is missing in '/,
      );
      const beta = { ...pool(name), apiVersion: 'apps.openyurt.io/v1beta1' };
      await refused(
        beta,
        400,
        'BadRequest',
        'the API version in the data (apps.openyurt.io/v1beta1) does not match the expected API version (apps.openyurt.io/v1alpha1)',
      );
      await answers(admin, 'POST', POOLS, 201, { body: pool(name) });
      await refused(pool(name), 409, 'AlreadyExists', `nodepools.apps.openyurt.io "${name}" already exists`);
      await refuses(
        admin,
        'PUT',
        `${POOLS}/${name}`,
        {
          code: 422,
          reason: 'Invalid',
          message: `nodepools.apps.openyurt.io "${name}" is invalid: metadata.resourceVersion: Invalid value: ${shownZero(minor)}: must be specified for an update`,
        },
        { body: pool(name) },
      );
      await answers(admin, 'PATCH', `${POOLS}/${name}`, 415, { body: {}, ...STRATEGIC });
      await refuses(admin, 'GET', `${POOLS}?fieldSelector=spec.type%3DEdge`, {
        code: 400,
        reason: 'BadRequest',
        message: 'field label not supported: spec.type',
      });
    },
  ],
];

export const kinds: readonly Expectation[] = [...secrets, ...pools];
