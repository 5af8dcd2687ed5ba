import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  installCni,
  Node,
  type Photograph,
  photograph,
  programHere,
  type Result,
  stateDir,
  until,
  world,
} from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, bundleWithRuntime, freshNode, inWorlds, joinArgs, testBed, traces, WITH_HUB } from './support.ts';

/**
 * The tests in process (test/integration/workflows) kill and fail at changes all over join and reset, at each of them with
 * EDGEADM_TEST_EVERY_CHANGE=1; these moments are those in which other programs, systemd and the kernel are at work.
 */
const MOMENTS: readonly Moment[] = [
  { phase: 'prepare-node/sysctls' },
  { phase: 'install-runtime/images', after: 0.15 },
  { phase: 'install-kubelet/service', after: 0.1 },
  { phase: 'join-node/certificates', after: 0.02 },
  { phase: 'join-node/kubelet-start', after: 0.02 },
  { phase: 'install-edgehub', after: 3 },
  { phase: 'post-check/node-ready', after: 0.01 },
  // The last moment before the journal says that the node is joined.
  { phase: 'post-check', event: 'phase-end' },
];

/** What a node without containerd does more, or does longer. */
const RUNTIME: readonly Moment[] = [
  { phase: 'install-runtime/containerd', after: 0.3 },
  { phase: 'install-runtime/config', after: 0.1 },
  { phase: 'install-runtime/images', after: 0.15 },
];

/** Runtime and kubelet are installed at the same time: either may be ready. */
const SIDE_BY_SIDE = /^completed: preflight, prepare-node(, install-(runtime|kubelet)){0,2}$/;

const RESET: readonly Moment[] = [
  { phase: 'stop-kubelet', after: 0.05 },
  { phase: 'remove-pods', after: 0.15 },
  { phase: 'unmount' },
  { phase: 'remove-network', after: 0.03 },
  { phase: 'restore', after: 0.2 },
  { phase: 'erase' },
];

/** Nodes that share the moments. */
const SHARES = 2;

const FLAGS = [...WITH_HUB, '--allowed-cluster-addons', 'kube-proxy'];
const FLAGS_WITH_RUNTIME = [...FLAGS, '--manage-runtime'];

inWorlds('guide', 'today')('edgeadm that is killed', () => {
  sideBySide(
    {
      ...Object.fromEntries(
        Array.from({ length: SHARES }, (_, share) => [
          `while it joins a node (share ${share + 1} of ${SHARES})`,
          (test: Tell) => killedJoins(test, `kill${share + 1}`, everyNth(MOMENTS, SHARES, share), FLAGS),
        ]),
      ),
      'while it joins a node and brings the container runtime': (test) =>
        killedJoins(test, 'kill-runtime', RUNTIME, FLAGS_WITH_RUNTIME, false),
      'while it resets a node': killedResets,
      'while another program works for it': killedWithWorkUnderWay,
      'by a signal that it can answer': signals,
    },
    bundle,
  );

  after(async () => {
    const names = await Node.list();
    await Promise.all(names.filter((name) => name.startsWith('kill')).map(Node.remove));
  });
});

let made: Promise<string> | undefined;

/** One without kubectl, made by edgeadm itself: so it tells what is in its archives, and a join need not unpack them. */
function bundle(): Promise<string> {
  made ??= (async () => {
    await testBed();
    const from = await bundleWithRuntime();
    const out = join(stateDir, 'bundle-kill');
    const programs = ['kubelet', 'cni-plugins.tgz', 'containerd.tgz', 'runc'];
    const parts = programs.flatMap((file) => [`--${file.replace('.tgz', '')}`, join(from, file)]);
    const images = (await readdir(join(from, 'images'))).flatMap((file) => ['--image', join(from, 'images', file)]);
    const args = ['--kubernetes-version', world.kubernetes, '--pause-image', world.pauseImage, ...parts, ...images];
    const [file, ...words] = programHere;
    await execa(file, [...words, 'bundle', 'create', out, ...args]);
    return out;
  })();
  return made;
}

/** Makes a node and tells what it was before anything was done with it. */
function start(test: Tell, name: string, flags: string[], containerd = true) {
  const subject = {} as { node: Node; before: Photograph; join: string[] };
  test('a node is made', async () => {
    subject.node = await freshNode(name, { containerd, bind: [[await bundle(), BUNDLE]] });
    await installCni(subject.node, '10.244.0.0/24');
    subject.join = await joinArgs(...flags);
    subject.before = await photograph(subject.node);
  });
  return subject;
}

