import assert from 'node:assert/strict';
import { upgradePhases } from '../../src/phases/upgrade/index.ts';
import { phaseNames } from '../../src/workflow/phase.ts';
import { difference, photograph } from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import {
  container,
  isAt,
  ok,
  onlyPrograms,
  overSsh,
  PASSING,
  resetAndCompare,
  resultOf,
  run,
  start,
  upgradeBed,
  upgradeWith,
} from './upgrade-bed.ts';
import { NEW, OLD } from './upgrade-bundles.ts';
import { failing, failingAtItsEnds } from './upgrade-failures.ts';
import { interrupted, KILLS, killed, killedOnTheWayBack, LAST_KILLS, RUNTIME_KILLS } from './upgrade-kills.ts';
import { withContainerd } from './upgrade-runtime.ts';

describe('edgeadm upgrade', () => {
  sideBySide(
    {
      'of a node with pods': upgraded,
      'that fails': failing,
      'that fails at its beginning, its end, and on its way back': failingAtItsEnds,
      'that is killed': killed,
      'that is killed on its way back, or has no API server': killedOnTheWayBack,
      'that is interrupted': interrupted,
      'of a containerd that edgeadm has installed': withContainerd,
    },
    upgradeBed,
  );

  after(async () => (await upgradeBed()).down());

  it('edgeadm upgrade was killed in every phase that there is', () => {
    const names = phaseNames(upgradePhases);
    const leaves = names
      .filter((name) => !names.some((other) => other.startsWith(`${name}/`)))
      // Nothing of these is done on a node that runs containerd already.
      .filter((name) => !/^(prepare-runtime|leave-docker)\//.test(name));
    const moments = [...KILLS, ...RUNTIME_KILLS, ...LAST_KILLS].map(({ phase }) => phase);
    assert.deepEqual(moments.sort(), leaves.sort());
  });
});

function upgraded(test: Tell): void {
  const subject = start(test, 'upgrade1');
  let before: string;
  test('a dry run shows what would be done and changes nothing', async () => {
    const { stdout } = await ok(subject.node, upgradeWith('next', '--dry-run'));
    assert.match(stdout, /install \/usr\/bin\/kubelet/);
    assert.match(stdout, /restart kubelet\.service/);
    await isAt(subject, OLD);
    assert.deepEqual(difference(subject.joined, await photograph(subject.node), PASSING), []);
  });
  test('a version that is not the control plane’s is refused', async () => {
    const { exitCode, stderr } = await run(subject.node, ['upgrade', '--target-version', '1.20.9']);
    assert.equal(exitCode, 4, stderr);
    assert.match(stderr, /kubelet target version 1\.20\.9 does not match cluster version v1\.20\.3/);
  });
  test('the node gets the new version while its pod goes on', async () => {
    before = await container(subject);
    const args = upgradeWith('next', '--interconnect-mode=basic', '--region=cn-hangzhou');
    const { stdout, stderr } = await ok(subject.node, args);
    assert.match(`${stdout}${stderr}`.trimEnd(), /This node has been upgraded successfully$/);
    await isAt(subject, NEW);
    assert.equal(await container(subject), before);
  });
  test('a second run says so and does nothing', async () => {
    const { stdout, stderr } = await ok(subject.node, upgradeWith());
    assert.match(`${stdout}${stderr}`, /node has already been upgraded to v1\.20\.3/);
    assert.equal(await container(subject), before);
  });
  test('programs are all that has changed', () => onlyPrograms(subject));
  const other = start(test, 'upgrade8', { pod: false });
  test('of two nodes over SSH, that which is there already is left alone', async () => {
    const result = await overSsh([subject.node, other.node], 'next');
    assert.equal(result.exitCode, 0, result.stdout);
    const outcomes = resultOf(result).hosts.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ['unchanged', 'upgraded']);
    assert.equal(await container(subject), before);
    await isAt(other, NEW);
  });
  test('and a reset leaves nothing', () => Promise.all([subject, other].map(resetAndCompare)).then(() => {}));
}
