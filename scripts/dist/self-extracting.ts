/**
 * The Linux executables: a shell script, an archive with loader, libraries and zstd, and the program in two halves, which
 * are unpacked at the same time. zstd takes a third of gzip's time and carries a sixth less; machines without it are many,
 * so the file brings one.
 */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import { create } from 'tar';
import type { Arch } from './debian-packages.ts';
import { librariesFor } from './inputs.ts';
import { ROOT } from './paths.ts';
import { BUILT_AT } from './same-everywhere.ts';

const TRIPLET: Record<Arch, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const LOADER: Record<Arch, string> = { amd64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' };

/** 15 takes ten times as long for one percent. */
const ZSTD_LEVEL = 9;
/** The first start unpacks it with this, and runs it. */
const PROGRAM = 'edgeadm';

/** What Node and zstd are linked against (`readelf -d`). */
const LIBRARIES = [
  ...['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0'],
  ...['libstdc++.so.6', 'libgcc_s.so.1', 'libatomic.so.1'],
  ...['libz.so.1', 'liblzma.so.5', 'liblz4.so.1'],
];

export interface Tree {
  readonly dir: string;
  readonly loader: string;
  /** Names in `dir`. */
  readonly files: readonly string[];
}

/** A folder with all that runs on a Linux with nothing: loader, libraries, program, licences. */
export async function linuxTree(arch: Arch, program: string, licences: string, dir: string): Promise<Tree> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const debian = await librariesFor(arch);
  for (const name of [LOADER[arch], ...LIBRARIES]) await copyLibrary(debian, TRIPLET[arch], name, join(dir, name));
  await copyFile(join(debian, 'usr/bin/zstd'), join(dir, 'zstd'));
  await copyFile(program, join(dir, PROGRAM));
  await copyFile(licences, join(dir, 'THIRD_PARTY_LICENSES'));
  const files = [LOADER[arch], ...LIBRARIES, 'zstd', PROGRAM, 'THIRD_PARTY_LICENSES'];
  for (const name of files) await chmod(join(dir, name), /^(edgeadm|zstd|ld-)/.test(name) ? 0o755 : 0o644);
  return { dir, loader: LOADER[arch], files };
}

async function copyLibrary(debian: string, triplet: string, name: string, to: string): Promise<void> {
  for (const folder of ['lib', 'usr/lib']) {
    const bytes = await readFile(join(debian, folder, triplet, name)).catch(() => undefined);
    if (bytes) return writeFile(to, bytes);
  }
  throw new Error(`no ${name} in the Debian packages`);
}

const MIB = 2 ** 20;

/** The script, the archive and the two halves of the program, as one file. */
export async function selfExtracting(tree: Tree, arch: Arch, version: string): Promise<Buffer> {
  const others = tree.files.filter((name) => name !== PROGRAM);
  const archive = await promisify(gzip)(await tarOf(tree.dir, others));
  const program = await readFile(join(tree.dir, PROGRAM));
  const half = Math.floor(program.length / 2 / MIB);
  const halves = await Promise.all([program.subarray(0, half * MIB), program.subarray(half * MIB)].map(compressed));
  const facts = await Promise.all(
    tree.files.map(async (name) => {
      const path = join(tree.dir, name);
      const sum = createHash('sha256').update(await readFile(path));
      return { name, size: (await stat(path)).size, sum: sum.digest('hex') };
    }),
  );
  const sums = facts.map(({ name, sum }) => `${sum}  ${name}`).join('\n');
  const front = await readFile(join(ROOT, 'scripts/dist/front.sh'), 'utf8');
  const values: Record<string, string> = {
    VERSION: version,
    ARCH: arch,
    NAME: `${version}-${createHash('sha256').update(sums).digest('hex').slice(0, 12)}`,
    LOADER: tree.loader,
    FILES: tree.files.join(' '),
    SIZES: `${facts.map(({ size }) => size).join(' ')} `,
    MEGABYTES: String(Math.ceil(facts.reduce((sum, { size }) => sum + size, 0) / 1e6)),
    HALF: String(half),
    SUMS: sums,
  };
  const filled = front.replace(/@([A-Z]+)@/g, (mark, name: string) => values[name] ?? mark);
  const [first, second] = halves.map(({ length }) => length) as [number, number];
  const fill = (head: number): Buffer =>
    Buffer.from(
      filled
        .replace('@ARCHIVE@', String(filled.split('\n').length))
        .replace('@HEAD@', String(head))
        .replace('@MIDDLE@', String(head + first))
        .replace('@BYTES@', String(head + first + second)),
    );
  // The script tells the length of its own part of the file: a length of as many digits goes in first.
  return Buffer.concat([fill(fill(archive.length).length + archive.length), archive, ...halves]);
}

/** With a checksum of the content, which the first start checks. */
const compressed = (bytes: Buffer): Promise<Buffer> =>
  promisify(zstdCompress)(bytes, {
    pledgedSrcSize: bytes.length,
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });

async function tarOf(cwd: string, files: readonly string[]): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of create({ cwd, portable: true, mtime: BUILT_AT, noPax: true }, [...files]))
    blocks.push(block as Buffer);
  return Buffer.concat(blocks);
}
