import assert from 'node:assert/strict';
import { type AnyObject, answers, type Contract, type Expectation, MAPS, MERGE, refuses } from './subject.ts';

const APPLY = { contentType: 'application/apply-patch+yaml' };
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly fieldsV1: Record<string, Record<string, unknown>>;
  readonly subresource?: string;
}

const entriesOf = ({ metadata }: AnyObject): Entry[] =>
  (metadata as unknown as { managedFields: Entry[] }).managedFields;

function entryOf(object: AnyObject, manager: string): Entry | undefined {
  return entriesOf(object).find((entry) => entry.manager === manager);
}

/** Applies a ConfigMap as somebody. */
function applyMap(
  { admin }: Contract,
  name: string,
  data: object | undefined,
  as: string,
  status = 200,
): Promise<AnyObject> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...(data && { data }) };
  return answers(admin, 'PATCH', `${MAPS}/${name}?fieldManager=${as}`, status, { body, ...APPLY });
}

const ownership: Expectation[] = [
  [
    'a configuration that is applied makes the object, and its fields belong to who applied it',
    async (contract) => {
      const name = `${contract.prefix}-ssa1`;
      const made = await applyMap(contract, name, { a: '1' }, 'one', 201);
      assert.deepEqual([made.data, made.kind], [{ a: '1' }, 'ConfigMap']);
      const entry = entryOf(made, 'one');
      assert.deepEqual([entry?.operation, entry?.fieldsV1], ['Apply', { 'f:data': { 'f:a': {} } }]);
      const again = await applyMap(contract, name, { a: '1' }, 'one');
      assert.equal(again.metadata.resourceVersion, made.metadata.resourceVersion);
    },
  ],
  [
    'what is no longer applied goes, unless somebody else applies it, too',
    async (contract) => {
      const name = `${contract.prefix}-ssa2`;
      await applyMap(contract, name, { a: '1', b: '2', c: '3' }, 'one', 201);
      await applyMap(contract, name, { b: '2', d: '4' }, 'two');
      const left = await applyMap(contract, name, { c: '3' }, 'one');
      assert.deepEqual(left.data, { b: '2', c: '3', d: '4' });
      const none = await applyMap(contract, name, undefined, 'two');
      assert.deepEqual(none.data, { c: '3' });
      assert.equal(entryOf(none, 'two'), undefined);
    },
  ],
  [
    'a field of another owner is a conflict that names owner and field; force takes it',
    async (contract) => {
      const name = `${contract.prefix}-ssa3`;
      const { admin } = contract;
      await applyMap(contract, name, { a: '1', b: '1' }, 'one', 201);
      const path = `${MAPS}/${name}?fieldManager=two`;
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } };
      const message = 'Apply failed with 1 conflict: conflict with "one": .data.a';
      await refuses(admin, 'PATCH', path, { code: 409, reason: 'Conflict', message }, { body, ...APPLY });
      const both = { ...body, data: { a: '2', b: '2' } };
      const { details } = (await answers(admin, 'PATCH', path, 409, { body: both, ...APPLY })) as unknown as {
        details: { causes: object[] };
      };
      assert.deepEqual(details.causes, [
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.b' },
      ]);
      const forced = await answers(admin, 'PATCH', `${path}&force=true`, 200, { body, ...APPLY });
      assert.deepEqual(forced.data, { a: '2', b: '1' });
      assert.deepEqual(entryOf(forced, 'one')?.fieldsV1, { 'f:data': { 'f:b': {} } });
    },
  ],
  [
    'an update takes the fields that it changes, and is in the way of who applies others',
    async (contract) => {
      const name = `${contract.prefix}-ssa4`;
      const { admin } = contract;
      await applyMap(contract, name, { a: '1', b: '1' }, 'one', 201);
      const change = { body: { data: { a: '2' } }, ...MERGE };
      const changed = await answers(admin, 'PATCH', `${MAPS}/${name}?fieldManager=editor`, 200, change);
      assert.deepEqual(entryOf(changed, 'one')?.fieldsV1, { 'f:data': { 'f:b': {} } });
      const editor = entryOf(changed, 'editor');
      assert.deepEqual([editor?.operation, editor?.fieldsV1], ['Update', { 'f:data': { 'f:a': {} } }]);
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1', b: '1' } };
      const message = /^Apply failed with 1 conflict: conflict with "editor" using v1( at .*)?: \.data\.a$/;
      const refusal = { code: 409, reason: 'Conflict', message };
      await refuses(admin, 'PATCH', `${MAPS}/${name}?fieldManager=one`, refusal, { body, ...APPLY });
    },
  ],
  [
    'who creates an object owns what it sets, by the name of the program if no other is given',
    async (contract) => {
      const { admin, prefix } = contract;
      const body = JSON.stringify({ metadata: { name: `${prefix}-ssa5`, labels: { l: 'm' } }, data: { a: 'b' } });
      const headers = { 'content-type': 'application/json', 'user-agent': 'painter/1.0 (linux)' };
      const made = JSON.parse((await contract.raw('POST', MAPS, headers, body)).body) as AnyObject;
      const fields = { 'f:data': { '.': {}, 'f:a': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } } };
      assert.deepEqual(entryOf(made, 'painter')?.fieldsV1, fields);
      const dropped = { body: { metadata: { managedFields: [{}] } }, ...MERGE };
      const bare = await answers(admin, 'PATCH', `${MAPS}/${prefix}-ssa5`, 200, dropped);
      assert.equal(entriesOf(bare), undefined);
    },
  ],
];

