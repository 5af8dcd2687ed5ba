import assert from 'node:assert/strict';
import { applyPatch } from '../../../../sandbox/api-server/patch.ts';
import { type KubeObject, resourceOf } from '../../../../sandbox/api-server/resources.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const node = (more: object): KubeObject => ({ metadata: { name: 'n1' }, ...more });
const patched = (object: KubeObject, patch: unknown, contentType = STRATEGIC): KubeObject =>
  applyPatch(resourceOf('nodes'), object, patch, contentType);

describe('a strategic merge patch', () => {
  it('merges conditions by their type, as a kubelet sends them', () => {
    const before = node({ status: { conditions: [{ type: 'Ready', status: 'False' }, { type: 'Disk' }] } });
    const patch = {
      status: {
        '$setElementOrder/conditions': [{ type: 'Ready' }, { type: 'PID' }],
        conditions: [{ type: 'Ready', status: 'True' }, { type: 'PID' }],
      },
    };
    assert.deepEqual(patched(before, patch).status, {
      conditions: [{ type: 'Ready', status: 'True' }, { type: 'Disk' }, { type: 'PID' }],
    });
  });

  it('replaces lists that have no key, such as taints', () => {
    const before = node({ spec: { taints: [{ key: 'a' }] } });
    assert.deepEqual(patched(before, { spec: { taints: [{ key: 'b' }] } }).spec, { taints: [{ key: 'b' }] });
  });

  it('knows the directives delete, replace and $deleteFromPrimitiveList', () => {
    const before = node({
      metadata: { name: 'n1', finalizers: ['a', 'b'] },
      status: { addresses: [{ type: 'InternalIP' }, { type: 'Hostname' }], nodeInfo: { a: 1, b: 2 } },
    });
    const after = patched(before, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] },
      status: { addresses: [{ type: 'Hostname', $patch: 'delete' }], nodeInfo: { $patch: 'replace', c: 3 } },
    });
    assert.deepEqual(after.metadata.finalizers, ['b', 'c']);
    assert.deepEqual(after.status, { addresses: [{ type: 'InternalIP' }], nodeInfo: { c: 3 } });
  });
});

describe('a JSON patch', () => {
  it('moves, copies, replaces and puts into lists', () => {
    const before = node({ spec: { taints: [{ key: 'a' }, { key: 'c' }] } });
    const patch = [
      { op: 'add', path: '/spec/taints/1', value: { key: 'b' } },
      { op: 'add', path: '/spec/taints/-', value: { key: 'd' } },
      { op: 'replace', path: '/spec/taints/0/key', value: 'z' },
      { op: 'copy', from: '/spec/taints/2', path: '/spec/copied' },
      { op: 'move', from: '/spec/copied', path: '/spec/moved~1here' },
    ];
    assert.deepEqual(patched(before, patch, JSON_PATCH).spec, {
      taints: [{ key: 'z' }, { key: 'b' }, { key: 'c' }, { key: 'd' }],
      'moved/here': { key: 'c' },
    });
  });

  it('leaves the object that it was applied to as it was', () => {
    const before = node({ spec: { a: 1 } });
    patched(before, [{ op: 'replace', path: '/spec/a', value: 2 }], JSON_PATCH);
    assert.deepEqual(before.spec, { a: 1 });
  });
});
