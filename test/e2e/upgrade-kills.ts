import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { programInNode } from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import type { Tell } from './side-by-side.ts';
import {
  begins,
  during,
  isAsBefore,
  isAt,
  ok,
  onlyPrograms,
  resetAndCompare,
  resultOf,
  run,
  type Subject,
  start,
  upgradeWith,
} from './upgrade-bed.ts';
import { NEW, OLD } from './upgrade-bundles.ts';
import { refuseKubelet } from './upgrade-failures.ts';

const ADMIN = '/root/admin.conf';

/**
 * Moments in which other programs are at work; a run is killed in each by the next call of the same command. The tests in
 * process (test/integration/workflows) kill at changes all over an upgrade, at each of them with EDGEADM_TEST_EVERY_CHANGE=1.
 */
const KILLS: readonly Moment[] = [
  { phase: 'drain', after: 0.1 },
  { phase: 'install/images', after: 0.1 },
  { phase: 'install/kubelet', after: 0.1 },
  { phase: 'restart/kubelet' },
  { phase: 'verify' },
];
/** On a node whose containerd is edgeadm's. */
export const RUNTIME_KILLS: readonly Moment[] = [
  { phase: 'install/containerd', after: 0.1 },
  { phase: 'restart/containerd', after: 0.05 },
];
/** Files go back, the kubelet is restarted, it is waited for. */
const KILLS_OF_THE_WAY_BACK: readonly Moment[] = [
  { phase: 'recover', after: 0.1 },
  { phase: 'recover', after: 1 },
];

export function killed(test: Tell): void {
  const subject = start(test, 'upgrade4');
  const args = upgradeWith('hub', '--drain', '--force', '--kubeconfig', ADMIN);
  test('the node has a kubeconfig to be drained with', async () => {
    await subject.node.write(ADMIN, await readFile(subject.cluster.kubeconfig, 'utf8'), 0o600);
  });
  for (const moment of KILLS) {
    test(`in ${moment.phase}: the same command goes on, up to the next kill`, () => kill(subject, args, moment));
  }
  test('another version, such as the one before, takes the node back', async () => {
    const { stdout, stderr } = await ok(subject.node, ['upgrade', '--target-version', OLD, '--kubeconfig', ADMIN]);
    assert.match(`${stdout}${stderr}`, new RegExp(`The node was rolled back: kubelet ${OLD} is running again`));
    await isAt(subject, OLD);
  });
  test('in clean-up: the node is upgraded when the same command has run again', async () => {
    await kill(subject, upgradeWith(), { phase: 'clean-up' });
    await ok(subject.node, upgradeWith());
    await isAt(subject, NEW);
  });
  test('and a reset leaves nothing', async () => {
    await subject.node.exec('rm', ADMIN);
    await resetAndCompare(subject);
  });
}

export function killedOnTheWayBack(test: Tell): void {
  const subject = start(test, 'upgrade5');
  for (const moment of KILLS_OF_THE_WAY_BACK) {
    test(`${moment.after ?? 0} s into it: the same command goes on, fails again, up to the next kill`, async () => {
      await refuseKubelet(subject, NEW);
      await kill(subject, upgradeWith(), moment);
    });
  }
  test('the version before takes the node back', async () => {
    await ok(subject.node, ['upgrade', '--target-version', OLD]);
    await refuseKubelet(subject);
    await isAsBefore(subject);
  });
  test('the API server is away for a while during an upgrade: it waits, and a second one is told so', async () => {
    const { node } = subject;
    let second = '';
    const away = async (): Promise<void> => {
      await block(subject);
      second = (await run(node, upgradeWith('next', '--output', 'json'))).stdout;
      await unblock(subject);
    };
    const result = await during(node, upgradeWith(), [begins('restart/kubelet'), away]);
    assert.equal(resultOf({ stdout: second }).error.code, 'LOCKED');
    assert.match(resultOf({ stdout: second }).error.why, /edgeadm upgrade, process \d+ on \S+, since/);
    assert.equal(result.exitCode, 0, result.stdout);
    await isAt(subject, NEW);
    await onlyPrograms(subject);
  });
  test('and a reset leaves nothing', () => resetAndCompare(subject));
}

/** By a signal that it can answer. */
export function interrupted(test: Tell): void {
  const subject = start(test, 'upgrade6');
  const moments: [Moment, 'TERM' | 'INT', RegExp][] = [
    [{ phase: 'install/kubelet', after: 0.1 }, 'TERM', /^completed: precheck, back-up$/],
  ];
  for (const [moment, signal, done] of moments) {
    test(`SIG${signal} in ${moment.phase}: it says what is done and how to go on`, async () => {
      const result = await interrupt(subject.node, upgradeWith(), moment, signal);
      assert.equal(result.exitCode, 130, result.stdout);
      const { error } = resultOf(result);
      assert.equal(error.code, 'INTERRUPTED');
      assert.match(error.why, done);
      assert.match(
        error.next,
        new RegExp(`same command again to continue, or edgeadm upgrade --target-version ${OLD} to roll back`),
      );
    });
  }
  test('the version before takes the node back', async () => {
    await ok(subject.node, ['upgrade', '--target-version', OLD]);
    await isAsBefore(subject);
  });
  test('Ctrl-C on a terminal says the same', async () => {
    const { exitCode, screen } = await onTerminal(subject, upgradeWith(), /Restart the replaced services/);
    assert.equal(exitCode, 130, screen);
    assert.match(screen, /interrupted in phase (verify|restart)/);
    assert.match(screen, /same command again to continue/);
  });
  test('and the same command upgrades the node', async () => {
    await ok(subject.node, upgradeWith());
    await isAt(subject, NEW);
  });
  test('and a reset leaves nothing', () => resetAndCompare(subject));
}

export async function kill({ node }: Subject, args: string[], moment: Moment): Promise<void> {
  const { exitCode, stdout, stderr } = await interrupt(node, args, moment, 'KILL');
  assert.equal(exitCode, 137, `it was not killed in ${moment.phase}:\n${stdout}\n${stderr}`);
}

/** From this node alone, at once and for connections that stand, too. */
async function block({ node, cluster }: Subject): Promise<void> {
  await node.exec('iptables', '-I', ...refusal(cluster.address));
}

async function unblock({ node, cluster }: Subject): Promise<void> {
  await node.exec('iptables', '-D', ...refusal(cluster.address));
}

function refusal(address: string): string[] {
  return ['OUTPUT', '-d', address, '-p', 'tcp', '--dport', '6443', '-j', 'REJECT', '--reject-with', 'tcp-reset'];
}

/** Runs edgeadm on a terminal and presses Ctrl-C as soon as it shows such a line. */
async function onTerminal(
  { node }: Subject,
  args: readonly string[],
  line: RegExp,
): Promise<{ exitCode?: number; screen: string }> {
  const command = [...programInNode, ...args].join(' ');
  const env = { TERM: 'xterm-256color', COLUMNS: '120', LINES: '40' };
  const words = ['--quiet', '--return', '--command', command, '/dev/null'];
  const program = node.spawn('script', words, { env }, { stdin: 'pipe', stdout: 'pipe' });
  let screen = '';
  let pressed = false;
  for await (const chunk of program.stdout ?? []) {
    screen += String(chunk);
    if (pressed || !line.test(screen)) continue;
    pressed = true;
    program.stdin?.write('\x03');
  }
  const { exitCode } = await program;
  return { exitCode, screen };
}
