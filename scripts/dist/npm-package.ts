/** The npm package: the scripts of the executables, for a machine that has Node.js of its own. */
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { ROOT } from './paths.ts';
import { type Parts, ROOT_PAGE } from './program.ts';
import { BUILT_AT, makeSameEverywhere } from './same-everywhere.ts';

/** Writes `edgeadm-VERSION.tgz` into `out`; @returns the folder with what is in it */
export async function npmPackage(parts: Parts, licences: string, dir: string, out: string): Promise<string> {
  const source = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { name, version, description, license, engines } = source;
  const folder = join(dir, 'package');
  await rm(folder, { recursive: true, force: true });
  const files = parts.files.filter((file) => !/\.cache$|^start\.js$/.test(file) && file !== ROOT_PAGE);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(parts.dir, file), join(folder, file));
  }
  const start = await readFile(join(parts.dir, 'start.js'), 'utf8');
  await writeFile(join(folder, 'edgeadm.js'), `#!/usr/bin/env node\n${start}`, { mode: 0o755 });
  const manifest = { name, version, description, license, engines, type: 'commonjs', bin: { edgeadm: 'edgeadm.js' } };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md']) await copyFile(join(ROOT, file), join(folder, file));
  await copyFile(licences, join(folder, 'THIRD_PARTY_LICENSES'));
  await makeSameEverywhere(folder);
  const file = `${name}-${version}.tgz`;
  const all = ['package.json', 'edgeadm.js', 'LICENSE', 'README.md', 'CHANGELOG.md', 'THIRD_PARTY_LICENSES', ...files];
  const paths = all.map((path) => `package/${path}`);
  await create({ cwd: dir, file: join(out, file), gzip: true, portable: true, mtime: BUILT_AT, noPax: true }, paths);
  return folder;
}
