import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { dump, load } from 'js-yaml';
import { makeBundle, stateDir, world } from '../testbed/index.ts';

export const { from: OLD, to: NEW } = world.upgrade;
/** Folder of the bundles on this machine, and where nodes see it. */
export const bundlesDir = join(stateDir, 'bundles');
export const BUNDLES = '/opt/bundles';
export const NEW_HUB = 'localhost/edge-hub:next';
/** An image that has no edge-hub in it. */
const BROKEN_HUB = 'localhost/edge-hub:broken';
/** Says that it is the new kubelet, and dies when it is started as one. */
const DYING_KUBELET = `#!/bin/sh\n[ "$1" = --version ] && exec echo 'Kubernetes ${NEW}'\necho 'panic: no' >&2; exit 1\n`;
const DYING_CONTAINERD = '#!/bin/sh\necho "containerd: no" >&2; exit 1\n';

interface File {
  path: string;
  sha256: string;
  size?: number;
  kind: string;
  name?: string;
  contents?: Record<string, string>;
}

interface Manifest {
  files: File[];
  edgeHubImage?: string;
}

type Edit = (manifest: Manifest, folder: string) => Promise<void>;

/** Of the older version: `first`, and one with a runtime. Of the new version: `next` and those that are like it but for one thing, each in a folder of its own. */
export async function makeBundles(): Promise<void> {
  await Promise.all([
    makeBundle({ out: join(bundlesDir, 'first'), version: OLD }),
    makeBundle({ out: join(bundlesDir, 'first-runtime'), version: OLD, runtime: true }),
    makeBundle({ out: join(bundlesDir, 'next'), version: NEW }),
    makeBundle({ out: join(bundlesDir, 'runtime'), version: NEW, runtime: true }),
  ]);
  // The same containerd with another sum.
  await inPlace('runtime', otherContainerd('echo >>bin/containerd'));
  await Promise.all([
    variant('next', 'damaged', damagedKubelet),
    variant('next', 'dying', dyingKubelet),
    variant('next', 'hub', hub('edge-hub', NEW_HUB)),
    variant('next', 'broken-hub', hub('busybox', BROKEN_HUB)),
    variant('runtime', 'runtime-dying', dyingKubelet),
    variant('runtime', 'broken-runtime', otherContainerd(`printf '${DYING_CONTAINERD}' >bin/containerd`)),
  ]);
}

async function variant(from: string, name: string, edit: Edit): Promise<void> {
  await rm(join(bundlesDir, name), { recursive: true, force: true });
  // Links: no edit changes a file, each puts another one in its place.
  await execa('cp', ['-al', join(bundlesDir, from), join(bundlesDir, name)]);
  await inPlace(name, edit);
}

async function inPlace(name: string, edit: Edit): Promise<void> {
  const folder = join(bundlesDir, name);
  const manifest = load(await readFile(join(folder, 'bundle.yaml'), 'utf8')) as Manifest;
  await edit(manifest, folder);
  await replace(join(folder, 'bundle.yaml'), dump(manifest));
}

async function replace(path: string, content: string): Promise<void> {
  await rm(path);
  await writeFile(path, content, { mode: 0o755 });
}

const dyingKubelet: Edit = async ({ files }, folder) => {
  await replace(join(folder, 'kubelet'), DYING_KUBELET);
  await sumUp(files, 'kubelet', join(folder, 'kubelet'));
};

/** Its sum is wrong, and only that: it is found when the kubelet is installed. */
const damagedKubelet: Edit = async ({ files }, folder) => {
  const content = 'cut off';
  await replace(join(folder, 'kubelet'), content);
  fileOf(files, 'kubelet').size = content.length;
};

/** With a containerd that a line of shell has changed. */
function otherContainerd(change: string): Edit {
  return async ({ files }, folder) => {
    const archive = join(folder, 'containerd.tgz');
    await repack(archive, ['-I', 'gzip -1'], (unpacked) => execa('sh', ['-c', change], { cwd: unpacked }));
    await sumUp(files, 'containerd', archive);
  };
}

/** With an edge-hub of its own: an image of the bundle under another name. */
function hub(image: string, reference: string): Edit {
  return async (manifest, folder) => {
    const path = 'images/hub.tar';
    await execa('cp', [join(folder, `images/${image}.tar`), join(folder, path)]);
    await repack(join(folder, path), [], async (unpacked) => {
      const [described] = JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8'));
      await writeFile(join(unpacked, 'manifest.json'), JSON.stringify([{ ...described, RepoTags: [reference] }]));
    });
    manifest.files.push({ path, sha256: await sumOf(join(folder, path)), kind: 'image', name: reference });
    manifest.edgeHubImage = reference;
  };
}

async function repack(archive: string, options: string[], change: (unpacked: string) => PromiseLike<unknown>) {
  const unpacked = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
  await execa('tar', [...options, '-xf', archive, '-C', unpacked]);
  await change(unpacked);
  await execa('tar', [...options, '-cf', `${archive}.new`, '-C', unpacked, '.']);
  await rename(`${archive}.new`, archive);
  await rm(unpacked, { recursive: true });
}

function fileOf(files: readonly File[], kind: string): File {
  const file = files.find((each) => each.kind === kind);
  if (!file) throw new Error(`the bundle has no ${kind}`);
  return file;
}

async function sumUp(files: readonly File[], kind: string, path: string): Promise<void> {
  const file = fileOf(files, kind);
  Object.assign(file, { sha256: await sumOf(path), size: (await stat(path)).size });
  delete file.contents;
}

async function sumOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
