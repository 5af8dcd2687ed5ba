import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { coreResource, findGroup, preferredVersion } from '../../../../src/kubernetes/api/discovery.ts';
import { listAll, listWhole } from '../../../../src/kubernetes/api/list.ts';
import { listNodes } from '../../../../src/kubernetes/node/list-nodes.ts';
import { type ApiAnswer, apiServer } from '../api-server.ts';

async function withServer<T>(
  answer: (path: string) => ApiAnswer | undefined,
  action: (client: ApiClient) => Promise<T>,
): Promise<{ readonly result: T; readonly paths: string[] }> {
  const { server, ca, connect, requests } = await apiServer(({ path }) => answer(path));
  const client = new ApiClient({ servers: [server], ca }, connect);
  try {
    const result = await action(client);
    return { result, paths: requests.map(({ path }) => path) };
  } finally {
    client.close();
  }
}

const named = (name: string) => ({ metadata: { name } });

describe('a list of the API server', () => {
  it('a list of the API server is read page by page to its end, and keeps what is asked for', async () => {
    const answer = (path: string) =>
      path.includes('continue=a%2Bb')
        ? { metadata: {}, items: [named('three')] }
        : { metadata: { continue: 'a+b' }, items: [named('one'), named('two')] };
    const keep = ({ metadata }: ReturnType<typeof named>) => (metadata.name === 'two' ? undefined : metadata.name);
    const { result, paths } = await withServer(answer, (client) => listAll(client, '/api/v1/pods?x=y', { keep }));
    assert.deepEqual(result, ['one', 'three']);
    assert.deepEqual(paths, ['/api/v1/pods?x=y&limit=500', '/api/v1/pods?x=y&limit=500&continue=a%2Bb']);
  });

  // https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
  it('a list of the API server starts again if the token of its next page has expired, and holds no object twice', async () => {
    let expired = true;
    const answer = (path: string) => {
      if (!path.includes('continue=')) return { metadata: { continue: 'later' }, items: [named('one')] };
      const gone = { status: 410, body: { kind: 'Status', reason: 'Expired', metadata: { continue: 'other' } } };
      if (!expired) return { metadata: {}, items: [named('two')] };
      expired = false;
      return gone;
    };
    const { result, paths } = await withServer(answer, (client) => listWhole(client, '/api/v1/pods'));
    assert.deepEqual(result, [named('one'), named('two')]);
    assert.equal(paths.length, 4);
  });

  it('a list of the API server gives up if the tokens of its pages expire again and again', async () => {
    const answer = (path: string) =>
      path.includes('continue=')
        ? { status: 410, body: { kind: 'Status', reason: 'Expired' } }
        : { metadata: { continue: 'later' }, items: [named('one')] };
    await assert.rejects(
      withServer(answer, (client) => listWhole(client, '/api/v1/pods')),
      (error: EdgeadmError) => error.code === 'API_ERROR' && error.why?.includes('Expired') === true,
    );
  });

  it('a list of the API server of none is empty, also as Go writes it', async () => {
    const { result } = await withServer(
      () => ({ items: null }),
      (client) => listWhole(client, '/api/v1/pods'),
    );
    assert.deepEqual(result, []);
  });

  for (const items of [[null], [5], [{ metadata: { name: 'n1' } }, null], {}])
    it(`a list of the API server whose items are ${JSON.stringify(items)} is refused, and named with its path`, async () => {
      const listing = withServer(
        () => ({ items }),
        (client) => listNodes(client),
      );
      await assert.rejects(listing, { code: 'API_ERROR', message: /GET \/api\/v1\/nodes is not a list/ });
    });

  it('a list of the API server of nodes leaves out images and managed fields, which edgeadm never asks for', async () => {
    const node = { metadata: { name: 'n1', managedFields: [{}] }, status: { images: [{ names: [] }], phase: 'x' } };
    const { result, paths } = await withServer(
      () => ({ items: [node] }),
      (client) => listNodes(client, { selector: 'a=b' }),
    );
    assert.deepEqual(result, [{ metadata: { name: 'n1' }, status: { phase: 'x' } }]);
    assert.deepEqual(paths, ['/api/v1/nodes?labelSelector=a%3Db&limit=500']);
  });
});

describe('the version of an API group', () => {
  it('the version of an API group is the one that the server prefers; a group that it does not know is undefined', async () => {
    const group = { versions: [{ groupVersion: 'policy/v1' }], preferredVersion: { groupVersion: 'policy/v1' } };
    const answer = (path: string) => (path === '/apis/policy' ? group : undefined);
    const { result } = await withServer(answer, (client) =>
      Promise.all([preferredVersion(client, 'policy'), findGroup(client, 'apps.openyurt.io')]),
    );
    assert.deepEqual(result, ['policy/v1', undefined]);
  });
});

describe('an answer of the API server with a shape that is not its own', () => {
  const asked: Readonly<Record<string, (client: ApiClient) => Promise<unknown>>> = {
    'a list': (client) => listWhole(client, '/api/v1/pods'),
    'a list of nodes': (client) => listNodes(client),
    'an API group': (client) => preferredVersion(client, 'policy'),
    'the resources of the core group': (client) => coreResource(client, 'pods/eviction'),
  };
  for (const [what, ask] of Object.entries(asked)) {
    it(`an answer of the API server with a shape that is not its own is an error of the API server if ${what} is expected, or is read without one`, async () => {
      let body: unknown;
      await withServer(
        () => ({ status: 200, body }),
        (client) =>
          fc.assert(
            fc.asyncProperty(answers, async (given) => {
              body = given;
              await ask(client).catch((error: unknown) => {
                assert.ok(error instanceof EdgeadmError, String(error));
                assert.equal(error.code, 'API_ERROR');
              });
            }),
            { numRuns: 100 },
          ),
      );
    }).timeout(120_000);
  }
});

const keys = ['items', 'metadata', 'status', 'resources', 'preferredVersion', 'groupVersion', 'versions', 'name'];
/** Any JSON, and above all objects with the right keys and the wrong values; a list never says that it goes on. */
const json = fc.jsonValue({ maxDepth: 2 });
const answers = fc.oneof(
  json,
  fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(json, fc.array(fc.dictionary(fc.constantFrom(...keys), json), { maxLength: 4 })),
  ),
);
