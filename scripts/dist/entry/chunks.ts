import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { Script } from 'node:vm';

/** A script as CommonJS modules are wrapped: every import in it is a builtin of Node, or another chunk. */
type Wrapped = (module: { exports: unknown }, require: NodeJS.Require, chunk: typeof loadChunk) => void;

const loaded = new Map<string, { exports: unknown }>();

/**
 * Evaluates a part of the program, once. The parts lie in the executable, or beside this script in the npm package.
 * Its compiled form is taken along where there is one for this very Node.
 */
export function loadChunk(name: string): unknown {
  const before = loaded.get(name);
  if (before) return before.exports;
  const module = { exports: {} as unknown };
  loaded.set(name, module);
  const cachedData = read(`${name}.cache`);
  const script = new Script(sourceOf(name), { filename: `edgeadm-${name}.js`, cachedData });
  const require = isSea() ? builtins : createRequire(__filename);
  (script.runInThisContext() as Wrapped)(module, require, loadChunk);
  onLoad?.(name, script);
  return module.exports;
}

/** What made the code cache wants to know of every script that ran. */
let onLoad: ((name: string, script: Script) => void) | undefined;
export function whenLoaded(listener: typeof onLoad): void {
  onLoad = listener;
}

// The require of a single executable gives builtins alone; that of a chunk needs no more.
const builtins = ((name: string) => process.getBuiltinModule(name)) as NodeJS.Require;

function sourceOf(name: string): string {
  const bytes = read(`${name}.js`);
  if (!bytes) throw new Error(`this program is damaged: it has no part ${name}`);
  // Bundled as ASCII: one byte a character, in memory too.
  return bytes.latin1Slice();
}

function read(name: string): Buffer | undefined {
  try {
    if (isSea()) return Buffer.from(getRawAsset(name) as ArrayBuffer);
    return readFileSync(join(__dirname, name));
  } catch {
    return undefined;
  }
}
