import assert from 'node:assert/strict';
import type { WatchEvent } from '../../src/kubernetes/api/client.ts';
import { type AnyObject, answers, type Contract, type Expectation, MAPS, MERGE, refuses } from './subject.ts';

/** Follows a watch until so many events have come or the server ends it. */
async function events({ admin }: Contract, path: string, wanted: number): Promise<WatchEvent<AnyObject>[]> {
  const seen: WatchEvent<AnyObject>[] = [];
  const stop = new AbortController();
  for await (const event of admin.watch<AnyObject>(path, stop.signal)) {
    seen.push(event);
    if (seen.length === wanted) break;
  }
  return seen;
}

const shown = (list: readonly WatchEvent<AnyObject>[]): string[] =>
  list.map(({ type, object }) => `${type} ${object.data?.a ?? ''}`.trim());

const of = (name: string, more = ''): string =>
  `${MAPS}?watch=true&timeoutSeconds=10&fieldSelector=metadata.name%3D${name}${more}`;

async function changeTwice({ admin }: Contract, name: string): Promise<AnyObject> {
  const created = await answers(admin, 'POST', MAPS, 201, { body: { metadata: { name }, data: { a: '1' } } });
  await answers(admin, 'PATCH', `${MAPS}/${name}`, 200, { body: { data: { a: '2' } }, ...MERGE });
  await answers(admin, 'DELETE', `${MAPS}/${name}`, 200);
  return created;
}

/** Changes a ConfigMap again and again until a watch, which may begin late, has seen what it waits for. */
async function changedUntil<T>(contract: Contract, name: string, following: Promise<T>): Promise<T> {
  let isOver = false;
  const seen = following.finally(() => {
    isOver = true;
  });
  let round = 0;
  await contract.eventually('the events', async () => {
    const body = { data: { a: `round ${round++}` } };
    await answers(contract.admin, 'PATCH', `${MAPS}/${name}`, 200, { body, ...MERGE });
    return isOver;
  });
  return seen;
}

export const watching: readonly Expectation[] = [
  [
    'a watch without a resourceVersion begins with what is there',
    async (contract) => {
      const name = `${contract.prefix}-w1`;
      await answers(contract.admin, 'POST', MAPS, 201, { body: { metadata: { name }, data: { a: '1' } } });
      const [first] = await events(contract, of(name), 1);
      assert.deepEqual([first?.type, first?.object.kind, first?.object.apiVersion], ['ADDED', 'ConfigMap', 'v1']);
    },
  ],
  [
    'a watch is told of changes as they happen',
    async (contract) => {
      const name = `${contract.prefix}-w2`;
      const { metadata } = await contract.admin.get<AnyObject>(`${MAPS}?limit=1`);
      const following = events(contract, of(name, `&resourceVersion=${metadata.resourceVersion}`), 3);
      await changeTwice(contract, name);
      assert.deepEqual(shown(await following), ['ADDED 1', 'MODIFIED 2', 'DELETED 2']);
    },
  ],
  [
    'a watch goes on from the resourceVersion it is given',
    async (contract) => {
      const name = `${contract.prefix}-w3`;
      const { metadata } = await changeTwice(contract, name);
      const missed = await events(contract, of(name, `&resourceVersion=${metadata.resourceVersion}`), 2);
      assert.deepEqual(shown(missed), ['MODIFIED 2', 'DELETED 2']);
      const revisions = missed.map(({ object }) => Number(object.metadata.resourceVersion));
      assert.ok(Number(metadata.resourceVersion) < (revisions[0] ?? 0) && (revisions[0] ?? 0) < (revisions[1] ?? 0));
    },
  ],
  [
    'what leaves a selection is deleted for those who watch it, and what enters it is added',
    async (contract) => {
      const name = `${contract.prefix}-w4`;
      const { admin } = contract;
      const { metadata } = await answers(admin, 'POST', MAPS, 201, { body: { metadata: { name } } });
      const query = `watch=true&timeoutSeconds=10&labelSelector=w4%3D${contract.prefix}&resourceVersion=${metadata.resourceVersion}`;
      const following = events(contract, `${MAPS}?${query}`, 3);
      for (const change of [
        { labels: { w4: contract.prefix } },
        { annotations: { x: 'y' } },
        { labels: { w4: 'other' } },
      ])
        await answers(admin, 'PATCH', `${MAPS}/${name}`, 200, { body: { metadata: change }, ...MERGE });
      assert.deepEqual(
        (await following).map(({ type }) => type),
        ['ADDED', 'MODIFIED', 'DELETED'],
      );
    },
  ],
  [
    'a watch list sends what exists, says where that ends, and then what changes, since Kubernetes 1.32',
    async (contract) => {
      const { admin, minor, prefix } = contract;
      if (minor < 32) return;
      const name = `${prefix}-w6`;
      await answers(admin, 'POST', MAPS, 201, { body: { metadata: { name }, data: { a: '1' } } });
      const query = '&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
      const following = events(contract, of(name, query), 3);
      const [first, bookmark, change] = await changedUntil(contract, name, following);
      assert.deepEqual([first?.type, bookmark?.type, change?.type], ['ADDED', 'BOOKMARK', 'MODIFIED']);
      assert.deepEqual(bookmark?.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
      assert.match(bookmark?.object.metadata.resourceVersion ?? '', /^\d+$/);
    },
  ],
  [
    'a watch list needs resourceVersionMatch=NotOlderThan, and a server that knows it',
    async ({ admin, minor }) => {
      if (minor < 27) return;
      const path = `${MAPS}?watch=true&sendInitialEvents=true`;
      const message = /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/;
      await refuses(admin, 'GET', path, { code: 422, reason: 'Invalid', message });
    },
  ],
  [
    'a watch that asks for no initial events begins with the next change',
    async (contract) => {
      const { admin, minor, prefix } = contract;
      if (minor < 32) return;
      const name = `${prefix}-w7`;
      await answers(admin, 'POST', MAPS, 201, { body: { metadata: { name }, data: { a: '1' } } });
      const query = '&sendInitialEvents=false&resourceVersionMatch=NotOlderThan';
      const following = events(contract, of(name, query), 1);
      const [first] = await changedUntil(contract, name, following);
      assert.equal(first?.type, 'MODIFIED');
    },
  ],
  [
    'a watch ends after timeoutSeconds, with a bookmark where one is asked for',
    async (contract) => {
      const { metadata } = await contract.admin.get<AnyObject>(`${MAPS}?limit=1`);
      const name = `${contract.prefix}-w5`;
      const query = `watch=true&timeoutSeconds=3&allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`;
      const following = events(contract, `${MAPS}?${query}&fieldSelector=metadata.name%3D${name}`, 99);
      // A server that ends it at once would be asked without pause, and would not see this one.
      await answers(contract.admin, 'POST', MAPS, 201, { body: { metadata: { name } } });
      const seen = await following;
      assert.equal(seen.filter(({ type }) => type === 'ADDED').length, 1);
      for (const { type, object } of seen.filter((event) => event.type !== 'ADDED')) {
        assert.equal(type, 'BOOKMARK');
        assert.match(object.metadata.resourceVersion, /^\d+$/);
      }
    },
  ],
];
