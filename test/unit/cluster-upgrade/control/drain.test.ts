import assert from 'node:assert/strict';
import type { V1DaemonSet, V1Node, V1PodList } from '@kubernetes/client-node';
import { continueUpgrade } from '../../../../src/cluster-upgrade/control/actions.ts';
import type { NodeExecutor } from '../../../../src/cluster-upgrade/control/executor.ts';
import { EdgeadmError, type ErrorCode } from '../../../../src/errors/index.ts';
import { simulated, startController, startSuccessor, type UpgradeBed, until, upgradeBed } from '../upgrade-bed.ts';

const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop', uid: 'u1', controller: true };
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'shop', ownerReferences: [OWNER] },
  spec: { nodeName: 'edge-1', containers: [] },
};

describe('a cluster upgrade that drains', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  beforeEach(async () => {
    bed = await upgradeBed();
  });
  afterEach(() => bed.end());

  const isCordoned = async (name = 'edge-1'): Promise<boolean> =>
    (await bed.client.get<V1Node>(`/api/v1/nodes/${name}`)).spec?.unschedulable === true;
  const note = async (): Promise<boolean | undefined> => (await bed.store.need()).nodes[0]?.cordoned;
  const failing = (code: ErrorCode, why?: string): NodeExecutor => {
    const cause = new EdgeadmError({ code, what: 'upgrade kubelet failed at phase install' });
    const what = 'node edge-1 was not upgraded';
    return { upgrade: () => Promise.reject(new EdgeadmError({ code: 'UPGRADE_NODE_FAILED', what, why, cause })) };
  };

  it('keeps pods off a node while it is upgraded, evicts those it has, and lets them in again', async () => {
    await bed.addNodes(['edge-1']);
    await bed.client.create('/api/v1/namespaces/default/pods', POD);
    await bed.begin(['edge-1'], { drain: true });
    const executor = simulated();
    executor.held.add('edge-1');
    const controller = startController(bed.client, executor);
    await until(() => executor.begun.length === 1, 'it is under way');
    assert.equal(await isCordoned(), true);
    assert.equal(await note(), true);
    assert.equal(await bed.client.find('/api/v1/namespaces/default/pods/shop'), undefined);
    executor.held.clear();
    await controller.ended;
    assert.equal(await isCordoned(), false);
    assert.equal(await note(), false);
  });

  it('notes that it keeps pods off before it does: who takes over lets them in again', async () => {
    await bed.addNodes(['edge-1']);
    await bed.begin(['edge-1'], { drain: true });
    const executor = simulated();
    executor.held.add('edge-1');
    const { client, cut } = bed.link();
    const first = startController(client, executor, 'controller-1');
    await until(() => executor.begun.length === 1, 'it is under way');
    cut();
    first.stop();
    await assert.rejects(first.ended);
    assert.equal(await note(), true);
    executor.held.clear();
    const second = await startSuccessor(bed.client, executor);
    await second.ended;
    assert.equal(await isCordoned(), false);
  });

  it('a cluster upgrade pauses if a drain would lose pods, evicts none, and lets pods onto the node again', async () => {
    await bed.addNodes(['edge-1']);
    await bed.client.create('/api/v1/namespaces/default/pods', POD);
    const bare = { ...POD, metadata: { name: 'bare' } };
    await bed.client.create('/api/v1/namespaces/default/pods', bare);
    await bed.begin(['edge-1'], { drain: true });
    const plan = await startController(bed.client, simulated()).ended;
    assert.equal(plan.progress.phase, 'Paused');
    assert.match(plan.nodes[0]?.message ?? '', /no controller recreates these pods \(use --force .*: default\/bare/);
    assert.ok(await bed.client.find('/api/v1/namespaces/default/pods/shop'));
    assert.equal(await isCordoned(), false);
  });

  it('a cluster upgrade started with --force and --delete-emptydir-data evicts such pods, not those of a DaemonSet', async () => {
    await bed.addNodes(['edge-1']);
    const pods = '/api/v1/namespaces/default/pods';
    const daemonSet = await bed.client.create<V1DaemonSet>('/apis/apps/v1/namespaces/default/daemonsets', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'proxy' },
      spec: {
        selector: { matchLabels: { app: 'proxy' } },
        template: { metadata: { labels: { app: 'proxy' } }, spec: { containers: [{ name: 'p', image: 'p' }] } },
      },
    });
    const owner = { ...OWNER, kind: 'DaemonSet', name: 'proxy', uid: daemonSet?.metadata?.uid };
    await bed.client.create(pods, { ...POD, metadata: { name: 'proxy-1', ownerReferences: [owner] } });
    await bed.client.create(pods, { ...POD, metadata: { name: 'bare' } });
    const volumes = [{ name: 'cache', emptyDir: {} }];
    await bed.client.create(pods, { ...POD, metadata: { name: 'cache' }, spec: { ...POD.spec, volumes } });
    await bed.begin(['edge-1'], { drain: true, drainPolicy: { force: true, deleteEmptyDirData: true } });
    const plan = await startController(bed.client, simulated()).ended;
    assert.equal(plan.progress.phase, 'Completed');
    const { items } = await bed.client.get<V1PodList>(pods);
    assert.deepEqual(
      items.map(({ metadata }) => metadata?.name),
      ['proxy-1'],
    );
  });

  it('leaves a node cordoned that somebody else has cordoned', async () => {
    await bed.addNodes(['edge-1'], { cordoned: true });
    await bed.begin(['edge-1'], { drain: true });
    await startController(bed.client, simulated()).ended;
    assert.equal(await isCordoned(), true);
  });

  it('lets pods in again after a failure that was recovered', async () => {
    await bed.addNodes(['edge-1']);
    await bed.begin(['edge-1'], { drain: true });
    const plan = await startController(bed.client, failing('UPGRADE_RECOVERED')).ended;
    assert.equal(plan.progress.phase, 'Paused');
    assert.equal(await isCordoned(), false);
    assert.equal(await note(), false);
  });

  it('a cluster upgrade keeps pods off a node that was not rolled back, whatever its log says, until it is upgraded', async () => {
    await bed.addNodes(['edge-1']);
    await bed.begin(['edge-1'], { drain: true });
    const words = 'log line of somebody else: (UPGRADE_RECOVERED)';
    await startController(bed.client, failing('UPGRADE_NOT_RECOVERED', words)).ended;
    assert.equal(await isCordoned(), true);
    assert.equal(await note(), true);
    await continueUpgrade(bed.client, {});
    await startController(bed.client, simulated()).ended;
    assert.equal(await isCordoned(), false);
  });

  it('does not mind that the node was deleted while it was under way', async () => {
    await bed.addNodes(['edge-1']);
    await bed.begin(['edge-1'], { drain: true });
    const executor = simulated();
    executor.held.add('edge-1');
    const controller = startController(bed.client, executor);
    await until(() => executor.begun.length === 1, 'it is under way');
    await bed.client.delete('/api/v1/nodes/edge-1');
    executor.held.clear();
    assert.equal((await controller.ended).progress.phase, 'Completed');
  });
});
