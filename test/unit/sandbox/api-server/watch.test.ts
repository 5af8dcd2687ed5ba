import assert from 'node:assert/strict';
import { Registry } from '../../../../sandbox/api-server/registry.ts';
import { resourceOf } from '../../../../sandbox/api-server/resources.ts';
import { WatchCache } from '../../../../sandbox/api-server/watch.ts';
import { openStore } from '../../../../sandbox/store.ts';

const resource = resourceOf('configmaps');
const matches = (): boolean => true;

function open() {
  const registry = new Registry(openStore(':memory:'), Date.now);
  return { registry, cache: new WatchCache(registry) };
}

describe('what a watch can go back to', () => {
  it('what a watch can go back to is bounded: older is Expired, which tells a client to list again', () => {
    const { registry, cache } = open();
    const metadata = { name: 'a', namespace: 'default' };
    let object = registry.insert(resource, { metadata });
    const first = registry.revision;
    for (let change = 0; change < 2500; change++)
      object = registry.replace(resource, { ...object, data: { a: String(change) } }, object);
    const query = { resource, namespace: '', matches };
    assert.throws(() => cache.watch({ ...query, after: first }, () => {}), { code: 410, reason: 'Expired' });
    const seen: string[] = [];
    cache.watch({ ...query, after: registry.revision - 2 }, ({ type }) => seen.push(type));
    assert.deepEqual(seen, ['MODIFIED', 'MODIFIED']);
  });

  it('what a watch can go back to is bounded in bytes too', () => {
    const { registry, cache } = open();
    const start = registry.revision;
    for (let name = 0; name < 100; name++)
      registry.insert(resource, {
        metadata: { name: String(name), namespace: 'default' },
        data: { a: 'x'.repeat(200_000) },
      });
    assert.throws(() => cache.watch({ resource, namespace: '', matches, after: start }, () => {}), { code: 410 });
  });

  it('ends when the watch is ended', () => {
    const { registry, cache } = open();
    const seen: string[] = [];
    const stop = cache.watch({ resource, namespace: 'default', matches, after: undefined }, ({ type }) =>
      seen.push(type),
    );
    registry.insert(resource, { metadata: { name: 'a', namespace: 'default' } });
    registry.insert(resource, { metadata: { name: 'a', namespace: 'other' } });
    stop();
    registry.insert(resource, { metadata: { name: 'b', namespace: 'default' } });
    assert.deepEqual(seen, ['ADDED']);
  });
});
