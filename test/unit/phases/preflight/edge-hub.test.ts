import assert from 'node:assert/strict';
import { assertFinds, assertOk, type Case } from './context.ts';

const node = (tag: string, more: Case['node'] = {}): Case['node'] => ({
  edgeHub: async () => ({ image: `openyurt/yurthub:${tag}`, flavor: 'openyurt' }),
  ...more,
});
const API = '/apis/apps.openyurt.io/v1beta2';
const OBJECTS = {
  [API]: { kind: 'APIResourceList' },
  [`${API}/nodepools/hangzhou`]: { kind: 'NodePool' },
  '/apis/rbac.authorization.k8s.io/v1/clusterroles/yurt-hub': { kind: 'ClusterRole' },
};
const CLUSTER = { version: 'v1.34.4', configMaps: { 'yurt-hub-cfg': {} }, objects: OBJECTS };
const spec = { nodePool: 'hangzhou' };

describe('EdgeHub', () => {
  it('refuses yurthub 1.7 without a node pool before anything is changed, and names the flag', async () => {
    const verdict = await assertFinds('EdgeHub', 'error', /does not start without a node pool/, {
      node: node('v1.7.0'),
    });
    assert.equal(verdict.code, 'USAGE');
    assert.match(verdict.remedy ?? '', /--nodepool NAME/);
  });

  it('takes the node pool of the earlier join, and asks none of yurthub 1.6', async () => {
    const membership = async () => ({ caHash: '', nodeName: 'n', nodePool: 'hangzhou', complete: true });
    await assertOk('EdgeHub', { node: node('v1.7.0', { membership }), cluster: CLUSTER });
    const objects = { ...OBJECTS, '/apis/apps.openyurt.io/v1beta1': { kind: 'APIResourceList' } };
    await assertOk('EdgeHub', { node: node('v1.6.1'), cluster: { ...CLUSTER, objects } });
  });

  it('asks for NodePool in the version that the release reads, and nothing of a yurthub before 1.6', async () => {
    await assertFinds('EdgeHub', 'error', /does not serve apps\.openyurt\.io\/v1beta1/, {
      node: node('v1.6.1'),
      cluster: CLUSTER,
    });
    await assertOk('EdgeHub', { node: node('v1.5.1') });
  });

  it('refuses a service of a release that OpenYurt runs only as a pod, and the mode that it does not have', async () => {
    const service = { edgeHub: async () => ({ flavor: 'openyurt', hubVersion: 'v1.5.1' }) as const };
    await assertFinds('EdgeHub', 'error', /yurthub v1\.5\.1 is not supported as a service/, { node: service });
    const image = 'openyurt/yurthub:v1.3.4';
    const mode = { edgeHub: async () => ({ flavor: 'openyurt', image, mode: 'kubeletcertificate' }) as const };
    await assertFinds('EdgeHub', 'error', /has no mode kubeletcertificate/, { node: mode });
  });

  it('passes a cluster that has what yurthub 1.7 needs', () =>
    assertOk('EdgeHub', { node: node('v1.7.0'), spec, cluster: CLUSTER }, /yurthub:v1\.7\.0/));

  for (const [what, missing] of [
    [/does not serve apps\.openyurt\.io\/v1beta2/, API],
    [/the node pool hangzhou does not exist/, `${API}/nodepools/hangzhou`],
    [/the ClusterRole yurt-hub does not exist/, '/apis/rbac.authorization.k8s.io/v1/clusterroles/yurt-hub'],
  ] as const) {
    it(`names what the cluster lacks for yurthub 1.7: ${missing}`, () => {
      const { [missing]: _missing, ...objects } = OBJECTS;
      return assertFinds('EdgeHub', 'error', what, { node: node('v1.7.0'), spec, cluster: { ...CLUSTER, objects } });
    });
  }

  it('names a cluster without yurt-hub-cfg', () =>
    assertFinds('EdgeHub', 'error', /yurt-hub-cfg does not exist/, {
      node: node('v1.7.0'),
      spec,
      cluster: { ...CLUSTER, configMaps: {} },
    }));

  it('refuses a release that edgeadm does not know how to start', () =>
    assertFinds('EdgeHub', 'error', /does not support the edge-hub variant openyurt in version 1\.2\.0/, {
      node: node('v1.2.0'),
    }));
});
