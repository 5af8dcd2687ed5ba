import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Json } from '../../../../../sandbox/api-server/json.ts';
import { fromFieldsV1, shownPath, toFieldsV1 } from '../../../../../sandbox/api-server/managed-fields/field-set.ts';
import { compare, fieldsOf, merge, without } from '../../../../../sandbox/api-server/managed-fields/typed.ts';
import { schemaOf } from '../../../../../sandbox/api-server/schema/index.ts';

const POD = schemaOf({ group: '', kind: 'Pod' });

const text = fc.constantFrom('a', 'b', 'c');
const env = fc.uniqueArray(fc.record({ name: text, value: text }), {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: 3,
});
const container = fc.record({ name: text, image: text, env, command: fc.array(text, { maxLength: 2 }) });
const containers = fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 3 });
/** A part of a pod, as an applier may send it. */
const pod = fc.record({
  metadata: fc.record({ labels: fc.dictionary(text, text, { minKeys: 1 }) }),
  spec: fc.record({ containers }),
});

const same = (one: Json, other: Json): boolean => {
  const { added, modified, removed } = compare(one, other, POD);
  return added.size + modified.size + removed.size === 0;
};

describe('owners of fields in the sandbox', () => {
  it('what is merged into an object has all fields of the configuration, with its values', () => {
    fc.assert(
      fc.property(pod, pod, (live, config) => {
        const merged = merge(live, config, POD);
        const { added, modified } = compare(merged, merge(merged, config, POD), POD);
        assert.equal(added.size + modified.size, 0);
        const owned = fieldsOf(merged, POD);
        for (const field of fieldsOf(config, POD)) assert.ok(owned.has(field), shownPath(field));
      }),
    );
  });

  it('an object without the items that were added is what it was before', () => {
    fc.assert(
      fc.property(pod, pod, (live, config) => {
        const merged = merge(live, config, POD);
        const { added, modified } = compare(live, merged, POD);
        fc.pre(modified.size === 0);
        const left = [...added].reduce<Json>((object, path) => without(object, POD, path) ?? {}, merged);
        assert.ok(same(live, left), JSON.stringify([live, left]));
      }),
    );
  });

  it('an item keeps the fields of others if a configuration names the items in another order', () => {
    const named = (name: string, variable: string) => ({ name, env: [{ name: variable, value: '' }] });
    const live = { spec: { containers: [named('a', 'x'), named('b', 'x')] } };
    const merged = merge(live, { spec: { containers: [named('b', 'y'), named('a', 'y')] } }, POD);
    const both = ['x', 'y'].map((name) => ({ name, value: '' }));
    assert.deepEqual(merged, {
      spec: {
        containers: [
          { name: 'b', env: both },
          { name: 'a', env: both },
        ],
      },
    });
  });

  it('managedFields are written and read without loss', () => {
    fc.assert(
      fc.property(pod, (config) => {
        const fields = fieldsOf(config, POD);
        assert.deepEqual(fromFieldsV1(toFieldsV1(fields)), fields);
      }),
    );
  });

  it('a field is named as Kubernetes names it in a conflict', () => {
    const fields = fieldsOf({ spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } }, POD);
    assert.deepEqual([...fields].map(shownPath).sort(), [
      '.spec.containers[name="a"]',
      '.spec.containers[name="a"].name',
      '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"]',
      '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort',
    ]);
  });
});
