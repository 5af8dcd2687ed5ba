import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { load } from 'js-yaml';
import { startApiServer } from '../../../../../sandbox/api-server/index.ts';
import { Registry } from '../../../../../sandbox/api-server/registry.ts';
import { resourceOf } from '../../../../../sandbox/api-server/resources.ts';
import { sandboxPki } from '../../../../../sandbox/pki.ts';
import { openStore, type Store } from '../../../../../sandbox/store.ts';
import { ApiClient } from '../../../../../src/kubernetes/api/client.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const POOLS = '/apis/apps.openyurt.io/v1beta1/nodepools';
const ends: (() => unknown)[] = [];

interface Found {
  readonly metadata: { readonly name: string };
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly items?: Found[];
}

async function start(store: Store): Promise<{ admin: ApiClient; close: () => Promise<void> }> {
  const pki = await sandboxPki(store);
  const { url, close } = await startApiServer({ store, pki, port: 0, version: 'v1.34.4' });
  const admin = new ApiClient(
    { servers: [url], ca: pki.caPem, cert: pki.adminCert, key: pki.adminKey },
    async ({ host, port }) => connect(port, host),
  );
  ends.push(close, () => admin.close());
  return { admin, close };
}

const definition = (plural: string, kind: string, schema: object = {}): object => ({
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', ...schema } } }],
  },
});
const ANYTHING = { 'x-kubernetes-preserve-unknown-fields': true };

async function served(admin: ApiClient, path: string): Promise<void> {
  while ((await admin.send('GET', path)).status !== 200) await new Promise(setImmediate);
}

async function setServed(admin: ApiClient, plural: string, isServed: boolean): Promise<void> {
  const body = [{ op: 'replace', path: '/spec/versions/0/served', value: isServed }];
  const path = `${DEFINITIONS}/${plural}.example.com`;
  const { status } = await admin.send('PATCH', path, { body, contentType: 'application/json-patch+json' });
  assert.equal(status, 200);
}

