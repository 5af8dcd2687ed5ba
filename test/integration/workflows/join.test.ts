import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { forEachLimited } from '../../../src/lib/for-each.ts';
import { type BedNode, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { changesOf, failOnce, killAt, pointsOf } from '../workflow-bed/faults.ts';

const HUB = { edgeHub: true, edgeHubImage: 'registry.example.com/edge-hub:v0.12.1' };
const JOURNAL = '/var/lib/edgeadm/journal.jsonl';
/** How long the journal was when a command ended. */
const SEALED = '/var/lib/edgeadm/sealed';
/** Nodes at work at the same time: they mostly wait. */
const AT_ONCE = 4;
/** Nothing listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1 };

/** A change of a join that only it makes: the kubelet's configuration. */
const isKubeletConfiguration = ({ method, args }: { method: string; args: readonly unknown[] }): boolean =>
  method === 'writeFile' && args[0] === '/var/lib/kubelet/config.yaml';

const failsWith = async (run: Promise<unknown>, code: string): Promise<EdgeadmError> => {
  const error = await run.then(
    () => assert.fail(`it did not fail with ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
};

const isReady = ({ status }: V1Node): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.reason;

describe('join in process', function () {
  this.timeout(process.env.EDGEADM_TEST_EVERY_CHANGE ? 900_000 : 120_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  const nodeObject = (node: BedNode) => bed.admin.find<V1Node>(`/api/v1/nodes/${node.name}`);

  it('join registers the node with its labels, and a second join changes nothing on the machine', async () => {
    const node = await bed.node();
    const spec = { labels: { shop: '17' } };
    const first = await node.join({ spec });
    assert.deepEqual([first.nodeName, first.changed], [node.name, true]);
    assert.equal((await nodeObject(node))?.metadata?.labels?.shop, '17');
    const joined = await node.photograph();
    const second = await node.join({ spec });
    assert.deepEqual([second.nodeName, second.changed], [node.name, false]);
    assert.deepEqual(await node.photograph(), joined);
  });

  it('join with an edge-hub brings the kubelet into the cluster through it, and a later join keeps it', async () => {
    const node = await bed.node();
    await node.join({ spec: HUB });
    assert.match(await node.text('/etc/kubernetes/kubelet.conf'), /http:\/\/127\.0\.0\.1:10261/);
    assert.equal((await node.join({ spec: { edgeHub: undefined } })).changed, false);
    const error = await failsWith(node.join({ spec: { edgeHub: false } }), 'ALREADY_JOINED');
    assert.match(error.why ?? '', /--no-edge-hub/);
  });

  it('join shows in a dry run what it would do, and leaves machine and cluster alone', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    await node.join({ dryRun: true, spec: HUB });
    const plans = node.events.flatMap((event) => (event.type === 'plan' ? [event.action] : []));
    assert.ok(
      plans.some((action) => action.startsWith('write /var/lib/kubelet/config.yaml')),
      plans.join('\n'),
    );
    assert.deepEqual(await node.photograph(), before);
    assert.equal(await nodeObject(node), undefined);
  });

  it('join rolls back to the machine that was there before, whichever change fails', async () => {
    const first = await bed.node();
    const changes = await changesOf(first.faults, () => first.join());
    await forEachLimited(pointsOf(changes), AT_ONCE, async (change) => {
      const node = await bed.node();
      const before = await node.photograph();
      node.faults.before = failOnce((call) => call.change === change);
      const failed = await node.join().then(
        () => undefined,
        (error: EdgeadmError) => error,
      );
      node.faults.before = undefined;
      if (failed === undefined) await node.reset();
      assert.deepEqual(await node.photograph(), before, `change ${change}: ${failed?.message}`);
      await node.remove();
    });
  });

  it('join that is killed before any change is finished by the same command or rolled back by reset', async () => {
    const first = await bed.node();
    const changes = await changesOf(first.faults, () => first.join());
    await forEachLimited(pointsOf(changes), AT_ONCE, async (change) => {
      const node = await bed.node();
      const before = await node.photograph();
      await node.join({ signal: killAt(node.faults, change) }).catch(() => {});
      node.faults.before = undefined;
      if (change % 2 === 0) {
        await node.join();
        assert.equal((await node.join()).changed, false, `change ${change}`);
      }
      await node.reset();
      assert.deepEqual(await node.photograph(), before, `change ${change}`);
      await node.remove();
    });
  });

  it('join that fails without roll-back leaves the node for the same command, and says so', async () => {
    const node = await bed.node();
    node.faults.before = failOnce(isKubeletConfiguration);
    const error = await failsWith(node.join({ spec: { rollbackOnFailure: false } }), 'WRITE_FAILED');
    assert.match(error.why ?? '', /not rolled back \(--no-rollback-on-failure\)/);
    assert.match(error.next ?? '', /then run the same command again to continue, or edgeadm reset$/);
    await node.text(JOURNAL);
    assert.equal((await node.join()).changed, true);
  });

  it('join that is interrupted is not rolled back, names the next command, and is finished by it', async () => {
    const node = await bed.node();
    const controller = new AbortController();
    node.faults.before = (call) => isKubeletConfiguration(call) && controller.abort(new Error('Ctrl-C'));
    const error = await failsWith(node.join({ signal: controller.signal }), 'INTERRUPTED');
    assert.match(error.next ?? '', /run the same command again/);
    node.faults.before = undefined;
    assert.equal((await node.join()).changed, true);
  });

  it('join that fails on a joined node takes back its own changes alone', async () => {
    const node = await bed.node();
    await node.join();
    const joined = await node.photograph();
    node.faults.before = failOnce(({ method, args }) => method === 'restart' && args[0] === 'kubelet.service');
    await failsWith(node.join({ spec: { clusterDns: ['10.96.0.53'] } }), 'WRITE_FAILED');
    const { [JOURNAL]: _journal, [SEALED]: _sealed, ...rest } = await node.photograph();
    const { [JOURNAL]: _before, [SEALED]: _length, ...expected } = joined;
    assert.deepEqual(rest, expected);
    assert.equal((await node.join()).changed, false);
  });

  it('join whose roll-back fails as well names what is left, and reset is the next command', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    let failing = false;
    node.faults.before = (call) => {
      failing ||= isKubeletConfiguration(call);
      const isUnit = call.args[0] === '/etc/systemd/system/kubelet.service';
      if (failing && (isKubeletConfiguration(call) || (isUnit && call.method === 'remove')))
        throw new EdgeadmError({ code: 'WRITE_FAILED', what: 'read-only', why: 'EROFS' });
    };
    const error = await failsWith(node.join(), 'WRITE_FAILED');
    assert.match(error.why ?? '', /could not be rolled back completely:\n.*kubelet\.service/);
    assert.match(error.next ?? '', /^edgeadm reset/);
    node.faults.before = undefined;
    await node.reset();
    assert.deepEqual(await node.photograph(), before);
  });

  it('join keeps a random node name over a roll-back, so that the next try asks for the same Node', async () => {
    const node = await bed.node();
    const spec = { nodeName: '*.example.com' };
    node.faults.before = failOnce(isKubeletConfiguration);
    await failsWith(node.join({ spec }), 'WRITE_FAILED');
    const chosen = /"value":"(\w{6}\.example\.com)"/.exec(await node.text(JOURNAL))?.[1];
    assert.equal((await node.join({ spec })).nodeName, chosen);
  });

  it('join refuses a node of this cluster under another name or in another pool, and changes nothing', async () => {
    const node = await bed.node();
    await node.join({ spec: { nodePool: 'north' } });
    const joined = await node.photograph();
    for (const spec of [{ nodeName: 'other', nodePool: 'north' }, { nodePool: 'south' }])
      assert.match((await failsWith(node.join({ spec }), 'ALREADY_JOINED')).next ?? '', /^edgeadm reset/);
    assert.deepEqual(await node.photograph(), joined);
  });

  it('join phase preflight checks the node and changes nothing', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    await node.join({ only: 'preflight' });
    assert.deepEqual(await node.photograph(), before);
  });

  it('join changes nothing if the API server cannot be reached', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    node.faults.dial = () => NOWHERE;
    await failsWith(node.join(), 'API_UNREACHABLE');
    assert.deepEqual(await node.photograph(), before);
  });

  it('join whose time limit ends while it waits for the cluster is rolled back', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    const limit = new AbortController();
    node.faults.before = ({ method }) => {
      if (method !== 'start') return;
      node.faults.dial = () => NOWHERE;
      limit.abort(new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end in time' }));
    };
    await failsWith(node.join({ signal: limit.signal }), 'TIMEOUT');
    assert.deepEqual(await node.photograph(), before);
  });

  it('reset tells the cluster that the node left, leaves no trace, and does nothing a second time', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    await node.join({ spec: HUB });
    assert.deepEqual(await node.reset(), { nodeName: node.name, changed: true });
    assert.deepEqual(await node.photograph(), before);
    assert.equal(isReady((await nodeObject(node)) ?? {}), 'EdgeadmReset');
    assert.equal((await node.reset()).changed, false);
    assert.deepEqual(await node.photograph(), before);
  });

  it('reset that is killed before any change is finished by the same command', async () => {
    const first = await bed.node();
    await first.join({ spec: HUB });
    const changes = await changesOf(first.faults, () => first.reset());
    await forEachLimited(pointsOf(changes), AT_ONCE, async (change) => {
      const node = await bed.node();
      const before = await node.photograph();
      await node.join({ spec: HUB });
      await node.reset({ signal: killAt(node.faults, change) }).catch(() => {});
      node.faults.before = undefined;
      await node.reset();
      assert.deepEqual(await node.photograph(), before, `change ${change}`);
      await node.remove();
    });
  });

  it('reset deletes the Node object with --delete-node, and refuses it without a kubeconfig of an administrator', async () => {
    const node = await bed.node();
    await node.join();
    await node.reset({ spec: { deleteNode: true, drain: true, kubeconfig: bed.kubeconfig } });
    assert.equal(await nodeObject(node), undefined);
  });
});
