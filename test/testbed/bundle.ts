import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { execa } from 'execa';
import { dump } from 'js-yaml';
import { cached } from './cache.ts';
import { cacheDir, world as worldOfThisRun } from './config.ts';
import { kubernetes } from './kubernetes.ts';
import { type Parts, prepare } from './prepare.ts';
import { sumOfFile } from './sum.ts';
import type { World } from './worlds.ts';

export interface BundleOptions {
  /** Folder to make; one that is there is replaced. */
  out: string;
  world?: World;
  /** Another version than the world's; it is built if it is not in the cache. */
  version?: string;
  /** Whether containerd and runc are in it (false unless given). */
  runtime?: boolean;
  /** Whether the edge-hub stand-in's image is in it (true unless given). */
  edgeHub?: boolean;
  /** The kubelet alone, for many nodes whose other parts stay. */
  kubeletOnly?: boolean;
}

export interface Bundle {
  dir: string;
  /** Hex SHA-256 of its bundle.yaml. */
  sha256: string;
}

interface BundleFile {
  path: string;
  sha256: string;
  size: number;
  kind: 'kubelet' | 'kubectl' | 'cni-plugins' | 'containerd' | 'runc' | 'image';
  name?: string;
  contents?: Record<string, string>;
}

const sums = new Map<string, Promise<Record<string, string>>>();

/** Makes a bundle (bundle.yaml and the files it names) from what the test bed has built. */
export async function makeBundle({
  out,
  world = worldOfThisRun,
  version = world.kubernetes,
  runtime = false,
  edgeHub = true,
  kubeletOnly = false,
}: BundleOptions): Promise<Bundle> {
  const parts = await prepare(undefined, world);
  const programs = await kubernetes(() => {}, version);
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, 'images'), { recursive: true });

  const files: BundleFile[] = [];
  const add = async (path: string, kind: BundleFile['kind'], from: string, name?: string) => {
    const file = join(out, path);
    await copyFile(from, file);
    const { size } = await stat(file);
    const contents = path.endsWith('.tgz') ? await sumsOf(from) : undefined;
    files.push({
      path,
      sha256: await sumOfFile(file),
      size,
      kind,
      ...(name && { name }),
      ...(contents && { contents }),
    });
  };
  await add('kubelet', 'kubelet', join(programs, 'kubelet'));
  if (!kubeletOnly) await addOthers();
  const bundle = { apiVersion: 'edgeadm.io/v1', kind: 'Bundle', kubernetesVersion: version, arch: 'amd64', files };
  await writeFile(join(out, 'bundle.yaml'), dump(bundle));
  return { dir: out, sha256: await sumOfFile(join(out, 'bundle.yaml')) };

  async function addOthers(): Promise<void> {
    await add('kubectl', 'kubectl', join(programs, 'kubectl'));
    const { rootfs, images } = parts;
    const archives = await archivesOf(parts, world);
    await add('cni-plugins.tgz', 'cni-plugins', join(archives, 'cni-plugins.tgz'));
    if (runtime) {
      await add('containerd.tgz', 'containerd', join(archives, 'containerd.tgz'));
      await add('runc', 'runc', join(rootfs, 'usr/sbin/runc'));
    }
    const hubs = {
      'edge-hub': images.edgeHub,
      ...(images.yurthub === images.edgeHub ? {} : { yurthub: images.yurthub }),
    };
    const wanted = { pause: images.pause, busybox: images.busybox, ...(edgeHub ? hubs : {}) };
    for (const [name, tar] of Object.entries(wanted)) {
      await add(`images/${name}.tar`, 'image', tar, await imageName(tar));
    }
  }
}

/** What `edgeadm bundle create` writes down of an archive: its programs and their sums. Many bundles have the same one. */
function sumsOf(archive: string): Promise<Record<string, string>> {
  const found = sums.get(archive) ?? unpackedSums(archive);
  sums.set(archive, found);
  return found;
}

async function unpackedSums(archive: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-archive-'));
  try {
    await execa('tar', ['-xzf', archive, '-C', folder]);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const sums = paths.sort().map(async (path) => [relative(folder, path), await sumOfFile(path)]);
    return Object.fromEntries(await Promise.all(sums));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The name an image tar carries. */
async function imageName(tar: string): Promise<string> {
  const { stdout } = await execa('tar', ['-xOf', tar, 'manifest.json']);
  return JSON.parse(stdout)[0].RepoTags[0];
}

/** What a bundle has as archives, packed once: CNI plug-ins, and containerd laid out as its own releases are. */
function archivesOf({ rootfs, containerd }: Parts, world: World): Promise<string> {
  const recipe = { rootfs: basename(rootfs), containerd: containerd.replace(cacheDir, '') };
  return cached(`archives-${world.name}`, recipe, async (dir) => {
    const names = (await readdir(containerd)).filter((name) => name === 'ctr' || name.startsWith('containerd'));
    await pack(join(dir, 'cni-plugins.tgz'), join(rootfs, 'usr/lib/cni'), '.');
    await pack(join(dir, 'containerd.tgz'), containerd, '--transform=s,^,bin/,', ...names);
  });
}

const pack = (out: string, dir: string, ...entries: string[]) =>
  execa('tar', ['--owner=0', '--group=0', '--numeric-owner', '-C', dir, '-czf', out, ...entries]);
