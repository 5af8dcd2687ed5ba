import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { HUB_SERVICE_VERSION } from '../../../src/edge-hub/service-mark.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { BedNode, WorkflowBed } from '../workflow-bed/bed.ts';
import { changesOf, failOnce, killAt, pointsOf } from '../workflow-bed/faults.ts';
import { openYurtBed } from '../workflow-bed/open-yurt.ts';

const VERSION = 'v1.35.4';
const UNIT = '/etc/systemd/system/yurthub.service';
const DROP_IN = `${UNIT}.d/10-yurthub.conf`;
const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';
const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
const IMAGE = 'registry.example.com/yurthub:v1.7.0';

describe('conversion of a node that kubeadm has joined', function () {
  this.timeout(120_000);
  let bed: WorkflowBed;
  let program: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ bed, program, close } = await openYurtBed(VERSION));
  });
  after(() => close());

  /** A node without a journal of its join, as every tool but edgeadm leaves it. */
  async function kubeadmNode(): Promise<BedNode> {
    const at = await bed.node(VERSION, 'Ubuntu 22.04');
    await at.join();
    await rm(join(at.root, '/var/lib/edgeadm'), { recursive: true });
    return at;
  }

  const asService = () => ({ spec: { nodePool: 'hangzhou', hub: { edgeHubProgram: program } } });
  const asPod = { spec: { nodePool: 'hangzhou', hub: { edgeHubImage: IMAGE } } };
  const nodeOf = (at: BedNode) => bed.admin.get<V1Node>(`/api/v1/nodes/${at.name}`);
  const unitOf = (at: BedNode) => at.machine().services.state('yurthub.service');
  const failure = async (work: Promise<unknown>): Promise<EdgeadmError> => {
    const error = await work.then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    return error;
  };
  const isAsBefore = async (at: BedNode, before: Record<string, string>, labels: unknown): Promise<void> => {
    assert.deepEqual(await at.photograph(), before);
    const { metadata } = await nodeOf(at);
    assert.deepEqual([metadata?.labels, metadata?.annotations?.[HUB_SERVICE_VERSION]], [labels, undefined]);
    assert.equal((await unitOf(at)).active, false);
  };

  it('a node gets a yurthub service that uses the certificate of the kubelet, its kubelet goes through it, and it is labelled', async () => {
    const at = await kubeadmNode();
    const result = await at.convert(asService());
    assert.deepEqual(result, { nodeName: at.name, edgeHub: 'yurthub v1.7.0', edgeHubAs: 'service', changed: true });
    const { active, enabled } = await unitOf(at);
    assert.deepEqual([active, enabled], [true, true]);
    assert.match(await at.text(DROP_IN), /--bootstrap-mode=kubeletcertificate/);
    assert.match(await at.text(KUBELET_CONF), /http:\/\/127\.0\.0\.1:10261/);
    assert.match(await at.text(FLAGS), / --bootstrap-kubeconfig="$/m);
    const { featureGates } = load(await at.text('/var/lib/kubelet/config.yaml')) as Record<string, unknown>;
    assert.deepEqual(featureGates, { WatchListClient: false });
    const { labels = {}, annotations } = (await nodeOf(at)).metadata ?? {};
    assert.deepEqual([labels['openyurt.io/is-edge-worker'], labels['apps.openyurt.io/nodepool']], ['true', 'hangzhou']);
    assert.equal(annotations?.[HUB_SERVICE_VERSION], 'v1.7.0');
    assert.equal((await at.convert(asService())).changed, false);
    assert.equal((await at.convert()).changed, false);
  });

  it('a converted node that has lost the gate gets it back by the conversion alone, without flags', async () => {
    const at = await kubeadmNode();
    await at.convert(asService());
    const path = '/var/lib/kubelet/config.yaml';
    const configuration = await at.text(path);
    await at.put(path, configuration.replace('WatchListClient: false', 'WatchListClient: true'));
    assert.equal((await at.convert()).changed, true);
    assert.equal(await at.text(path), configuration);
    assert.equal((await at.convert()).changed, false);
    await at.revert();
  });

  it('a revert leaves files, services and labels as before, and no journal', async () => {
    for (const options of [asService(), asPod]) {
      const at = await kubeadmNode();
      const [before, node] = [await at.photograph(), await nodeOf(at)];
      await at.convert(options);
      assert.deepEqual(await at.revert(), { nodeName: at.name, changed: true });
      await isAsBefore(at, before, node.metadata?.labels);
      assert.deepEqual(await at.revert(), { nodeName: undefined, changed: false });
    }
  });

  it('a dry run changes nothing', async () => {
    const at = await kubeadmNode();
    const [before, node] = [await at.photograph(), await nodeOf(at)];
    await at.convert({ ...asService(), dryRun: true });
    assert.ok(at.events.some(({ type }) => type === 'plan'));
    await isAsBefore(at, before, node.metadata?.labels);
    await at.convert(asService());
    const converted = await at.photograph();
    await at.revert({ dryRun: true });
    assert.deepEqual(await at.photograph(), converted);
  });

  it('a hub that ends by itself is rolled back before the kubelet is sent to it', async () => {
    const at = await kubeadmNode();
    const [before, node] = [await at.photograph(), await nodeOf(at)];
    at.faults.before = ({ method, args }) => {
      if (method !== 'start' || args[0] !== 'yurthub.service') return;
      const path = join(at.root, DROP_IN);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/--node-name=\S+/, '--node-name=other'));
    };
    const error = await failure(at.convert(asService()));
    at.faults.before = undefined;
    assert.equal(error.code, 'EDGE_HUB_FAILED');
    assert.match(error.why ?? '', /the node was rolled back/);
    await isAsBefore(at, before, node.metadata?.labels);
  });

  it('a change that fails is rolled back, whichever it is', async () => {
    for (const [method, path] of [
      ['writeFile', '/usr/local/bin/yurthub'],
      ['writeFile', UNIT],
      ['enable', 'yurthub.service'],
      ['start', 'yurthub.service'],
      ['writeFile', KUBELET_CONF],
      ['writeFile', FLAGS],
      ['restart', 'kubelet.service'],
    ]) {
      const at = await kubeadmNode();
      const [before, node] = [await at.photograph(), await nodeOf(at)];
      at.faults.before = failOnce((call) => call.method === method && call.args[0] === path);
      const error = await failure(at.convert(asService()));
      at.faults.before = undefined;
      assert.match(error.why ?? '', /the node was rolled back/, `${method} ${path}`);
      await isAsBefore(at, before, node.metadata?.labels);
    }
  });

  it('a conversion that was killed is continued by the same command, and rolled back by a revert', async () => {
    const first = await kubeadmNode();
    const changes = await changesOf(first.faults, () => first.convert(asService()));
    for (const point of pointsOf(changes, 3)) {
      for (const then of ['convert', 'revert'] as const) {
        const at = await kubeadmNode();
        const [before, node] = [await at.photograph(), await nodeOf(at)];
        await failure(at.convert({ ...asService(), signal: killAt(at.faults, point) }));
        at.faults.before = undefined;
        if (then === 'convert') await at.convert(asService());
        await at.revert();
        await isAsBefore(at, before, node.metadata?.labels);
        await at.remove();
      }
    }
  });

  it('a revert that was killed is continued by the same command', async () => {
    const first = await kubeadmNode();
    await first.convert(asPod);
    const changes = await changesOf(first.faults, () => first.revert());
    for (const point of pointsOf(changes, 3)) {
      const at = await kubeadmNode();
      const [before, node] = [await at.photograph(), await nodeOf(at)];
      await at.convert(asPod);
      await failure(at.revert({ signal: killAt(at.faults, point) }));
      at.faults.before = undefined;
      await at.revert();
      await isAsBefore(at, before, node.metadata?.labels);
      await at.remove();
    }
  });

  it('what cannot be converted is refused with every reason, and nothing is changed', async () => {
    const at = await kubeadmNode();
    await at.put(UNIT, '[Service]\nExecStart=/usr/local/bin/yurthub\n');
    await at.put('/etc/kubernetes/manifests/kube-apiserver.yaml', '');
    const before = await at.photograph();
    const error = await failure(at.convert({ spec: { hub: { edgeHubProgram: program } } }));
    assert.equal(error.code, 'CONVERT_REFUSED');
    for (const reason of [
      /yurthub\.service is the edge-hub of another tool/,
      /kube-apiserver\.yaml: it is a control-plane node/,
      /does not start without a node pool/,
    ])
      assert.match(error.why ?? '', reason);
    assert.deepEqual(await at.photograph(), before);
    assert.match((await failure(at.revert())).why ?? '', /belongs to another tool/);
  });

  it('a node that edgeadm has joined is not converted, and a converted one is neither joined, reset nor upgraded', async () => {
    const own = await bed.node(VERSION, 'Ubuntu 22.04');
    await own.join();
    assert.match((await failure(own.convert(asService()))).why ?? '', /edgeadm joined it/);
    assert.match((await failure(own.revert())).why ?? '', /it was joined as/);
    const at = await kubeadmNode();
    await at.convert(asService());
    for (const work of [() => at.join(), () => at.reset(), () => at.upgrade()])
      assert.match((await failure(work())).next ?? '', /edgeadm revert/);
    assert.match((await failure(at.convert(asPod))).why ?? '', /run edgeadm revert first/);
  });
});