describe("kinds that are defined in the sandbox's API server", () => {
  let store: Store;
  beforeEach(() => {
    store = openStore(':memory:');
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    store.close();
  });

  it('kinds are there after a restart, with their objects', async () => {
    const path = '/apis/example.com/v1/namespaces/default/things';
    const first = await start(store);
    await first.admin.create(DEFINITIONS, definition('things', 'Thing', ANYTHING));
    await served(first.admin, path);
    await first.admin.create(path, { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, b: 1 });
    await first.close();
    const { admin } = await start(store);
    assert.partialDeepStrictEqual(await admin.get<Found>(path), { items: [{ metadata: { name: 'a' }, b: 1 }] });
  });

  it('a kind with the name of something that is built in is a kind of its own', async () => {
    const { admin } = await start(store);
    const path = '/apis/example.com/v1/namespaces/default/pods';
    await admin.create(DEFINITIONS, definition('pods', 'Pod', ANYTHING));
    await served(admin, path);
    const pod = { apiVersion: 'example.com/v1', kind: 'Pod', metadata: { name: 'a' }, spec: { any: 'thing' } };
    const made = await admin.create<Found>(path, pod);
    assert.deepEqual([made?.spec, made?.status], [{ any: 'thing' }, undefined]);
    const { items } = await admin.get<Found>('/api/v1/namespaces/default/pods');
    assert.deepEqual(items, []);
    const { body } = await admin.send<Record<string, unknown>>('DELETE', `${path}/a`);
    assert.equal(body.kind, 'Status');
  });

  it("OpenYurt's own definition of NodePool takes the place of the one that is built in, and its pools stay", async () => {
    const { admin } = await start(store);
    const pool = (name: string, type: string): object => ({
      apiVersion: 'apps.openyurt.io/v1beta1',
      kind: 'NodePool',
      metadata: { name },
      spec: { type },
    });
    await admin.create(POOLS, pool('before', 'Edge'));
    const crd = load(await readFile(new URL('../../../../testbed/nodepool-crd.yaml', import.meta.url), 'utf8'));
    await admin.create(DEFINITIONS, crd as object);
    await served(admin, POOLS);
    const { resources } = await admin.get<{ resources: { name: string }[] }>('/apis/apps.openyurt.io/v1beta1');
    const names = resources.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.startsWith('nodepools')),
      ['nodepools', 'nodepools/status'],
    );
    assert.ok(names.includes('yurtappsets'));
    assert.deepEqual(
      (await admin.get<Found>(POOLS)).items?.map(({ metadata }) => metadata.name),
      ['before'],
    );
    const { status, body } = await admin.send<{ message: string }>('POST', POOLS, { body: pool('bad', 'Moon') });
    assert.equal(status, 422);
    assert.match(body.message, /spec\.type: Unsupported value: "Moon": supported values: "Edge", "Cloud"/);
    await admin.send('DELETE', `${DEFINITIONS}/nodepools.apps.openyurt.io`);
    assert.deepEqual((await admin.get<Found>(POOLS)).items, []);
  });

  it('a definition whose rules are not evaluated is answered with a warning', async () => {
    const { admin } = await start(store);
    const rules = { ...ANYTHING, 'x-kubernetes-validations': [{ rule: 'self.spec.a > 1' }] };
    const { status, headers } = await admin.send('POST', DEFINITIONS, { body: definition('ruled', 'Ruled', rules) });
    assert.equal(status, 201);
    assert.match(String(headers.warning), /the sandbox does not evaluate x-kubernetes-validations/);
  });

  it('objects of a defined kind go with their namespace', async () => {
    const { admin } = await start(store);
    await admin.create(DEFINITIONS, definition('things', 'Thing', ANYTHING));
    await admin.create('/api/v1/namespaces', { metadata: { name: 'temporary' } });
    const path = '/apis/example.com/v1/namespaces/temporary/things';
    await served(admin, path);
    await admin.create(path, { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' } });
    await admin.send('DELETE', '/api/v1/namespaces/temporary');
    assert.deepEqual((await admin.get<Found>('/apis/example.com/v1/things')).items, []);
  });

  for (const [what, part] of [
    ['an enum that is a text', { additionalProperties: { type: 'string', enum: 'abc' } }],
    ['a type that is a number', { items: { type: 5 }, type: 'array' }],
    ['required fields that are a text', { additionalProperties: { type: 'object', required: 'abc' } }],
    ['a pattern that is a number', { items: { type: 'string', pattern: 5 }, type: 'array' }],
    ['a part that is a text', { additionalProperties: 'abc' }],
  ] as const)
    it(`a definition is refused whose schema has ${what}`, async () => {
      const { admin } = await start(store);
      const rules = { properties: { spec: { type: 'object', ...part } } };
      const { status } = await admin.send('POST', DEFINITIONS, { body: definition('things', 'Thing', rules) });
      assert.equal(status, 400);
    });

  it('a definition whose schema has a field that is null is refused, as one without a type', async () => {
    const { admin } = await start(store);
    const rules = { properties: { spec: { type: 'array', items: { type: 'object', properties: { a: null } } } } };
    const answer = { body: definition('things', 'Thing', rules) };
    const { status, body } = await admin.send<{ message: string }>('POST', DEFINITIONS, answer);
    assert.equal(status, 422);
    assert.match(body.message, /items\.properties\[a\]\.type: Required value/);
  });

  it('the sandbox starts with a definition that it cannot read, and serves all else', async () => {
    const broken = definition('things', 'Thing') as { spec: Record<string, unknown>; metadata: { name: string } };
    new Registry(store, Date.now).insert(resourceOf('customresourcedefinitions'), {
      ...broken,
      spec: { ...broken.spec, versions: [null] },
      status: { conditions: [{ type: 'Established', status: 'True' }] },
    });
    const warned = once(process, 'warning');
    const { admin } = await start(store);
    const [{ message }] = await warned;
    assert.match(message, /CustomResourceDefinition things\.example\.com is not served/);
    assert.deepEqual((await admin.get<Found>('/api/v1/namespaces/default/pods')).items, []);
  });

  it('a definition that was written just before the sandbox ended is established at its next start', async () => {
    const things = definition('things', 'Thing', ANYTHING) as { metadata: { name: string } };
    new Registry(store, Date.now).insert(resourceOf('customresourcedefinitions'), things);
    const { admin } = await start(store);
    assert.deepEqual((await admin.get<Found>('/apis/example.com/v1/things')).items, []);
  });

  it('a definition in a group of Kubernetes needs an approval, and takes nothing from what is built in', async () => {
    const { admin } = await start(store);
    const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles';
    await admin.create(roles, { metadata: { name: 'mine' }, rules: [] });
    const { spec } = definition('roles', 'Role', ANYTHING) as { spec: object };
    const of = (annotations?: object): object => ({
      metadata: { name: 'roles.rbac.authorization.k8s.io', annotations },
      spec: { ...spec, group: 'rbac.authorization.k8s.io' },
    });
    const { status, body } = await admin.send<{ message: string }>('POST', DEFINITIONS, { body: of() });
    assert.equal(status, 422);
    assert.match(body.message, /protected groups must have approval annotation "api-approved\.kubernetes\.io"/);
    await admin.create(DEFINITIONS, of({ 'api-approved.kubernetes.io': 'unapproved, a test' }));
    const { status: refused } = await admin.send('POST', roles, { body: { metadata: { name: 'bad' }, rules: 5 } });
    assert.equal(refused, 400);
    await admin.send('DELETE', `${DEFINITIONS}/roles.rbac.authorization.k8s.io`);
    assert.partialDeepStrictEqual(await admin.get<Found>(roles), { items: [{ metadata: { name: 'mine' } }] });
  });

  it('objects are deleted with their definition, or with their namespace, even if no version is served', async () => {
    const { admin } = await start(store);
    const path = (plural: string, namespace: string): string =>
      `/apis/example.com/v1/namespaces/${namespace}/${plural}`;
    await admin.create('/api/v1/namespaces', { metadata: { name: 'temporary' } });
    for (const [plural, kind, namespace] of [
      ['things', 'Thing', 'default'],
      ['others', 'Other', 'temporary'],
    ] as const) {
      await admin.create(DEFINITIONS, definition(plural, kind, ANYTHING));
      await served(admin, path(plural, namespace));
      await admin.create(path(plural, namespace), { apiVersion: 'example.com/v1', kind, metadata: { name: 'a' } });
      await setServed(admin, plural, false);
    }
    await admin.send('DELETE', `${DEFINITIONS}/things.example.com`);
    await admin.create(DEFINITIONS, definition('things', 'Thing', ANYTHING));
    await served(admin, path('things', 'default'));
    assert.deepEqual((await admin.get<Found>('/apis/example.com/v1/things')).items, []);
    await admin.send('DELETE', '/api/v1/namespaces/temporary');
    await setServed(admin, 'others', true);
    assert.deepEqual((await admin.get<Found>('/apis/example.com/v1/others')).items, []);
  });

  it('an applied configuration can leave out a key that its schema has a default for, as often as it is applied', async () => {
    const { admin } = await start(store);
    const port = { port: { type: 'integer' }, network: { type: 'string', default: 'inside' } };
    const ports = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'network'],
      items: { type: 'object', required: ['port'], properties: port },
    };
    await admin.create(DEFINITIONS, definition('things', 'Thing', { properties: { ports } }));
    const path = '/apis/example.com/v1/namespaces/default/things';
    await served(admin, path);
    const body = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, ports: [{ port: 1 }] };
    for (const expected of [201, 200]) {
      const { status, body: made } = await admin.send<{ ports: object[] }>('PATCH', `${path}/a?fieldManager=me`, {
        body,
        contentType: 'application/apply-patch+yaml',
      });
      assert.deepEqual([status, made.ports], [expected, [{ port: 1, network: 'inside' }]]);
    }
  });

  it('a status gets its defaults, and a rule that is newer than an object does not forbid its labels', async () => {
    const { admin } = await start(store);
    const number = { type: 'integer' };
    const status = { type: 'object', properties: { phase: { type: 'string', default: 'New' }, n: number } };
    const rules = (a: object): object => ({ properties: { a, status } });
    const things = definition('things', 'Thing', rules(number)) as { spec: { versions: object[] } };
    const versions = things.spec.versions.map((version) => ({ ...version, subresources: { status: {} } }));
    await admin.create(DEFINITIONS, { ...things, spec: { ...things.spec, versions } });
    const path = '/apis/example.com/v1/namespaces/default/things';
    await served(admin, path);
    await admin.create(path, { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, a: 50 });
    const merge = (to: string, body: object) =>
      admin.send<Found>('PATCH', `${path}/${to}`, { body, contentType: 'application/merge-patch+json' });
    const changed = await merge('a/status', { status: { n: 1 } });
    assert.deepEqual(changed.body.status, { phase: 'New', n: 1 });
    const limit = [{ op: 'add', path: '/spec/versions/0/schema/openAPIV3Schema/properties/a/maximum', value: 5 }];
    const contentType = 'application/json-patch+json';
    await admin.send('PATCH', `${DEFINITIONS}/things.example.com`, { body: limit, contentType });
    const codes = [await merge('a', { metadata: { labels: { b: 'c' } } }), await merge('a', { a: 51 })];
    assert.deepEqual(
      codes.map(({ status: code }) => code),
      [200, 422],
    );
  });

  it('OpenAPI v3 has the limits of values, and v2 no type where a null may be', async () => {
    const { admin } = await start(store);
    const a = { type: 'string', default: 'x', pattern: '^x+$', maxLength: 3, nullable: true };
    await admin.create(DEFINITIONS, definition('things', 'Thing', { properties: { a } }));
    await served(admin, '/apis/example.com/v1/things');
    type Schemas = Record<string, { properties: Record<string, object> }>;
    const { components } = await admin.get<{ components: { schemas: Schemas } }>('/openapi/v3/apis/example.com/v1');
    assert.deepEqual(components.schemas['com.example.v1.Thing']?.properties.a, a);
    const { definitions } = await admin.get<{ definitions: Schemas }>('/openapi/v2');
    const { type: _, nullable: __, ...rest } = a;
    assert.deepEqual(definitions['com.example.v1.Thing']?.properties.a, rest);
  });

  it('a warning with letters of any alphabet reaches the client', async () => {
    const { admin } = await start(store);
    await admin.create(DEFINITIONS, definition('things', 'Thing'));
    const path = '/apis/example.com/v1/namespaces/default/things';
    await served(admin, path);
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, 'größe€\n': 1 };
    const { status, headers } = await admin.send('POST', `${path}?fieldValidation=Warn`, { body: thing });
    assert.equal(status, 201);
    const text = Buffer.from(String(headers.warning), 'latin1').toString();
    assert.equal(text, '299 - "unknown field \\"größe€\\""');
  });

  it('a client of a deprecated version gets a warning', async () => {
    const { admin } = await start(store);
    const things = definition('things', 'Thing') as { spec: { versions: object[] } };
    const versions = things.spec.versions.map((version) => ({ ...version, deprecated: true }));
    await admin.create(DEFINITIONS, { ...things, spec: { ...things.spec, versions } });
    await served(admin, '/apis/example.com/v1/things');
    const { headers } = await admin.send('GET', '/apis/example.com/v1/things');
    assert.equal(headers.warning, '299 - "example.com/v1 Thing is deprecated"');
  });

  it('a watch of a kind ends when its definition is deleted', async () => {
    const { admin } = await start(store);
    await admin.create(DEFINITIONS, definition('things', 'Thing', ANYTHING));
    const path = '/apis/example.com/v1/namespaces/default/things';
    await served(admin, path);
    await admin.create(path, { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' } });
    const events: string[] = [];
    for await (const { type } of admin.watch<Found>(`${path}?watch=1`, new AbortController().signal)) {
      events.push(type);
      if (type === 'ADDED') await admin.send('DELETE', `${DEFINITIONS}/things.example.com`);
    }
    assert.deepEqual(events, ['ADDED', 'DELETED']);
  });

  it('a definition is not replaced without the version that the client has read', async () => {
    const { admin } = await start(store);
    await admin.create(DEFINITIONS, definition('things', 'Thing', ANYTHING));
    const answer = { body: definition('things', 'Thing', ANYTHING) };
    assert.equal((await admin.send('PUT', `${DEFINITIONS}/things.example.com`, answer)).status, 422);
  });
});
