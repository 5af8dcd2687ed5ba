import assert from 'node:assert/strict';
import { nodesOfService } from '../../../../src/cli/node/service-nodes.ts';

const pool = (nodepoolId: string, name: string) => ({ nodepoolInfo: { nodepoolId, name, type: 'edge' } });
const service = {
  nodePools: async () => [pool('np1', 'shops'), pool('np2', 'shops'), pool('np3', 'cameras')],
  nodes: async () => [
    { nodeName: 'a', nodepoolId: 'np1', nodeStatus: 'Ready' },
    { nodeName: 'b', nodepoolId: 'np2', nodeStatus: 'NotReady' },
    { nodeName: 'c', nodepoolId: 'np3', nodeStatus: 'NotReady' },
  ],
};

describe('the nodes of a cluster of the container service', () => {
  const matching = async (filter: object): Promise<string[]> =>
    (await nodesOfService(service, 'c1', filter)).matching.map(({ name }) => name);

  it('node remove and node list take the nodes of one node pool, also if another one has its name', async () => {
    assert.deepEqual(await matching({ nodepool: 'np1' }), ['a']);
    assert.deepEqual(await matching({ nodepool: 'cameras', status: ['notready'] }), ['c']);
    assert.deepEqual(await matching({ status: ['NotReady'] }), ['b', 'c']);
    await assert.rejects(matching({ nodepool: 'shops' }), /USAGE|several node pools in cluster c1 have the name shops/);
    await assert.rejects(matching({ nodepool: 'none' }), { code: 'NODEPOOL_NOT_FOUND' });
  });
});
