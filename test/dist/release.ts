import { createHash } from 'node:crypto';
import { existsSync, globSync, statSync } from 'node:fs';
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

/** Releases of several checkouts side by side, about 0.6 GiB each. */
const KEPT = 4;

let made: Promise<string> | undefined;

/** A folder with all files of the release of this checkout; made once, kept in the cache. */
export function release(): Promise<string> {
  made ??= makeRelease('release');
  return made;
}

/**
 * Builds the release once more, unless that was done with these very inputs: from a checkout in a folder with a blank in
 * its name, by a user whose files nobody else may read.
 */
export const releaseAgain = (): Promise<string> => makeRelease('again', buildElsewhere);

/** The executable for Windows. */
export const windowsExecutable = (): Promise<string> => oneExecutable('windows', 'edgeadm-windows-amd64.exe');

let forLinux: Promise<string> | undefined;

/** The executable for this machine. */
export function executable(): Promise<string> {
  forLinux ??= oneExecutable('amd64', 'edgeadm-linux-amd64');
  return forLinux;
}

/** That of a release of this checkout if there is one, else nothing else is built. */
async function oneExecutable(only: string, file: string): Promise<string> {
  const made = join(CACHE, `release-${await inputs()}`);
  const dir = existsSync(made) ? made : await makeRelease(only, (out) => buildHere(out, '--only', only));
  return join(dir, file);
}

/** A sum of whatever a release is made from. */
async function inputs(): Promise<string> {
  const paths = globSync(INPUTS, { cwd: ROOT, withFileTypes: true }).filter((entry) => entry.isFile());
  const hash = createHash('sha256');
  for (const path of paths.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(path.slice(ROOT.length)).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 12);
}

async function makeRelease(name: string, build = buildHere): Promise<string> {
  const dir = join(CACHE, `${name}-${await inputs()}`);
  if (existsSync(dir)) return dir;
  await removeOldest(name);
  const part = join(CACHE, `${name}-part-${process.pid}`);
  await build(part);
  await putInPlace(part, dir);
  return dir;
}

/** Another process may have built the same at the same time: the first one's stays. */
async function putInPlace(part: string, dir: string): Promise<void> {
  await rename(part, dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(part, { recursive: true, force: true });
}

/** Other checkouts may be using theirs, or building one, at this moment: only what is finished and long unused goes. */
async function removeOldest(name: string): Promise<void> {
  const finished = globSync(`${name}-${'[0-9a-f]'.repeat(12)}`, { cwd: CACHE }).map((entry) => join(CACHE, entry));
  const byAge = finished.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of byAge.slice(KEPT - 1)) await rm(old, { recursive: true, force: true });
}

async function buildHere(out: string, ...more: string[]): Promise<void> {
  await execa('node', ['scripts/dist/dist.ts', '--out', out, ...more], { cwd: ROOT, preferLocal: true });
}

async function buildElsewhere(out: string): Promise<void> {
  const checkout = join(CACHE, `checkout of another user ${process.pid}`);
  const { stdout: files } = await execa('git', ['ls-files', '-z'], { cwd: ROOT, stripFinalNewline: false });
  const copy = `umask 077; mkdir "$1"; tar -c --null --files-from=- | tar -x --no-same-permissions -C "$1"
cp -a node_modules "$1"; cd "$1"; exec node_modules/.bin/node scripts/dist/dist.ts --out "$2"`;
  try {
    await execa('sh', ['-ec', copy, 'sh', checkout, out], { cwd: ROOT, input: files });
  } finally {
    await rm(checkout, { recursive: true, force: true });
  }
}
