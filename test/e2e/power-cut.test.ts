import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  installCni,
  Node,
  type NodeOptions,
  type Photograph,
  photograph,
  type Result,
  runPod,
} from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, bundleWithRuntime, freshNode, inWorlds, joinArgs, testBed, traces, WITH_HUB } from './support.ts';

/** An import is cut, whose lease holds what it did; pods run, whose containers hold their images. */
const MOMENTS: readonly [Moment, ...Moment[]] = [
  { phase: 'install-runtime/images', after: 0.3 },
  { phase: 'install-runtime/images', event: 'phase-end' },
  { phase: 'post-check/node-ready', after: 0.5 },
];

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const DATA = '/var/lib/containerd';
const SNAPSHOTS = `${DATA}/io.containerd.snapshotter.v1.overlayfs/snapshots`;
const BLOBS = `${DATA}/io.containerd.content.v1.content/blobs/sha256`;

/**
 * What a power cut takes soon after an import: containerd's list of all it has is on the disk, the bytes of unpacked
 * files are not, nor is the folder entry of the newest blob. Files are replaced, since one that runs cannot be emptied.
 */
const DAMAGE = `
systemctl kill --signal=KILL kubelet.service containerd.service 2>/dev/null
pkill --signal=KILL ctr
newest=$(ls -t ${BLOBS} | head -1)
[ -z "$newest" ] || rm -f ${BLOBS}/$newest
find ${SNAPSHOTS}/*/fs ${BLOBS} -type f -size +0 2>/dev/null | while IFS= read -r file; do
  cp --attributes-only --preserve=all "$file" "$file.cut" && mv -f "$file.cut" "$file" && echo "$file"
done`;

/** Tells blobs whose bytes are not those of their name, and empty programs: runc makes empty files of other names. */
const FAULTS = `
cd ${BLOBS} && for blob in *; do echo "$blob  $blob"; done | sha256sum --check --quiet 2>/dev/null
find ${SNAPSHOTS}/*/fs -type f -empty '(' -name pause -o -name edge-hub -o -name busybox ')'`;

/** What containerd, if it runs, holds of images. */
const LEFT = `
systemctl is-active --quiet containerd && ctr --namespace k8s.io leases list --quiet
ls ${BLOBS} ${SNAPSHOTS} 2>/dev/null | grep -v :`;

inWorlds('guide', 'today')('images that a power cut has emptied', () => {
  sideBySide(
    {
      'in the containerd of the system': (test) => repaired(test, 'power-cut', {}, WITH_HUB),
      'in the containerd of the bundle': (test) =>
        repaired(test, 'power-cut-own', { containerd: false }, [...WITH_HUB, '--manage-runtime']),
    },
    bundleWithRuntime,
  );

  after(async () => {
    const names = await Node.list();
    await Promise.all(names.filter((name) => name.startsWith('power-cut')).map(Node.remove));
  });
});

function repaired(test: Tell, name: string, options: NodeOptions, flags: string[]): void {
  const subject = {} as { node: Node; before: Photograph; join: string[] };
  test('a node is made', async () => {
    subject.node = await freshNode(name, { ...options, bind: [[await bundleWithRuntime(), BUNDLE]] });
    await installCni(subject.node, '10.244.0.0/24');
    subject.join = await joinArgs(...flags);
    subject.before = await photograph(subject.node);
  });
  const [importing] = MOMENTS;
  test(`${nameOf(importing)} of a join: go at a reset, with what the import has left`, async () => {
    await joinUntilPowerCut(subject, importing);
    await reset(subject);
  });
  for (const moment of MOMENTS)
    test(`${nameOf(moment)} of a join: the same line goes on`, () => joinUntilPowerCut(subject, moment));
  test('are imported again, and the node is Ready with its pods', async () => {
    const { node, join } = subject;
    await run(node, join);
    const { cluster } = await testBed();
    await cluster.waitForNode(node.name, true, 1);
    await runPod(cluster, node, `on-${name}`);
    assert.deepEqual(await linesOf(node, FAULTS), []);
  });
  test('stay as they are when the machine is started again: a second join changes nothing', async () => {
    const { node, join } = subject;
    await boot(node);
    const { stdout } = await run(node, [...join, '--output', 'json']);
    assert.match(stdout, /"outcome":"unchanged"/);
  });
  test('go with all else at a reset', () => reset(subject));
}

async function joinUntilPowerCut({ node, join }: { node: Node; join: string[] }, moment: Moment): Promise<void> {
  const { exitCode, stdout, stderr } = await interrupt(node, join, moment, 'KILL');
  assert.equal(exitCode, 137, `it was not killed ${nameOf(moment)}:\n${stdout}\n${stderr}`);
  assert.ok((await linesOf(node, DAMAGE)).length > 0, 'nothing was there to be damaged');
  await boot(node);
}

async function reset({ node, before }: { node: Node; before: Photograph }): Promise<void> {
  await run(node, ['reset', '--yes']);
  await node.exec('umount', BOOT_ID);
  assert.deepEqual(await traces(node, before), []);
  assert.deepEqual(await linesOf(node, LEFT), []);
}

/** All nodes have the kernel of this machine, which was started once. */
async function boot(node: Node): Promise<void> {
  await node.reboot();
  await node.write('/run/boot_id', `${randomUUID()}\n`);
  const { exitCode, stderr } = await node.exec('mount', '--bind', '/run/boot_id', BOOT_ID);
  assert.equal(exitCode, 0, stderr);
}

async function linesOf(node: Node, script: string): Promise<string[]> {
  const { stdout } = await node.exec('bash', '-c', script);
  return stdout.split('\n').filter(Boolean);
}

function nameOf({ phase, event, after }: Moment): string {
  return after ? `${after} s into ${phase}` : `as ${phase} ${event ? 'ends' : 'begins'}`;
}

async function run(node: Node, args: string[]): Promise<Result> {
  const result = await node.edgeadm(args, { timeout: 300 });
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}
