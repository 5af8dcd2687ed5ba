import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { startControllers } from '../../../../sandbox/api-server/controllers.ts';
import { Registry } from '../../../../sandbox/api-server/registry.ts';
import { resourceOf } from '../../../../sandbox/api-server/resources.ts';
import { sandboxPki } from '../../../../sandbox/pki.ts';
import { openStore } from '../../../../sandbox/store.ts';

const [DEPLOYMENTS, SETS] = [resourceOf('deployments'), resourceOf('replicasets')];

describe('the controllers of the sandbox', () => {
  it('the ReplicaSets of a Deployment go with it, also while its own change waits', async () => {
    const store = openStore(':memory:');
    const registry = new Registry(store, Date.now);
    const pki = await sandboxPki(store);
    const stop = startControllers({ registry, pki, now: Date.now, version: 'v1.34.4' });
    const metadata = { name: 'a', namespace: 'default' };
    registry.insert(DEPLOYMENTS, { metadata, spec: { template: { metadata: { labels: { app: 'a' } } } } });
    await setImmediate();
    assert.equal(registry.list(SETS).length, 1);
    const deployment = registry.get(DEPLOYMENTS, 'a', 'default');
    assert.ok(deployment?.metadata.annotations, 'the controller has written the Deployment, which calls for it again');
    registry.remove(DEPLOYMENTS, deployment);
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    assert.deepEqual(registry.list(SETS), []);
    stop();
    store.close();
  });
});
