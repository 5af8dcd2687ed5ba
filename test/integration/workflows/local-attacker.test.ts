import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Address } from '../../../src/host/machine.ts';
import { diagnose } from '../../../src/phases/diagnose/diagnose.ts';
import { type HostileServer, hostileServer, MODES } from '../../unit/http/hostile-server.ts';
import { type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { withFaults } from '../workflow-bed/faults.ts';

const HUB = { edgeHub: true, edgeHubImage: 'registry.example.com/edge-hub:v0.12.1' };
const KUBELET_HEALTH = 10248;
const HUB_HEALTH = 10267;
/** A look at these ends by its own time limit, seconds later: the tests of HTTP have them. */
const SLOW = /now and then|says nothing/;
const QUICK = Object.entries(MODES).filter(([mode]) => !SLOW.test(mode));

/** A health port belongs to anybody as long as the component that should listen there is down. */
describe('a user of the node who listens on a health port', function () {
  this.timeout(60_000);
  let bed: WorkflowBed;
  let attacker: HostileServer | undefined;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());
  afterEach(async () => {
    await attacker?.close();
    attacker = undefined;
  });

  const instead = (port: number) => (address: Address) =>
    'port' in address && address.port === port ? { host: '127.0.0.1', port: Number(attacker?.url.port) } : address;

  it('join waits no longer than its time limit for an edge-hub whose health port misbehaves in every way, and is rolled back', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    const limit = new AbortController();
    const left = QUICK.map(([, misbehave]) => misbehave);
    attacker = await hostileServer((socket, every) => {
      left.shift()?.(socket, every);
      if (left.length === 0)
        limit.abort(new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end in time' }));
    });
    node.faults.dial = instead(HUB_HEALTH);
    await assert.rejects(node.join({ spec: HUB, signal: limit.signal }), {
      code: 'EDGE_HUB_FAILED',
      why: /^last seen: /,
    });
    assert.deepEqual(await node.photograph(), before);
    await node.remove();
  });

  for (const [mode, misbehave] of QUICK) {
    it(`diagnose finds a kubelet unhealthy whose health port ${mode}, and collects everything else`, async () => {
      const node = await bed.node();
      attacker = await hostileServer(misbehave);
      const machine = withFaults(node.machine(), { dial: instead(KUBELET_HEALTH) });
      const signal = new AbortController().signal;
      const { diagnosis, files } = await diagnose({ machine, label: node.name, version: '0.0.0-test', signal });
      const health = files.find(({ path }) => path === 'kubelet/health.txt')?.text ?? '';
      assert.ok(health.length > 0 && health.length < 1000, health);
      assert.doesNotMatch(health, /^ok/);
      assert.deepEqual(
        diagnosis.collectors.filter(({ outcome }) => outcome === 'slow').map(({ name }) => name),
        [],
      );
      await node.remove();
    });
  }
});
