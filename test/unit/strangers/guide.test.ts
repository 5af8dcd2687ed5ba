import assert from 'node:assert/strict';
import { batchLimitOf } from '../../../src/cluster-upgrade/plan/batches.ts';
import { newPlan } from '../../../src/cluster-upgrade/plan/transitions.ts';
import { nodeLabels } from '../../../src/phases/join/node-labels.ts';
import { names, SPEC } from '../cluster-upgrade/upgrade-bed.ts';
import { assertFinds, contextOf } from '../phases/preflight/context.ts';

describe("what the vendor's guide says of joins and upgrades", () => {
  it("a node of a pool has the guide's label beside OpenYurt's", async () => {
    const context = await contextOf({ spec: { nodePool: 'shops' } });
    const labels = await nodeLabels(context as unknown as Parameters<typeof nodeLabels>[0]);
    for (const key of [
      'apps.openyurt.io/nodepool',
      'apps.openyurt.io/desired-nodepool',
      'openyurt.io/desired-nodepool',
    ])
      assert.equal(labels[key], 'shops', key);
  });

  it('a label that names another pool than --nodepool is refused, instead of being replaced unnoticed', async () => {
    const spec = { nodePool: 'shops', labels: { 'openyurt.io/desired-nodepool': 'offices' } };
    const { code } = await assertFinds('NodePool', 'error', /=offices names another node pool than --nodepool shops/, {
      spec,
    });
    assert.equal(code, 'USAGE');
  });

  it('a pool that the token may not look up is said to be only a label', () =>
    assertFinds('NodePool', 'skipped', /shops is only a label/, { spec: { nodePool: 'shops' } }));

  for (const check of ['KernelFeature-vxlan', 'Firewall(8472/udp)']) {
    it(`${check} asks nothing of a node without Flannel, as one of Terway Edge`, () =>
      assertFinds(check, 'skipped', /flannel is not in allowedClusterAddons/, {
        spec: { allowedClusterAddons: ['kube-proxy', 'coredns'] },
      }));
  }

  it('a batch is a tenth of the cluster, not of the nodes that a selector chose', () => {
    const nodes = names(10).map((name) => ({ name, pool: '', from: 'v1.20.2' }));
    assert.equal(batchLimitOf(newPlan({ ...SPEC, clusterNodes: 200 }, nodes, 0)), 20);
    assert.equal(batchLimitOf(newPlan(SPEC, nodes, 0)), 1);
  });
});