/** First one after the other without a reset between them, then each on a clean node. */
function killedJoins(
  test: Tell,
  name: string,
  moments: readonly Moment[],
  flags: string[],
  containerd?: boolean,
): void {
  const subject = start(test, name, flags, containerd);
  for (const moment of moments) {
    test(`${nameOf(moment)}: the same command goes on, up to the next kill`, () =>
      kill(subject.node, subject.join, moment));
  }
  test('and when it is let, joins the node', () => joinToTheEnd(subject));
  test('which a reset puts back as it was', () => resetAndCompare(subject));
  for (const moment of moments) {
    test(`${nameOf(moment)}: reset leaves nothing`, async () => {
      await kill(subject.node, subject.join, moment);
      await resetAndCompare(subject);
    });
  }
}

function killedResets(test: Tell): void {
  const subject = start(test, 'kill-reset', FLAGS);
  test('a node is joined', () => joinToTheEnd(subject));
  for (const moment of RESET) {
    test(`${nameOf(moment)}: reset goes on, up to the next kill`, () => kill(subject.node, ['reset', '--yes'], moment));
  }
  test('and can be joined again all the same', () => joinToTheEnd(subject));
  test('and reset', () => resetAndCompare(subject));
}

/** On a slow disk an import goes on for a while when edgeadm is gone. */
function killedWithWorkUnderWay(test: Tell): void {
  const subject = start(test, 'kill-import', FLAGS);
  test('an import of images that goes on: reset leaves none of them', async () => {
    const { node } = subject;
    await node.write('/usr/local/bin/ctr', SLOW_CTR, 0o755);
    subject.before = await photograph(node);
    await kill(node, subject.join, { phase: 'install-runtime/images', after: 0.3 });
    await run(node, ['reset', '--yes']);
    await until('imports to end', async () => (await node.exec('pgrep', '-f', 'images import')).exitCode !== 0, 20);
    assert.deepEqual(await traces(node, subject.before), []);
  });
}

function signals(test: Tell): void {
  const subject = start(test, 'kill-signal', FLAGS);
  const moments: [Moment, 'TERM' | 'INT', RegExp][] = [
    [{ phase: 'preflight', after: 0.1 }, 'INT', /^no phase was completed$/],
    [{ phase: 'install-runtime/images', after: 0.1 }, 'TERM', SIDE_BY_SIDE],
    [{ phase: 'install-kubelet/binaries', after: 0.1 }, 'INT', SIDE_BY_SIDE],
    [{ phase: 'install-edgehub', after: 1 }, 'TERM', /^completed: .*, join-node$/],
  ];
  for (const [moment, signal, done] of moments) {
    test(`SIG${signal} ${nameOf(moment)}: it says what is done and how to go on`, async () => {
      const { exitCode, stdout } = await interrupt(subject.node, subject.join, moment, signal);
      assert.equal(exitCode, 130, stdout);
      const { error } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      assert.equal(error.code, 'INTERRUPTED');
      assert.match(error.why, done);
      assert.match(error.next, /same command again/);
    });
  }
  test('and the same command joins the node', () => joinToTheEnd(subject));
  test('which a reset puts back as it was', () => resetAndCompare(subject));
  test('SIGINT before anything was changed: the node is as it was', async () => {
    await interrupt(subject.node, subject.join, { phase: 'preflight' }, 'INT');
    assert.deepEqual(await traces(subject.node, subject.before), []);
  });
}

async function joinToTheEnd({ node, join }: { node: Node; join: string[] }): Promise<void> {
  await run(node, join);
  const { cluster } = await testBed();
  await cluster.waitForNode(node.name, true, 1);
}

async function resetAndCompare({ node, before }: { node: Node; before: Photograph }): Promise<void> {
  await run(node, ['reset', '--yes']);
  assert.deepEqual(await traces(node, before), []);
}

function everyNth<T>(all: readonly T[], n: number, first: number): T[] {
  return all.filter((_, i) => i % n === first);
}

/** One process, be it while it sleeps or while it imports. */
const SLOW_CTR = `#!/usr/bin/perl
sleep 4 if "@ARGV" =~ /images import/;
exec '/usr/bin/ctr', @ARGV;
`;

function nameOf({ phase, event, after }: Moment): string {
  return after ? `${after} s into ${phase}` : `as ${phase} ${event ? 'ends' : 'begins'}`;
}

async function kill(node: Node, args: string[], moment: Moment): Promise<void> {
  const { exitCode, stdout, stderr } = await interrupt(node, args, moment, 'KILL');
  assert.equal(exitCode, 137, `it was not killed ${nameOf(moment)}:\n${stdout}\n${stderr}`);
}

async function run(node: Node, args: string[]): Promise<Result> {
  const result = await node.edgeadm(args, { timeout: 300 });
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}
