import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../testbed/config.ts';

/** A real kubectl. */
export interface Kubectl {
  readonly path: string;
  /** `1.33` */
  readonly version: string;
  readonly minor: number;
}

/**
 * Every kubectl of this machine, the oldest first and one for each minor version: on PATH, beside those (as Google's SDK
 * has them, `kubectl.1.27`), and in the cache of the test bed.
 */
export async function kubectls(): Promise<Kubectl[]> {
  const cached = (await readdir(cacheDir).catch(() => [])).filter((name) => /^(go-)?kubernetes-/.test(name));
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...cached.map((name) => join(cacheDir, name))];
  const named = await Promise.all(folders.map(programsIn));
  const real = await Promise.all(named.flat().map((path) => realpath(path)));
  const beside = await Promise.all([...new Set(real.map((path) => dirname(path)))].map(programsIn));
  const found = await Promise.all([...new Set([...beside.flat(), ...real])].map(versionOf));
  const byMinor = new Map(found.flatMap((kubectl) => (kubectl ? [[kubectl.minor, kubectl]] : [])));
  return [...byMinor.values()].sort((one, other) => one.minor - other.minor);
}

async function programsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^kubectl(\.1\.\d+)?$/.test(name)).map((name) => join(folder, name));
}

async function versionOf(path: string): Promise<Kubectl | undefined> {
  const { stdout } = await promisify(execFile)(path, ['version', '--client', '-o', 'json']).catch(() => ({
    stdout: '',
  }));
  const [, minor] = /"gitVersion": "v1\.(\d+)/.exec(stdout) ?? [];
  return minor ? { path, version: `1.${minor}`, minor: Number(minor) } : undefined;
}
