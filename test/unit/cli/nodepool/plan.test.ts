import assert from 'node:assert/strict';
import { planOf } from '../../../../src/cli/nodepool/plan.ts';

describe('the plan of nodepool create', () => {
  it('nodepool create shows all that the new pool will have, and nothing of what was not requested', () => {
    const spec = {
      name: 'shops',
      mode: 'private',
      maxNodes: 20,
      labels: { zone: 'north' },
      annotations: {},
      taints: [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }],
      podCidrs: [],
      ofService: { intranet: true },
    } as const;
    assert.deepEqual(planOf(spec, 'created'), [
      'create the node pool shops (private) for at most 20 nodes',
      'labels: zone=north',
      'taints: edge=yes:NoSchedule',
      'layer-3 network among its nodes: yes',
    ]);
    assert.deepEqual(planOf(spec, 'completed'), ['record the annotations of the node pool shops']);
    assert.deepEqual(planOf(spec, 'unchanged'), []);
  });
});
