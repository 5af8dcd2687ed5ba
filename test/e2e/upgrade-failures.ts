import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { edgeHubImage, photographAtRest, world } from '../testbed/index.ts';
import { interrupt } from './interrupt.ts';
import type { Tell } from './side-by-side.ts';
import {
  DROP_IN,
  hubPod,
  isAsBefore,
  isAt,
  ok,
  overSsh,
  resetAndCompare,
  resultOf,
  run,
  type Subject,
  start,
  upgradeWith,
} from './upgrade-bed.ts';
import { NEW, NEW_HUB, OLD } from './upgrade-bundles.ts';

const ADMIN = '/root/admin.conf';

/** Faults of bundle, kubelet and edge-hub; the node is as it was after each. */
export function failing(test: Tell): void {
  const subject = start(test, 'upgrade2');
  const fails = async (phase: string, cause: RegExp, args: string[], newPod = false): Promise<void> => {
    await comesBack(subject, phase, cause, await run(subject.node, [...args, '--output', 'json']), newPod);
  };
  test('while it drains: the pods that cannot go are named, and the node takes pods again', async () => {
    const { node, cluster } = subject;
    await cluster.kubectl('label', 'pod', `${node.name}-app`, 'app=guarded');
    await cluster.apply({
      apiVersion: world.policyApi,
      kind: 'PodDisruptionBudget',
      metadata: { name: 'guard', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    });
    await node.write(ADMIN, await readFile(cluster.kubeconfig, 'utf8'), 0o600);
    subject.joined = await photographAtRest(node);
    const drain = ['--drain', '--force', '--drain-timeout', '2s', '--kubeconfig', ADMIN];
    await fails('drain', /default\/upgrade2-app: .*disruption budget/, upgradeWith('next', ...drain));
    await node.exec('rm', ADMIN);
    subject.joined = await photographAtRest(node);
  });
  test('while it installs (a damaged kubelet): Ctrl-C on the way back leaves the older version, at once or when the same command runs again', async () => {
    const ended = await interrupt(subject.node, upgradeWith('damaged'), { phase: 'recover' }, 'INT');
    // A busy machine may need longer for the way back than the two seconds in which Ctrl-C ends a command.
    const again = upgradeWith('damaged', '--output', 'json');
    const result = ended.exitCode === 130 ? await run(subject.node, again) : ended;
    await comesBack(subject, 'install', /BUNDLE_INVALID/, result);
  });
  test('while it restarts the kubelet: the older version runs again', async () => {
    await refuseKubelet(subject, NEW);
    await fails('restart', /COMMAND_FAILED/, upgradeWith());
    await refuseKubelet(subject);
  });
  test('while it restarts the kubelet, and on the way back: it says what is wrong, and the command that it prints takes the node back', async () => {
    await refuseKubelet(subject, 'Kubernetes');
    const result = await run(subject.node, upgradeWith('next', '--output', 'json'));
    assert.equal(result.exitCode, 1, result.stdout);
    const { error } = resultOf(result);
    assert.equal(error.code, 'UPGRADE_NOT_RECOVERED');
    assert.match(error.what, /^the upgrade failed in phase restart, and so did the rollback$/);
    assert.match(error.why, /kubelet\.service/);
    await refuseKubelet(subject);
    const [, command = ''] = /^edgeadm (upgrade .+)$/m.exec(error.next) ?? [];
    const { stderr, stdout } = await ok(subject.node, command.split(' '));
    assert.match(`${stdout}${stderr}`, new RegExp(`The node was rolled back: kubelet ${OLD} is running again`));
    await isAsBefore(subject);
  });
  test('while it verifies (a kubelet that dies): the older version runs again', () =>
    fails('verify', /KUBELET_FAILED/, upgradeWith('dying')));
  test('while it verifies (an edge-hub that does not start): the older edge-hub runs again', async () => {
    const args = upgradeWith('broken-hub', '--timeout', '40s');
    await fails('verify', /NODE_NOT_READY|EDGE_HUB_FAILED|ADDON_NOT_READY/, args, true);
    assert.equal((await hubPod(subject))?.spec.containers[0]?.image, edgeHubImage);
  });
  test('when nothing fails, here over SSH, the drained node takes pods again and has the new edge-hub', async () => {
    await subject.cluster.kubectl('delete', 'poddisruptionbudget', 'guard');
    const result = await overSsh(
      [subject.node],
      'hub',
      '--drain',
      '--force',
      '--kubeconfig',
      subject.cluster.kubeconfig,
    );
    assert.equal(result.exitCode, 0, result.stdout);
    assert.match(result.stdout, /1 pod evicted/);
    const { ok: good, hosts } = resultOf(result);
    assert.equal(good, true);
    assert.equal(hosts[0]?.outcome, 'upgraded');
    await isAt(subject, NEW);
    assert.equal((await hubPod(subject))?.spec.containers[0]?.image, NEW_HUB);
  });
  test('and a reset leaves nothing', () => resetAndCompare(subject));
}

/** Asserts that the upgrade failed there, and that nothing of it is left. */
async function comesBack(
  subject: Subject,
  phase: string,
  cause: RegExp,
  result: { exitCode: number; stdout: string },
  newPod = false,
): Promise<void> {
  assert.equal(result.exitCode, 1, result.stdout);
  const { error } = resultOf(result);
  assert.equal(error.code, 'UPGRADE_RECOVERED', JSON.stringify(error));
  assert.equal(error.what, `the upgrade failed in phase ${phase}; the node was rolled back`);
  assert.match(error.why, cause);
  await isAsBefore(subject, newPod);
}

/** systemd starts no kubelet that has these words in its version; without any it does again. */
export async function refuseKubelet({ node }: Subject, words?: string): Promise<void> {
  const command = `/bin/sh -c '! /usr/bin/kubelet --version | grep -q ${words}'`;
  if (words) await node.write(DROP_IN, `[Service]\nExecStartPre=${command}\n`);
  else await node.exec('rm', DROP_IN);
  await node.exec('systemctl', 'daemon-reload');
}
