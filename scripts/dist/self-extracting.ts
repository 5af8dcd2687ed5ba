/**
 * The Linux executables: a shell script, an archive with loader, libraries and zstd, the pages of help, and the program in
 * two halves, which are unpacked at the same time. zstd takes a third of gzip's time and carries a sixth less; machines without it are many,
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

/** What zstd is linked against (`readelf -d`). */
const LIBRARIES_OF_ZSTD = ['libc.so.6', 'libz.so.1', 'liblzma.so.5', 'liblz4.so.1'];
/** What Node is linked against besides. */
const LIBRARIES_OF_NODE = [
  ...['libm.so.6', 'libdl.so.2', 'libpthread.so.0'],
  ...['libstdc++.so.6', 'libgcc_s.so.1', 'libatomic.so.1'],
];
const LIBRARIES = [...LIBRARIES_OF_ZSTD, ...LIBRARIES_OF_NODE];

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
/** A page and a half begin at a multiple of it: dd moves on in a file by whole blocks. */
const BLOCK = 512;

/** What the script answers by itself. */
export interface Known {
  /** As `--version` shows it. */
  readonly version: string;
  /** Text by command; that of `edgeadm --help` itself by the empty one. */
  readonly help: ReadonlyMap<string, Buffer>;
}

/** The script, the archive, the help and the two halves of the program, as one file. */
export async function selfExtracting(tree: Tree, arch: Arch, version: string, known: Known): Promise<Buffer> {
  const archive = await promisify(gzip)(await archiveOf(tree));
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
  const pages = pagesOf(known.help);
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
    BLOCK: String(BLOCK),
    SUMS: sums,
    SHOWN: known.version,
    HELP: pages.places.join('\n'),
  };
  const filled = front.replace(/@([A-Z]+)@/g, (mark, name: string) => values[name] ?? mark);
  const [first, second] = halves as [Buffer, Buffer];
  const fill = (head: number): string => {
    const start = inBlocks(head) + inBlocks(pages.bytes.length);
    const middle = start + inBlocks(first.length);
    return filled
      .replace('@ARCHIVE@', String(filled.split('\n').length))
      .replace('@HEAD@', String(head))
      .replace('@PAGES@', String(inBlocks(head)))
      .replace('@FIRST@', String(start))
      .replace('@LENGTH@', String(first.length))
      .replace('@SECOND@', String(middle))
      .replace('@BYTES@', String(middle * BLOCK + second.length));
  };
  // The script tells the length of its own part of the file: a length of as many digits goes in first.
  const head = fill(archive.length).length + archive.length;
  const script = Buffer.from(fill(head));
  if (script.length + archive.length !== head) throw new Error(`the archive does not end at byte ${head}`);
  return Buffer.concat([padded(script, archive), pages.bytes, padded(first), second]);
}

const inBlocks = (length: number): number => Math.ceil(length / BLOCK);

function padded(...parts: Buffer[]): Buffer {
  const whole = Buffer.concat(parts);
  return Buffer.concat([whole, Buffer.alloc(inBlocks(whole.length) * BLOCK - whole.length)]);
}

/** The pages of help one after another, and where the script finds each by its words. */
function pagesOf(help: Known['help']): { bytes: Buffer; places: string[] } {
  let block = 0;
  const places = [...help].map(([words, { length }]) => {
    const place = `  '${words && ` ${words}`}') block=${block} length=${length} ;;`;
    block += inBlocks(length);
    return place;
  });
  return { bytes: Buffer.concat([...help.values()].map((page) => padded(page))), places };
}

/** What zstd needs lies in it as it is; the rest is smaller and quicker in zstd's own form. */
async function archiveOf({ dir, loader, files }: Tree): Promise<Buffer> {
  const first = [loader, ...LIBRARIES_OF_ZSTD, 'zstd'];
  const others = files.filter((name) => name !== PROGRAM && !first.includes(name));
  await writeFile(join(dir, 'others'), await compressed(await tarOf(dir, others)));
  try {
    return await tarOf(dir, [...first, 'others']);
  } finally {
    await rm(join(dir, 'others'));
  }
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
