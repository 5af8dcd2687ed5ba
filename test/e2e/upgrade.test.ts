import assert from 'node:assert/strict';
import { difference, photograph } from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { inWorlds } from './support.ts';
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
import { failing } from './upgrade-failures.ts';
import { interrupted, killed, killedOnTheWayBack } from './upgrade-kills.ts';
import { withContainerd } from './upgrade-runtime.ts';

inWorlds('guide', 'today')('edgeadm upgrade', () => {
  sideBySide(
    {
      'of a node with pods': upgraded,
      'that fails': failing,
      'that is killed': killed,
      'that is killed on its way back, or loses the API server': killedOnTheWayBack,
      'that is interrupted': interrupted,
      'of a containerd that edgeadm has installed': withContainerd,
    },
    upgradeBed,
  );

  after(async () => (await upgradeBed()).down());
});

/** A patch version that the control plane does not have. */
const ABSENT = NEW.replace(/^v(.*)\d$/, '$19');

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
    const { exitCode, stderr } = await run(subject.node, ['upgrade', '--target-version', ABSENT]);
    assert.equal(exitCode, 4, stderr);
    assert.match(stderr, new RegExp(`kubelet target version ${ABSENT} does not match cluster version ${NEW}`));
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
    assert.match(`${stdout}${stderr}`, new RegExp(`node has already been upgraded to ${NEW}`));
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