const lists: Expectation[] = [
  [
    'items of a list with keys have owners of their own, down to their fields',
    async (contract) => {
      const name = `${contract.prefix}-ssa6`;
      const { admin } = contract;
      const labels = { app: name };
      type Found = { spec: { template: { spec: { containers: Record<string, unknown>[] } } } };
      const apply = async (as: string, containers: object[], status = 200): Promise<Record<string, unknown>[]> => {
        const template = { metadata: { labels }, spec: { containers } };
        const spec = { replicas: 0, selector: { matchLabels: labels }, template };
        const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
        const path = `${DEPLOYMENTS}/${name}?fieldManager=${as}`;
        const found = await answers(admin, 'PATCH', path, status, { body, ...APPLY });
        return (found as unknown as Found).spec.template.spec.containers;
      };
      const env = (...names: string[]): object[] => names.map((each) => ({ name: each, value: each }));
      await apply('one', [{ name: 'a', image: 'a:1', env: env('x', 'y') }], 201);
      const both = await apply('two', [
        { name: 'a', env: env('z') },
        { name: 'b', image: 'b:1', command: ['c', 'd'] },
      ]);
      assert.deepEqual(
        both.map(({ name: each, image }) => [each, image]),
        [
          ['a', 'a:1'],
          ['b', 'b:1'],
        ],
      );
      const [first = {}] = await apply('one', [{ name: 'a', image: 'a:2', env: env('y') }]);
      assert.deepEqual((first.env as { name: string }[]).map((each) => each.name).sort(), ['y', 'z']);
      const found = await admin.get<AnyObject>(`${DEPLOYMENTS}/${name}`);
      type Nested = { [element: string]: Nested };
      const pod = (entryOf(found, 'two')?.fieldsV1 as Nested | undefined)?.['f:spec']?.['f:template']?.['f:spec'];
      assert.deepEqual(pod?.['f:containers'], {
        'k:{"name":"a"}': {
          '.': {},
          'f:env': { 'k:{"name":"z"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
          'f:name': {},
        },
        'k:{"name":"b"}': { '.': {}, 'f:command': {}, 'f:image': {}, 'f:name': {} },
      });
      const left = await apply('two', [{ name: 'a' }]);
      assert.deepEqual(
        left.map(({ name: each }) => each),
        ['a'],
      );
      await admin.delete(`${DEPLOYMENTS}/${name}`);
    },
  ],
  [
    'a list without keys belongs to one owner as a whole',
    async (contract) => {
      const name = `${contract.prefix}-ssa7`;
      const { admin } = contract;
      const apply = (as: string, key: string, status: number): Promise<AnyObject> => {
        const body = {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name },
          spec: { taints: [{ key, effect: 'NoSchedule' }] },
        };
        return answers(admin, 'PATCH', `/api/v1/nodes/${name}?fieldManager=${as}`, status, { body, ...APPLY });
      };
      await apply('one', 'a', 201);
      const { message } = (await apply('two', 'b', 409)) as unknown as { message: string };
      assert.match(message, /: \.spec\.taints$/m);
      await admin.delete(`/api/v1/nodes/${name}`);
    },
  ],
  [
    'status has owners apart from the rest',
    async (contract) => {
      const name = `${contract.prefix}-ssa8`;
      const { admin } = contract;
      await answers(admin, 'POST', '/api/v1/nodes', 201, { body: { metadata: { name } } });
      const status = { conditions: [{ type: 'Ready', status: 'True' }] };
      const body = { apiVersion: 'v1', kind: 'Node', metadata: { name }, status };
      const path = `/api/v1/nodes/${name}/status?fieldManager=one`;
      const found = await answers(admin, 'PATCH', path, 200, { body, ...APPLY });
      const { fieldsV1, subresource } = entryOf(found, 'one') ?? {};
      const ready = { '.': {}, 'f:status': {}, 'f:type': {} };
      assert.deepEqual(fieldsV1, { 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': ready } } });
      // Kubernetes tells the subresource since 1.22.
      if (contract.minor >= 22) assert.equal(subresource, 'status');
      await admin.delete(`/api/v1/nodes/${name}`);
    },
  ],
  [
    'a NodePool can be applied as well',
    async (contract) => {
      const name = `${contract.prefix}-ssa9`;
      const path = `/apis/apps.openyurt.io/v1beta1/nodepools/${name}`;
      const apply = (spec: object, as: string, status: number): Promise<AnyObject> => {
        const body = { apiVersion: 'apps.openyurt.io/v1beta1', kind: 'NodePool', metadata: { name }, spec };
        return answers(contract.admin, 'PATCH', `${path}?fieldManager=${as}`, status, { body, ...APPLY });
      };
      await apply({ type: 'Edge', labels: { a: 'b' } }, 'one', 201);
      const found = await apply({ labels: { c: 'd' } }, 'two', 200);
      assert.deepEqual(found.spec, { type: 'Edge', labels: { a: 'b', c: 'd' } });
      assert.equal(found.metadata.generation, 2);
      await contract.admin.delete(path);
    },
  ],
];

const refusals: Expectation[] = [
  [
    'a configuration needs an owner, the version of the path and fields that are known',
    async ({ admin, prefix, minor }) => {
      const name = `${prefix}-ssa10`;
      const path = `${MAPS}/${name}`;
      const good = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
      const refused = (query: string, body: object, code: number, message: RegExp): Promise<void> =>
        answers(admin, 'PATCH', `${path}${query}`, code, { body, ...APPLY }).then((found) =>
          assert.match((found as unknown as { message: string }).message, message),
        );
      await refused('', good, 422, /fieldManager: Required value: is required for apply patch/);
      await refused(
        '?fieldManager=x',
        { ...good, apiVersion: 'v2' },
        400,
        minor < 28 ? /Incorrect version specified in apply patch/ : /^invalid object type: \/v2, Kind=ConfigMap$/,
      );
      const managedFields = [{ manager: 'x' }];
      await refused(
        '?fieldManager=x',
        { ...good, metadata: { name, managedFields } },
        400,
        /metadata\.managedFields must be nil/,
      );
      await refused(
        '?fieldManager=x',
        { ...good, dat: {} },
        500,
        /failed to create typed patch object.*: \.dat: field not declared in schema/,
      );
      await answers(admin, 'PATCH', `${path}?force=true`, 422, { body: {}, ...MERGE });
    },
  ],
  [
    'a dry run of a configuration keeps nothing',
    async (contract) => {
      const name = `${contract.prefix}-ssa11`;
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } };
      const path = `${MAPS}/${name}`;
      const shown = await answers(contract.admin, 'PATCH', `${path}?fieldManager=x&dryRun=All`, 201, {
        body,
        ...APPLY,
      });
      assert.deepEqual(shown.data, { a: '1' });
      assert.equal(await contract.admin.find(path), undefined);
    },
  ],
];

export const apply: readonly Expectation[] = [...ownership, ...lists, ...refusals];
