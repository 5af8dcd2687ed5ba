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
  until,
  world,
} from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { BUNDLE, bundleWithRuntime, freshNode, inWorlds, joinArgs, testBed, traces, WITH_HUB } from './support.ts';

/** No pod runs yet; pods run, whose containers hold their images. */
const MOMENTS: readonly Moment[] = [
  { phase: 'install-runtime/images', event: 'phase-end' },
  { phase: 'post-check/node-ready' },
];

/** Brings all of an archive into containerd but its last file, which it waits for. */
const STUCK_CTR = `#!/bin/bash
[[ $* == *'images import'* ]] || exec /usr/bin/ctr "$@"
(perl -0777 -pe 's/\\0+$//' "\${@: -1}"; exec sleep 1000) | /usr/bin/ctr --namespace k8s.io images import -
`;
const OWN_CTR = '/usr/local/bin/ctr';

const WITH_RUNTIME = [...WITH_HUB, '--manage-runtime', '--pause-image', world.pauseImage];

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const NEW_BOOT_ID = '/run/boot_id';
const DATA = '/var/lib/containerd';
const SNAPSHOTS = `${DATA}/io.containerd.snapshotter.v1.overlayfs/snapshots`;
const CONTENT = `${DATA}/io.containerd.content.v1.content`;
const BLOBS = `${CONTENT}/blobs/sha256`;

/**
 * What a power cut takes soon after an import: containerd's list of all it has is on the disk, the bytes of files are
 * not, nor is the folder entry of a blob, if there are several. Files are replaced, since one that runs cannot be emptied.
 */
const DAMAGE = `
systemctl kill --signal=KILL kubelet.service containerd.service 2>/dev/null
pkill --signal=KILL ctr
lost=$(ls -t ${BLOBS} | sed -n 2p)
[ -z "$lost" ] || rm -f ${BLOBS}/$lost
find ${SNAPSHOTS}/*/fs ${CONTENT} -type f -size +0 2>/dev/null | while IFS= read -r file; do
  cp --attributes-only --preserve=all "$file" "$file.cut" && mv -f "$file.cut" "$file" && echo "$file"
done`;

/** Tells blobs whose bytes are not those of their name, and empty programs: runc makes empty files of other names. */
const FAULTS = `
cd ${BLOBS} && for blob in *; do echo "$blob  $blob"; done | sha256sum --check --quiet 2>/dev/null
find ${SNAPSHOTS}/*/fs -type f -empty '(' -name pause -o -name edge-hub -o -name busybox ')'`;

const LEASES = 'systemctl is-active --quiet containerd && ctr --namespace k8s.io leases list --quiet';
const HELD = `${LEASES}; ls ${BLOBS} ${SNAPSHOTS} 2>/dev/null | grep -v :`;

inWorlds('guide', 'today')('images that a power cut has emptied', () => {
  sideBySide(
    {
      'by an import that is cut': cutImports,
      'in the containerd of the system': (test) => repaired(test, 'power-cut', {}, WITH_HUB),
      'in the containerd of the bundle': (test) => repaired(test, 'power-cut-own', { containerd: false }, WITH_RUNTIME),
    },
    () => testBed().then(bundleWithRuntime),
  );

  after(async () => {
    const names = await Node.list();
    await Promise.all(names.filter((name) => name.startsWith('power-cut')).map(Node.remove));
  });
});

interface Subject {
  readonly node: Node;
  readonly before: Photograph;
  readonly join: string[];
}

/** Makes a node and tells what it was before anything was done with it. */
function start(test: Tell, name: string, options: NodeOptions, flags: string[]): Subject {
  const subject = {} as { -readonly [Key in keyof Subject]: Subject[Key] };
  test('a node is made', async () => {
    subject.node = await freshNode(name, { ...options, bind: [[await bundleWithRuntime(), BUNDLE]] });
    await installCni(subject.node, '10.244.0.0/24');
    subject.join = await joinArgs(...flags);
    subject.before = await photograph(subject.node);
  });
  return subject;
}

function repaired(test: Tell, name: string, options: NodeOptions, flags: string[]): void {
  const subject = start(test, name, options, flags);
  for (const moment of MOMENTS) {
    test(`${nameOf(moment)} of a join: the same line goes on`, async () => {
      const { exitCode, stdout, stderr } = await interrupt(subject.node, subject.join, moment, 'KILL');
      assert.equal(exitCode, 137, `it was not killed ${nameOf(moment)}:\n${stdout}\n${stderr}`);
      await cutPower(subject.node);
    });
  }
  joinsAtLast(test, subject);
  test('stay as they are when the machine is started again, and with them the pods', async () => {
    const { node, join } = subject;
    await boot(node);
    const imports = () => linesOf(node, 'grep -E \'"(image|reimport|synced)"\' /var/lib/edgeadm/journal.jsonl');
    const before = await imports();
    await run(node, join);
    assert.deepEqual(await imports(), before);
  });
  test('go with all else at a reset', () => reset(subject));
}

/** Its lease holds what it has brought, which no image names. */
function cutImports(test: Tell): void {
  const subject = start(test, 'power-cut-import', {}, WITH_HUB);
  test('go at a reset, with what containerd holds of them', async () => {
    await joinUntilImport(subject);
    await reset(subject);
  });
  test('come with the same line', () => joinUntilImport(subject));
  joinsAtLast(test, subject);
}

async function joinUntilImport({ node, join }: Subject): Promise<void> {
  await node.write(OWN_CTR, STUCK_CTR, 0o755);
  const run = node.spawnEdgeadm(join);
  const blobs = async () => (await linesOf(node, `ls ${BLOBS}`)).length;
  await until('an import to bring something', async () => (await blobs()) > 0, 60);
  assert.ok(await node.killEdgeadm());
  await run;
  await cutPower(node);
  await node.exec('rm', OWN_CTR);
  assert.equal((await linesOf(node, LEASES)).length, 1);
}

function joinsAtLast(test: Tell, subject: Subject): void {
  test('are imported again, and the node is Ready with its pods', async () => {
    const { node, join } = subject;
    await run(node, join);
    const { cluster } = await testBed();
    await cluster.waitForNode(node.name, true, 1);
    await runPod(cluster, node, `on-${node.name}`);
    assert.deepEqual(await linesOf(node, FAULTS), []);
  });
}

async function cutPower(node: Node): Promise<void> {
  assert.ok((await linesOf(node, DAMAGE)).length > 0, 'nothing was there to be damaged');
  await boot(node);
}

async function reset({ node, before }: Subject): Promise<void> {
  await run(node, ['reset', '--yes']);
  await node.exec('umount', BOOT_ID);
  await node.exec('rm', NEW_BOOT_ID);
  assert.deepEqual(await traces(node, before), []);
  assert.deepEqual(await linesOf(node, HELD), []);
}

/** All nodes have the kernel of this machine, which was started once. */
async function boot(node: Node): Promise<void> {
  await node.reboot();
  await node.write(NEW_BOOT_ID, `${randomUUID()}\n`);
  const { exitCode, stderr } = await node.exec('mount', '--bind', NEW_BOOT_ID, BOOT_ID);
  assert.equal(exitCode, 0, stderr);
}

async function linesOf(node: Node, script: string): Promise<string[]> {
  const { stdout } = await node.exec('bash', '-c', script);
  return stdout.split('\n').filter(Boolean);
}

function nameOf({ phase, event }: Moment): string {
  return `as ${phase} ${event ? 'ends' : 'begins'}`;
}

async function run(node: Node, args: string[]): Promise<Result> {
  const result = await node.edgeadm(args, { timeout: 300 });
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}
