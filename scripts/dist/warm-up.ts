/**
 * Runs in a process of its own, under the Node that is packed, with `--predictable`: the same scripts give the same
 * bytes. Takes a folder of parts; writes beside them the help of every command as oclif renders it without a terminal,
 * and V8's code cache of what a few harmless commands have compiled.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

type Part = { start(argv: string[]): Promise<void> };
type Wrapped = (module: { exports: unknown }, require: NodeJS.Require, chunk: (name: string) => unknown) => void;

const [dir = '', commandLines = ''] = process.argv.slice(2);
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
    await (load(part) as Part).start(argv);
  } finally {
    process.stdout.write = write;
  }
  return text;
}

// Compiled functions stay, or the collector's timing would show in the cache.
setFlagsFromString('--no-flush-bytecode');
mkdirSync(join(dir, 'help'));
for (const words of JSON.parse(commandLines) as string[][]) {
  writeFileSync(join(dir, 'help', words.join(' ') || 'edgeadm'), await printed('help', [...words, '--help']));
}
for (const words of ['compat', 'explain TOKEN_INVALID', 'join phases']) await printed('program', words.split(' '));
setFlagsFromString('--flush-bytecode');
for (const [name, { script }] of parts) writeFileSync(join(dir, `${name}.cache`), script.createCachedData());
