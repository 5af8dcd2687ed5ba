import assert from 'node:assert/strict';
import { FIELD_MANAGER, planChange } from '../../src/kubernetes/api/change.ts';
import type { AnyObject, Expectation } from './subject.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

/** What the commands that change objects rely on. */
export const changes: readonly Expectation[] = [
  [
    'a planned change keeps what others have set, shows the difference first, and has an owner of its own',
    async ({ admin, prefix }) => {
      const name = `${prefix}-change1`;
      const path = `${MAPS}/${name}`;
      await admin.create(MAPS, { metadata: { name, labels: { of: 'others' } }, data: { a: '1', b: '2' } });
      const before = await admin.get<AnyObject>(path);
      const patch = { data: { b: '3', c: '4' } };
      const planned = await planChange(admin, { name: `configmap/${name}`, path, before, patch, isDerived: true });
      assert.equal(planned.outcome, 'changed');
      assert.match(planned.diff, /^- {2}b: '2'\n\+ {2}b: '3'\n\+ {2}c: '4'$/m);
      assert.deepEqual((await admin.get<AnyObject>(path)).data, { a: '1', b: '2' });
      await planned.write();
      const after = await admin.get<AnyObject>(path);
      assert.deepEqual(after.data, { a: '1', b: '3', c: '4' });
      assert.deepEqual(after.metadata.labels, { of: 'others' });
      const owners = (after.metadata as unknown as { managedFields: { manager: string; fieldsV1: object }[] })
        .managedFields;
      const own = owners.filter(({ manager, fieldsV1 }) => manager === FIELD_MANAGER && 'f:data' in fieldsV1);
      assert.ok(JSON.stringify(own).includes('f:c'), JSON.stringify(owners));
    },
  ],
  [
    'a change made from an old value is rejected if another client was faster',
    async ({ admin, prefix }) => {
      const name = `${prefix}-change2`;
      const path = `${MAPS}/${name}`;
      await admin.create(MAPS, { metadata: { name }, data: { list: 'a' } });
      const before = await admin.get<AnyObject>(path);
      const change = { name: `configmap/${name}`, path, before, patch: { data: { list: 'a,b' } }, isDerived: true };
      const planned = await planChange(admin, change);
      await admin.patch(path, { data: { list: 'a,c' } });
      await assert.rejects(planned.write(), { code: 'API_ERROR', what: /by another client/ });
      assert.deepEqual((await admin.get<AnyObject>(path)).data, { list: 'a,c' });
    },
  ],
  [
    'a change of nothing is not written, and an object that is missing is created',
    async ({ admin, prefix }) => {
      const name = `${prefix}-change3`;
      const path = `${MAPS}/${name}`;
      const whole = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } };
      const made = await planChange(admin, { name: `configmap/${name}`, path, before: undefined, patch: whole });
      assert.equal(made.outcome, 'created');
      assert.equal(await admin.find(path), undefined);
      await made.write();
      const before = await admin.get<AnyObject>(path);
      const same = await planChange(admin, { name: `configmap/${name}`, path, before, patch: { data: { a: '1' } } });
      assert.equal(same.outcome, 'unchanged');
      assert.equal(same.diff, '');
      await same.write();
      assert.equal((await admin.get<AnyObject>(path)).metadata.resourceVersion, before.metadata.resourceVersion);
    },
  ],
  [
    'an annotation of a Node that a patch sets to null is gone',
    async ({ admin, prefix }) => {
      const name = `${prefix}-change4`;
      await admin.create('/api/v1/nodes', {
        metadata: { name, annotations: { 'a.example/b': 'c', 'a.example/d': 'e' } },
      });
      const path = `/api/v1/nodes/${name}`;
      const before = await admin.get<AnyObject>(path);
      const patch = { metadata: { annotations: { 'a.example/b': null } } };
      await (await planChange(admin, { name: `node/${name}`, path, before, patch })).write();
      const { annotations } = (await admin.get<AnyObject>(path)).metadata;
      assert.equal(annotations?.['a.example/b'], undefined);
      assert.equal(annotations?.['a.example/d'], 'e');
      await admin.delete(path);
    },
  ],
];
