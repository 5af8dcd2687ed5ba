import assert from 'node:assert/strict';
import { poolSourceOf } from '../../../../src/cli/nodepool/pools.ts';
import { type NodePool, poolNamed } from '../../../../src/config/node-pool.ts';

const flag = (name: string) => ({ type: 'flag', flag: name });
const both = { 'cluster-id': 'c1', kubeconfig: 'admin.conf' };
const pool = (id: string, name: string): NodePool => ({
  id,
  name,
  mode: 'basic',
  isDefault: false,
  labels: {},
  taints: [],
  podCidrs: [],
});

describe('which node pools a command works on', () => {
  it('EDGEADM_CLUSTER_ID names the cluster, unless --kubeconfig is on the command line', () => {
    assert.equal(poolSourceOf(both, [])['cluster-id'], 'c1');
    assert.equal(poolSourceOf(both, [flag('kubeconfig')])['cluster-id'], undefined);
    assert.equal(poolSourceOf(both, [flag('kubeconfig'), flag('cluster-id')])['cluster-id'], 'c1');
  });

  it('a node pool is found by ID or name; a name that two pools share is refused with both IDs', () => {
    const pools = [pool('np1', 'shops'), pool('np2', 'shops'), pool('np3', 'np1'), pool('np4', 'video')];
    assert.equal(poolNamed(pools, 'video', 'c1').id, 'np4');
    assert.equal(poolNamed(pools, 'np1', 'c1').id, 'np1');
    assert.throws(() => poolNamed(pools, 'shops', 'c1'), { code: 'USAGE', what: /the name shops.* np1, np2$/ });
    assert.throws(() => poolNamed(pools, 'x', 'c1'), { code: 'NODEPOOL_NOT_FOUND', why: /video \(np4\)$/ });
  });
});
