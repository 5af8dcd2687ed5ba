/**
 * Runs in a process of its own, under the Node that is packed, with `--predictable`: the same scripts give the same
 * bytes. Takes a folder of parts, and a list of commands: it writes their help beside the parts, as oclif renders it
 * without a terminal. Without such a list it writes V8's code cache of what a few harmless commands have compiled.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** `start` of the program ends the process. */
type Part = { start(argv: string[]): Promise<void>; warmUp?(argv: string[]): Promise<void> };
type Wrapped = (module: { exports: unknown }, require: NodeJS.Require, chunk: (name: string) => unknown) => void;

const [dir = '', pages] = process.argv.slice(2);
const parts = new Map<string, { module: { exports: unknown }; script: Script }>();

function load(name: string): unknown {
  const before = parts.get(name);
  if (before) return before.module.exports;
  const source = readFileSync(join(dir, `${name}.js`), 'latin1');
  const part = { module: { exports: {} }, script: new Script(source, { filename: `edgeadm-${name}.js` }) };
  parts.set(name, part);
  (part.script.runInThisContext() as Wrapped)(part.module, createRequire(import.meta.url), load);
  return part.module.exports;
}

/** What a call prints to standard output. */
async function printed(part: string, argv: string[]): Promise<string> {
  const write = process.stdout.write;
  let text = '';
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  try {
    const { start, warmUp = start } = load(part) as Part;
    await warmUp(argv);
  } finally {
    process.stdout.write = write;
  }
  return text;
}

async function renderPages(pages: readonly string[][]): Promise<void> {
  mkdirSync(join(dir, 'help'));
  for (const words of pages)
    writeFileSync(join(dir, 'help', words.join(' ') || 'edgeadm'), await printed('help', [...words, '--help']));
}

/** Few calls, each once: what V8 compiles for them is the same every time, and with many calls it is not. */
async function writeCodeCache(): Promise<void> {
  // Compiled functions stay, or the collector's timing would show.
  setFlagsFromString('--no-flush-bytecode');
  for (const words of ['--help', 'join --help']) await printed('help', words.split(' '));
  for (const words of ['compat', 'explain TOKEN_INVALID', 'join phases']) await printed('program', words.split(' '));
  setFlagsFromString('--flush-bytecode');
  for (const [name, { script }] of parts) writeFileSync(join(dir, `${name}.cache`), script.createCachedData());
}

if (pages === undefined) await writeCodeCache();
else await renderPages(JSON.parse(pages) as string[][]);
