import assert from 'node:assert/strict';
import type { CloudCaller } from '../../../src/cloud/caller.ts';
import { ecsInstancesOf } from '../../../src/cloud/ecs.ts';

describe('the ECS instances of an account', () => {
  /** Source: the vendor's API reference, DescribeInstances of 2014-05-26. */
  it('ECS is asked for at most 100 instances in one request', async () => {
    const asked: string[][] = [];
    const caller: CloudCaller = {
      endpoint: 'ecs.test',
      order: () => assert.fail('an order'),
      read: async ({ parameters = {} }, shape) => {
        const ids = JSON.parse(parameters.InstanceIds ?? '[]') as string[];
        asked.push(ids);
        return shape.parse({
          TotalCount: ids.length,
          Instances: { Instance: ids.map((id) => ({ InstanceId: id, Status: 'Running' })) },
        });
      },
    };
    const ids = Array.from({ length: 150 }, (_, index) => `i-${index}`);
    const found = await ecsInstancesOf(caller, 'cn-hangzhou', ids);
    assert.deepEqual(
      asked.map(({ length }) => length),
      [100, 50],
    );
    assert.deepEqual(
      found.map(({ id }) => id),
      ids,
    );
  });
});
