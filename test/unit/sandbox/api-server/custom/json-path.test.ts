import assert from 'node:assert/strict';
import { jsonPath } from '../../../../../sandbox/api-server/custom/json-path.ts';

const NODE = {
  metadata: { labels: { 'example.com/zone': 'north' } },
  status: {
    addresses: [{ type: 'Hostname', address: 'n1' }],
    conditions: [
      { type: 'Ready', status: 'True', count: 2 },
      { type: 'DiskPressure', status: 'False', count: 0 },
    ],
  },
};

describe('paths of columns', () => {
  for (const [path, found] of [
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='DiskPressure')].status", ['False']],
    ['.status.conditions[?(@.count!=0)].type', ['Ready']],
    ['.status.conditions[*].type', ['Ready', 'DiskPressure']],
    ['.status.conditions[-1].type', ['DiskPressure']],
    ['.status.addresses[0].address', ['n1']],
    ['.status.addresses[3].address', []],
    ['.metadata.labels.example\\.com/zone', ['north']],
    [".metadata.labels['example.com/zone']", ['north']],
    ['.spec.constructor', []],
    ['.spec.nothing[0].below', []],
  ] as const)
    it(`the path ${path} finds ${JSON.stringify(found)}`, () => assert.deepEqual(jsonPath(path)?.(NODE), found));

  for (const path of ['status', '.status[', '.status..conditions', '.a[?(@.b~"c")]'])
    it(`the path ${path} is not understood`, () => assert.equal(jsonPath(path), undefined));
});
