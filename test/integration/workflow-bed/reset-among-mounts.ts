/**
 * Joins and resets nodes whose folders have real mounts in them; to be run as root in a mount namespace of its own.
 * Fails as soon as anything that is mounted was changed.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { type BedNode, workflowBed } from './bed.ts';
import { CLEARED } from './foreign-things.ts';
import { photograph } from './photograph.ts';

/** Where mounts are found: on the folder, beside what a kubelet makes, in a volume of a pod with its subPath. */
const PLACES = ['', '/foreign', '/pods/6f1c/volumes/kubernetes.io~nfs/share', '/pods/6f1c/volume-subpaths/etc/web/0'];

const pick = <T>(from: readonly T[]): T => from[randomInt(from.length)] as T;
async function resetAmongMounts(node: BedNode, run: number): Promise<void> {
  const mounted: { source: string; target: string }[] = [];
  const early = randomInt(2) === 0;
  const mountSome = async (): Promise<void> => {
    for (let count = 1 + randomInt(3); count > 0; count--)
      mounted.push(await mountOne(targetIn(node.root, mounted), node.root, run));
  };
  try {
    if (early) await mountSome();
    await node.join({ spec: { ignorePreflightErrors: ['all'] } });
    if (!early) await mountSome();
    const before = await Promise.all(mounted.map(({ target }) => photograph(target)));
    // Where a join has written into what is mounted, that is its own.
    await node.reset().catch((error: unknown) => {
      assert.ok(error instanceof EdgeadmError && error.code === 'RESET_INCOMPLETE', String(error));
      refused++;
    });
    for (const [i, { target, source }] of mounted.entries()) {
      const after = await photograph(target);
      for (const [path, was] of Object.entries(before[i] ?? {}))
        if (/passwd|key\.pem/.test(path)) assert.equal(after[path], was, `${source} on ${target}: ${path}`);
    }
  } finally {
    for (const { target } of mounted.toReversed()) execFileSync('umount', ['--lazy', target]);
    await node.remove();
  }
}

/** A folder below which nothing is mounted yet: a mount would hide it. */
function targetIn(root: string, mounted: readonly { target: string }[]): string {
  for (;;) {
    const target = join(root, pick(CLEARED) + pick(PLACES));
    if (!mounted.some((other) => `${other.target}/`.startsWith(`${target}/`))) return target;
  }
}

/** What is mounted with no line in the node's own table, and files that a reset has to cope with. */
const UNLISTED: Readonly<Record<string, (folder: string, foreign: string) => () => void>> = {
  'a bind mount over the folder': (folder, foreign) => mountAt(folder, ['--bind', foreign]),
  'a bind mount in it': (folder, foreign) => mountAt(newFolder(folder, 'in'), ['--bind', foreign]),
  'a name with a line break': (folder, foreign) => mountAt(newFolder(folder, 'a\nb c'), ['--bind', foreign]),
  'an overlay': (folder, foreign) => {
    const other = newFolder(`${foreign}-other`, 'lower');
    return mountAt(newFolder(folder, 'overlay'), ['-t', 'overlay', '-o', `lowerdir=${foreign}:${other}`, 'overlay']);
  },
  'an immutable file': (folder) => {
    writeFileSync(`${folder}/immutable`, '');
    execFileSync('chattr', ['+i', `${folder}/immutable`]);
    return () => execFileSync('chattr', ['-i', `${folder}/immutable`]);
  },
  'a name that is not UTF-8': (folder) => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x41])]), '');
    return () => {};
  },
  'a named pipe': (folder) => {
    execFileSync('mkfifo', [`${folder}/10-pipe.conflist`]);
    return () => {};
  },
};

/** The others can be anywhere: in a folder that is shared, a reset judges each name by itself and leaves what is not ours. */
const FOLDERS: Readonly<Record<string, string>> = {
  'a bind mount over the folder': '/etc/cni/net.d',
  'a bind mount in it': '/var/lib/kubelet',
  'an immutable file': '/var/lib/kubelet',
};

function newFolder(folder: string, name: string): string {
  mkdirSync(`${folder}/${name}`, { recursive: true });
  return `${folder}/${name}`;
}

function mountAt(target: string, words: readonly string[]): () => void {
  execFileSync('mount', [...words, target]);
  return () => execFileSync('umount', ['--lazy', target]);
}

/** @returns what the reset did not succeed for, at first */
async function resetAmongUnlisted(): Promise<string[]> {
  const failed: string[] = [];
  for (const [what, plant] of Object.entries(UNLISTED)) {
    const folder = FOLDERS[what] ?? pick(['/etc/cni/net.d', '/var/lib/kubelet', '/opt/cni/bin']);
    const node = await bed.node();
    const foreign = await mkdtemp(join(outside, 'unlisted-'));
    await writeFile(join(foreign, 'passwd'), 'root');
    await node.join({ spec: { ignorePreflightErrors: ['all'] } });
    await mkdir(join(node.root, folder), { recursive: true });
    const clear = plant(join(node.root, folder), foreign);
    const error = await node.reset().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    clear();
    assert.equal(readFileSync(join(foreign, 'passwd'), 'utf8'), 'root', what);
    if (error !== undefined) {
      assert.ok(error instanceof EdgeadmError && error.code === 'RESET_INCOMPLETE', String(error));
      failed.push(what);
      await node.reset();
    }
    await node.remove();
  }
  return failed;
}

/** A bind mount of a foreign folder, on the same file system, or a tmpfs; named in the node's own table of mounts too. */
async function mountOne(target: string, root: string, run: number): Promise<{ source: string; target: string }> {
  const source = await mkdtemp(join(outside, `${run}-`));
  await mkdir(target, { recursive: true });
  const kind = pick(['bind', 'tmpfs']);
  if (kind === 'bind') execFileSync('mount', ['--bind', source, target]);
  else execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', target]);
  await mkdir(join(target, 'ssl'), { recursive: true });
  await writeFile(join(target, 'passwd'), `root ${run}`);
  await writeFile(join(target, 'ssl/key.pem'), 'key');
  const path = `/${relative(root, target)}`;
  const line =
    kind === 'bind'
      ? `${900 + run} 1 8:1 ${source} ${path} rw - ext4 /dev/vda rw`
      : `${900 + run} 1 0:${run + 60} / ${path} rw - tmpfs tmpfs rw`;
  await mkdir(join(root, 'proc/self'), { recursive: true });
  await appendFile(join(root, 'proc/self/mountinfo'), `${line}\n`);
  return { source, target };
}

const bed = await workflowBed();
const outside = await mkdtemp(join(tmpdir(), 'edgeadm-foreign-'));
let refused = 0;
const runs = Number(process.argv[2] ?? 10);
try {
  for (let run = 0; run < runs; run++) await resetAmongMounts(await bed.node(), run);
  const failed = await resetAmongUnlisted();
  process.stdout.write(`${runs} resets among mounts, ${refused} refused, ${runs - refused} done\n`);
  process.stdout.write(`nothing foreign was changed; refused at first: ${failed.join(', ')}\n`);
} finally {
  await bed.close();
  await rm(outside, { recursive: true, force: true });
}
