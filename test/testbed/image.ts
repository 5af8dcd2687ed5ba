import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export interface ImageSpec {
  /** Full name with its tag, as a pod spec would have it. */
  name: string;
  entrypoint: string[];
  files: { from: string; to: string; mode?: number }[];
  /** Whole folders, as they are. */
  trees?: { from: string; to: string }[];
  /** Symbolic links: path in the image to target. */
  links?: Record<string, string>;
  env?: string[];
  /** The tar file to write. */
  out: string;
}

const sha256 = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** The same files give the same bytes. */
const tar = (dir: string, out: string, entries: string[]) =>
  execa('tar', [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mtime=@0',
    '-C',
    dir,
    '-cf',
    out,
    ...entries,
  ]);

/**
 * Makes an image of one layer (beside it, `OUT.parts` for a moment) as `docker save` would, for `ctr -n k8s.io images import`.
 * Shape: the docker-archive format, https://github.com/moby/docker-image-spec/blob/main/v1.2.md
 */
export async function buildImage({
  name,
  entrypoint,
  files,
  trees = [],
  links = {},
  env = [],
  out,
}: ImageSpec): Promise<void> {
  const dir = `${out}.parts`;
  await rm(dir, { recursive: true, force: true });
  try {
    const root = join(dir, 'root');
    for (const sub of ['etc', 'tmp']) await mkdir(join(root, sub), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
    for (const { from, to, mode = 0o755 } of files) {
      await mkdir(join(root, dirname(to)), { recursive: true });
      await copyFile(from, join(root, to));
      await chmod(join(root, to), mode);
    }
    for (const { from, to } of trees) await cp(from, join(root, to), { recursive: true, verbatimSymlinks: true });
    for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path));
    await tar(root, join(dir, 'layer.tar'), ['.']);
    const layer = await sha256(join(dir, 'layer.tar'));
    const config = {
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: entrypoint, Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...env] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    };
    await writeFile(join(dir, 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
    await tar(dir, `${out}.new`, ['manifest.json', 'config.json', 'layer.tar']);
    await rename(`${out}.new`, out);
  } finally {
    await rm(dir, { recursive: true });
  }
}
