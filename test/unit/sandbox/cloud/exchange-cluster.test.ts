import assert from 'node:assert/strict';
import { exchangeService } from '../../../../sandbox/cloud/exchange.ts';
import { exchangeCluster } from '../../../../sandbox/cloud/exchange-cluster.ts';
import { type AttachTokenRecord, KIND, type NodePoolRecord } from '../../../../sandbox/cloud/records.ts';
import { Controllers } from '../../../../sandbox/controllers.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import { addNode, emulatedCluster } from './emulated-cluster.ts';

const TOKEN = 'token-of-the-console';

describe('the exchange of a sandbox', function () {
  this.timeout(20_000);

  it('the exchange of a sandbox has a place again when a Node was deleted, and counts Nodes that it did not let in', async () => {
    const cloud = await emulatedCluster();
    const { client, store, cluster } = cloud;
    const podCidr = cluster.podCidr;
    const controllers = new Controllers({ client, store, podCidr, log: () => {} });
    try {
      const pool = store.list<NodePoolRecord>(KIND.nodePool)[0]?.document as NodePoolRecord;
      store.put(KIND.nodePool, pool.id, { ...pool, maxNodes: 1 });
      const token: AttachTokenRecord = {
        clusterId: cluster.id,
        nodePoolId: pool.id,
        expires: Date.now() + 60_000,
        oneTime: false,
      };
      store.put(KIND.attachToken, TOKEN, token);
      const parts = { store, now: Date.now, apiServer: cloud.apiServer, cloud: '', caPem: cloud.pki.caPem };
      const exchange = exchangeService(parts, exchangeCluster(client));
      const join = async (name: string) =>
        exchange.handle({
          method: 'POST',
          path: '/edgeadm/v1/nodes',
          action: 'ExchangeToken',
          parameters: {},
          body: { nodeName: name, machineId: name },
          headers: { authorization: `Bearer ${TOKEN}` },
        });
      await join('edge1');
      await addNode(cloud, 'edge1', { pool: pool.id });
      await assert.rejects(join('edge2'), { code: 'NODEPOOL_FULL' });
      await client.delete('/api/v1/nodes/edge1');
      await waitFor({
        what: 'a place',
        timeoutMs: 5000,
        intervalMs: [20, 100],
        probe: async () => (store.get(KIND.node, 'edge1') ? { seen: 'it is kept' } : { done: true }),
      });
      await addNode(cloud, 'other', { pool: pool.id });
      await assert.rejects(join('edge2'), { code: 'NODEPOOL_FULL' });
      await client.delete('/api/v1/nodes/other');
      await join('edge2');
    } finally {
      await controllers.close();
      await cloud.close();
    }
  });
});
