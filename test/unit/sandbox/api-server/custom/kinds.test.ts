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
});
