import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { forEachLimited } from '../../../src/lib/for-each.ts';
import { type BedNode, CLUSTER_VERSION, NODE_VERSION, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { type Call, changesOf, failOnce, killAt, pointsOf } from '../workflow-bed/faults.ts';

/** Nodes at work at the same time: they mostly wait. */
const AT_ONCE = 8;
/** Nothing listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1 };
/** It is rewritten whenever something is rolled back. */
const JOURNAL = '/var/lib/edgeadm/journal.jsonl';
/** How long the journal was when a command ended. */
const SEALED = '/var/lib/edgeadm/sealed';

const isNewKubelet = ({ method, args }: Call): boolean => method === 'writeFile' && args[0] === '/usr/bin/kubelet';
const isRestart = ({ method, args }: Call): boolean => method === 'restart' && args[0] === 'kubelet.service';

const failsWith = async (run: Promise<unknown>, code: string): Promise<EdgeadmError> => {
  const error = await run.then(
    () => assert.fail(`it did not fail with ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
};

describe('upgrade in process', function () {
  this.timeout(process.env.EDGEADM_TEST_EVERY_CHANGE ? 900_000 : 120_000);
  let bed: WorkflowBed;
  let bundle: string;
  before(async () => {
    bed = await workflowBed();
    bundle = await bed.bundle(CLUSTER_VERSION);
  });
  after(() => bed.close());

  const joined = async (): Promise<BedNode> => {
    const node = await bed.node();
    await node.join();
    return node;
  };
  const versionOf = async (node: BedNode) =>
    (await bed.admin.get<V1Node>(`/api/v1/nodes/${node.name}`)).status?.nodeInfo?.kubeletVersion;
  const withoutJournal = async (node: BedNode) => {
    const { [JOURNAL]: _journal, [SEALED]: _sealed, ...rest } = await node.photograph();
    return rest;
  };
  const killed = async (node: BedNode, isIt: (call: Call) => boolean): Promise<void> => {
    let change = 0;
    const counted = new AbortController();
    let dead = false;
    node.faults.before = (call) => {
      change += 1;
      dead ||= isIt(call);
      if (!dead) return;
      counted.abort(new Error('killed'));
      throw new EdgeadmError({ code: 'INTERRUPTED', what: 'the process is dead', why: `call ${change}` });
    };
    await node.upgrade({ spec: { bundle }, signal: counted.signal }).catch(() => {});
    node.faults.before = undefined;
  };

  it('upgrade brings the kubelet to the version of the bundle, and a second one changes nothing', async () => {
    const node = await joined();
    const { outcome, from, to } = await node.upgrade({ spec: { bundle } });
    assert.deepEqual([outcome, from, to], ['upgraded', NODE_VERSION, CLUSTER_VERSION]);
    assert.equal(await versionOf(node), CLUSTER_VERSION);
    const upgraded = await node.photograph();
    assert.equal((await node.upgrade({ spec: { bundle } })).outcome, 'unchanged');
    assert.deepEqual(await node.photograph(), upgraded);
    assert.equal((await node.join()).changed, false);
  });

  it('reset after an upgrade puts the machine back as it was before the join', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    await node.join();
    await node.upgrade({ spec: { bundle } });
    await node.reset();
    assert.deepEqual(await node.photograph(), before);
    assert.equal((await node.join()).changed, true);
  });

  it('upgrade shows in a dry run what it would do, and leaves the node alone', async () => {
    const node = await joined();
    const before = await node.photograph();
    await node.upgrade({ dryRun: true, spec: { bundle } });
    const plans = node.events.flatMap((event) => (event.type === 'plan' ? [event.action] : []));
    assert.ok(
      plans.some((action) => action.startsWith('install /usr/bin/kubelet')),
      plans.join('\n'),
    );
    assert.deepEqual(await node.photograph(), before);
  });

  it('upgrade that fails at any change either changed nothing or runs the version before again', async () => {
    const first = await joined();
    const changes = await changesOf(first.faults, () => first.upgrade({ spec: { bundle } }));
    await forEachLimited(pointsOf(changes), AT_ONCE, async (change) => {
      const node = await joined();
      const before = await withoutJournal(node);
      node.faults.before = failOnce((call) => call.change === change);
      const error = await node.upgrade({ spec: { bundle } }).then(
        () => undefined,
        (thrown: EdgeadmError) => thrown,
      );
      node.faults.before = undefined;
      if (error === undefined) return assert.equal(await versionOf(node), CLUSTER_VERSION);
      assert.match(`${error.code} ${error.why}`, /^UPGRADE_RECOVERED|nothing was changed|WRITE_FAILED/, `${change}`);
      assert.deepEqual(await withoutJournal(node), before, `change ${change}: ${error.message}`);
      assert.equal(await versionOf(node), NODE_VERSION);
      await node.remove();
    });
  });

  it('upgrade that is killed before any change is finished by the same command', async () => {
    const first = await joined();
    const changes = await changesOf(first.faults, () => first.upgrade({ spec: { bundle } }));
    await forEachLimited(pointsOf(changes), AT_ONCE, async (change) => {
      const node = await bed.node();
      const before = await node.photograph();
      await node.join();
      await node.upgrade({ spec: { bundle }, signal: killAt(node.faults, change) }).catch(() => {});
      node.faults.before = undefined;
      await node.upgrade({ spec: { bundle } });
      assert.equal(await versionOf(node), CLUSTER_VERSION, `change ${change}`);
      await node.reset();
      assert.deepEqual(await node.photograph(), before, `change ${change}`);
      await node.remove();
    });
  });

  it('upgrade that was killed is rolled back by one to the version before, and leaves the node as it was', async () => {
    const node = await joined();
    const before = await withoutJournal(node);
    await killed(node, isRestart);
    const { outcome, to } = await node.upgrade({ spec: { kubeletVersion: NODE_VERSION } });
    assert.deepEqual([outcome, to], ['recovered', NODE_VERSION]);
    assert.deepEqual(await withoutJournal(node), before);
  });

  it('join refuses a node whose upgrade was killed, and names both ways on', async () => {
    const node = await joined();
    await killed(node, isRestart);
    const { next } = await failsWith(node.join(), 'ALREADY_JOINED');
    assert.ok(next?.includes(`--target-version ${CLUSTER_VERSION}`), next);
    assert.ok(next?.includes(NODE_VERSION), next);
  });

  it('upgrade that is interrupted names both ways on, and nothing was changed before the first phase', async () => {
    const node = await joined();
    const controller = new AbortController();
    node.faults.before = (call) => isNewKubelet(call) && controller.abort(new Error('Ctrl-C'));
    const under = await failsWith(node.upgrade({ spec: { bundle }, signal: controller.signal }), 'INTERRUPTED');
    assert.match(under.next ?? '', /same command again .*--target-version v1\.20\.1/);
    node.faults.before = undefined;
    const other = await joined();
    const early = AbortSignal.abort(new Error('Ctrl-C'));
    const nothing = await failsWith(other.upgrade({ spec: { bundle }, signal: early }), 'INTERRUPTED');
    assert.match(nothing.why ?? '', /nothing was changed/);
  });

  it('upgrade without an API server says that the kubelet runs, or puts the one before back', async () => {
    const node = await joined();
    await killed(node, isRestart);
    node.faults.dial = () => NOWHERE;
    const running = await failsWith(node.upgrade({ spec: { bundle } }), 'API_UNREACHABLE');
    assert.match(running.why ?? '', /is in progress, and the kubelet is running/);
    await node.machine().services.stop('kubelet.service');
    const stopped = await failsWith(node.upgrade({ spec: { bundle } }), 'API_UNREACHABLE');
    assert.match(stopped.why ?? '', /kubelet v1\.20\.1 was restored and started/);
    assert.equal((await node.machine().services.state('kubelet.service')).active, true);
    assert.match(await node.text('/usr/bin/kubelet'), /v1\.20\.1/);
    node.faults.dial = undefined;
    assert.equal((await node.upgrade({ spec: { bundle } })).outcome, 'upgraded');
  });

  it('upgrade whose roll-back fails names what is left, and the next call goes back', async () => {
    const node = await joined();
    const before = await withoutJournal(node);
    let failing = false;
    let failedOnce = false;
    node.faults.before = (call) => {
      failing ||= isRestart(call);
      const isForgotten = call.method === 'writeFile' && call.args[0] === JOURNAL;
      if (failing && isForgotten) throw new EdgeadmError({ code: 'WRITE_FAILED', what: 'read-only', why: 'EROFS' });
      if (isRestart(call) && !failedOnce) {
        failedOnce = true;
        throw new EdgeadmError({ code: 'COMMAND_FAILED', what: 'systemctl restart failed' });
      }
    };
    const error = await failsWith(node.upgrade({ spec: { bundle } }), 'UPGRADE_NOT_RECOVERED');
    assert.match(error.why ?? '', /v1\.20\.1 is not running, or could not be verified:\n.*read-only/);
    assert.match(error.next ?? '', /edgeadm upgrade --target-version v1\.20\.1/);
    node.faults.before = undefined;
    await node.upgrade({ spec: { kubeletVersion: NODE_VERSION } });
    assert.deepEqual(await withoutJournal(node), before);
  });

  it('upgrade with --drain cordons the node, lets pods in again, and does both as the administrator', async () => {
    const node = await joined();
    const states: unknown[] = [];
    node.faults.before = ({ method }) => void (method === 'restart' && states.push('restart'));
    await node.upgrade({ spec: { bundle, drain: true, kubeconfig: bed.kubeconfig } });
    assert.deepEqual(states, ['restart']);
    const { spec } = await bed.admin.get<V1Node>(`/api/v1/nodes/${node.name}`);
    assert.equal(spec?.unschedulable ?? false, false);
    const phases = node.events.flatMap((event) =>
      event.type === 'phase-end' && event.outcome === 'done' ? [event.phase] : [],
    );
    assert.ok(phases.includes('drain') && phases.includes('uncordon'), phases.join());
  });

  it('upgrade refuses a bundle whose kubelet is another version than it says, and rolls back', async () => {
    const node = await joined();
    const before = await withoutJournal(node);
    const wrong = await bed.bundle(CLUSTER_VERSION, { kubelet: 'v1.20.0' });
    const error = await failsWith(node.upgrade({ spec: { bundle: wrong } }), 'UPGRADE_RECOVERED');
    assert.match(error.why ?? '', /BUNDLE_INVALID/);
    assert.deepEqual(await withoutJournal(node), before);
  });

  it('upgrade refuses a machine that was never joined, or one without a bundle, and changes nothing', async () => {
    const bare = await bed.node();
    await failsWith(bare.upgrade({ spec: { bundle } }), 'UPGRADE_CHECK_FAILED');
    const node = await joined();
    const before = await node.photograph();
    const error = await failsWith(node.upgrade(), 'BUNDLE_NEEDED');
    assert.match(error.why ?? '', /nothing was changed/);
    assert.doesNotMatch(error.next ?? '', /changed/);
    assert.deepEqual(await node.photograph(), before);
  });

  it('upgrade gives the edge-hub of the node no other image unless the bundle has one', async () => {
    const node = await bed.node();
    await node.join({ spec: { edgeHub: true, edgeHubImage: 'registry.example.com/edge-hub:v0.12.1' } });
    await node.upgrade({ spec: { bundle } });
    assert.equal(await versionOf(node), CLUSTER_VERSION);
    assert.equal((await node.join({ spec: { edgeHub: undefined } })).changed, false);
  });
});
