import assert from 'node:assert/strict';
import { load } from 'js-yaml';
import { type BedNode, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { createPool, openYurtApprover } from '../workflow-bed/open-yurt.ts';

const hubImage = (version: string): string => `registry.example.com/yurthub:v${version}`;
const HUB = {
  edgeHub: true,
  edgeHubImage: hubImage('1.6.1'),
  edgeHubFlavor: 'openyurt',
  nodePool: 'hangzhou',
};

describe('offline autonomy behind an edge-hub', function () {
  this.timeout(30_000);
  let bed: WorkflowBed;
  let stopApprover: () => Promise<void>;
  before(async () => {
    bed = await workflowBed('v1.35.4');
    await createPool(bed.admin, 'hangzhou');
    stopApprover = openYurtApprover(bed.admin);
  });
  after(async () => {
    await stopApprover();
    await bed.close();
  });

  const node = (version: string): Promise<BedNode> => bed.node(version, 'Ubuntu 22.04');
  const configurationOf = async (at: BedNode) =>
    load(await at.text('/var/lib/kubelet/config.yaml')) as Record<string, unknown>;
  const gatesOf = async (at: BedNode): Promise<unknown> => (await configurationOf(at)).featureGates;
  const setGates = async (at: BedNode, featureGates: unknown): Promise<void> =>
    at.put('/var/lib/kubelet/config.yaml', JSON.stringify({ ...(await configurationOf(at)), featureGates }));

  it('a join switches WatchListClient off for a kubelet 1.35 behind a hub, and leaves it alone without one', async () => {
    const behind = await node('v1.35.4');
    await behind.join({ spec: HUB });
    assert.deepEqual(await gatesOf(behind), { WatchListClient: false });
    assert.equal((await behind.join({ spec: HUB })).changed, false);
    const direct = await node('v1.35.4');
    await direct.join();
    assert.equal(await gatesOf(direct), undefined);
  });

  it('a node joined with kubelet 1.34 has no gate, and the upgrade to 1.35 adds it', async () => {
    const at = await node('v1.34.4');
    await at.join({ spec: { ...HUB, kubernetesVersion: '1.34.4' } });
    assert.equal(await gatesOf(at), undefined);
    const { outcome } = await at.upgrade({ spec: { bundle: await bed.bundle('v1.35.4') } });
    assert.equal(outcome, 'upgraded');
    assert.deepEqual(await gatesOf(at), { WatchListClient: false });
  });

  it('an upgrade of the hub alone gives it its image, and the kubelet the gate that an older join did not write', async () => {
    const at = await node('v1.35.4');
    await at.join({ spec: HUB });
    await setGates(at, { NodeSwap: true });
    const bundle = await bed.bundle('v1.35.4', { edgeHubImage: hubImage('1.7.0') });
    assert.equal((await at.upgrade({ spec: { bundle } })).outcome, 'upgraded');
    assert.deepEqual(await gatesOf(at), { NodeSwap: true, WatchListClient: false });
    assert.match(await at.text('/etc/kubernetes/manifests/yurthub.yaml'), /yurthub:v1\.7\.0/);
    assert.equal((await at.upgrade({ spec: { bundle } })).outcome, 'unchanged');
  });

  it('an upgrade to the version that a node has already adds the gate, and a second one changes nothing', async () => {
    const at = await node('v1.35.4');
    await at.join({ spec: HUB });
    await setGates(at, undefined);
    assert.equal((await at.upgrade()).outcome, 'upgraded');
    assert.deepEqual(await gatesOf(at), { WatchListClient: false });
    assert.equal((await at.upgrade()).outcome, 'unchanged');
  });
});
