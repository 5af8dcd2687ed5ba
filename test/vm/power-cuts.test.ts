import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Moment } from '../e2e/interrupt.ts';
import { inWorlds, joinArgs, testBed, WITH_HUB } from '../e2e/support.ts';
import { makeBundle, stateDir, world } from '../testbed/index.ts';
import { MEDIUM } from './machine.ts';
import { tracesAfterBoot, tracesOn } from './photograph.ts';
import { cutPowerDuring, freshMachine, nameOf, randomMoment, type Subject, succeed } from './support.ts';

const NAME = 'vm-cuts';
/** How often the power is cut in a join, in a reset and in an upgrade. */
const CUTS = Number(process.env.EDGEADM_TEST_CUTS ?? 2);

const JOIN = [
  'prepare-node',
  'install-runtime/images',
  'install-kubelet',
  'join-node',
  'install-edgehub',
  'post-check',
];
/** What containerd has just unpacked is the most that a power cut may take. */
const IMPORTED: Moment = { phase: 'install-runtime/images', event: 'phase-end' };
const UPGRADE = ['back-up', 'install', 'install/kubelet', 'restart/kubelet', 'verify', 'clean-up'];
const RESET = ['stop-kubelet', 'remove-pods', 'unmount', 'remove-network', 'restore', 'erase'];
const UPGRADE_LINE = ['upgrade', '--bundle', `${MEDIUM}/next`];
const RESET_LINE = ['reset', '--yes'];

const { from, to } = world.upgrade;

inWorlds('today')('a virtual machine of which the power is cut', function () {
  this.timeout(7_200_000);
  this.bail(true);
  let subject: Subject;
  let line: string[];

  before(async () => {
    const [bundle, next] = [join(stateDir, 'vm-from'), join(stateDir, 'vm-to')];
    await testBed();
    await makeBundle({ out: bundle, version: from });
    await makeBundle({ out: next, version: to, kubeletOnly: true });
    subject = await freshMachine(NAME, { bundle, next });
    line = await joinArgs(...WITH_HUB, '--kubernetes-version', from);
  });
  after(() => subject?.machine.down());

  for (const moment of momentsOf(JOIN)) {
    it(`${nameOf(moment)} of a join: a reset leaves nothing`, async () => {
      await cutPowerDuring(subject.machine, line, moment);
      await leavesNothing();
    });
  }
  for (const moment of [IMPORTED, ...momentsOf(JOIN)])
    it(`${nameOf(moment)} of a join: the same line goes on`, () => cutPowerDuring(subject.machine, line, moment));
  it('the join that lost power joins the node at last', async () => {
    await succeed(subject.machine, line);
    await isReadyAt(from);
  });
  for (const [i, moment] of momentsOf(UPGRADE).entries()) {
    it(`${nameOf(moment)} of an upgrade: the same line goes on`, () =>
      cutPowerDuring(subject.machine, UPGRADE_LINE, moment, i > 0));
  }
  it('the upgrade that lost power upgrades the node at last', async () => {
    await succeed(subject.machine, UPGRADE_LINE);
    await isReadyAt(to);
  });
  for (const moment of momentsOf(RESET, 1))
    it(`${nameOf(moment)} of a reset: the same line goes on`, () =>
      cutPowerDuring(subject.machine, RESET_LINE, moment));
  it('the reset that lost power leaves nothing, nor after one more boot', async () => {
    await leavesNothing();
    await subject.machine.reboot();
    assert.deepEqual(await tracesAfterBoot(subject.machine, subject.before), []);
  });

  async function leavesNothing(): Promise<void> {
    await succeed(subject.machine, RESET_LINE);
    assert.deepEqual(await tracesOn(subject.machine, subject.before), []);
  }

  async function isReadyAt(version: string): Promise<void> {
    const { cluster } = await testBed();
    await cluster.waitForNode(NAME, true, 300);
    const node = await cluster.get<{ status: { nodeInfo: object } }>(`/api/v1/nodes/${NAME}`);
    assert.partialDeepStrictEqual(node?.status.nodeInfo, { kubeletVersion: version });
  }
});

/** In the order of the phases: a line that goes on does not begin again what it has done. */
function momentsOf(phases: readonly string[], seconds?: number): Moment[] {
  const moments = Array.from({ length: CUTS }, () => randomMoment(phases, seconds));
  return moments.toSorted((one, other) => phases.indexOf(one.phase) - phases.indexOf(other.phase));
}
