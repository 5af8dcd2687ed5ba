import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { CACHE, ROOT } from '../../scripts/dist/paths.ts';

/** Whatever a release is made from. */
const INPUTS = [
  'src/**/*',
  'sandbox/**/*',
  'templates/**/*',
  'scripts/dist/**/*',
  'package*.json',
  'oclif.manifest.json',
  '*.md',
];

let made: Promise<string> | undefined;

/** A folder with all files of the release of this checkout; made once, kept in the cache. */
export function release(): Promise<string> {
  made ??= makeRelease('release');
  return made;
}

/** Builds the release once more, in another place, unless that was done with these very inputs. */
export const releaseAgain = (): Promise<string> => makeRelease('again');

async function makeRelease(name: string): Promise<string> {
  const paths = globSync(INPUTS, { cwd: ROOT, withFileTypes: true }).filter((entry) => entry.isFile());
  const hash = createHash('sha256');
  for (const path of paths.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(path.slice(ROOT.length)).update(await readFile(path));
  }
  const dir = join(CACHE, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(dir)) return dir;
  for (const old of globSync(`${name}-*`, { cwd: CACHE })) await rm(join(CACHE, old), { recursive: true, force: true });
  const part = join(CACHE, `${name}-part-${process.pid}`);
  await execa('node', ['scripts/dist/dist.ts', '--out', part], { cwd: ROOT, preferLocal: true });
  await rename(part, dir);
  return dir;
}

/** The executable for this machine. */
export const executable = async (): Promise<string> => join(await release(), 'edgeadm-linux-amd64');
