import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { Script } from 'node:vm';

/** A part is a function of what it may use: builtins of Node, and other parts. */
type Wrapped = (module: { exports: unknown }, require: NodeJS.Require, load: (name: string) => unknown) => void;

const loaded = new Map<string, { exports: unknown }>();

/**
 * Evaluates a part of the program, once. Its compiled form is taken along if there is one for this very Node.
 * @param beforeRun sets flags of V8: a compiled form that was made under others would be refused
 */
export function loadChunk(name: string, beforeRun?: () => void): unknown {
  const before = loaded.get(name);
  if (before) return before.exports;
  const source = readPart(`${name}.js`);
  if (!source) throw new Error(`this program is damaged: part ${name} is missing`);
  const module = { exports: {} as unknown };
  loaded.set(name, module);
  // Bundled as ASCII: one byte a character, in memory too.
  const script = new Script(source.toString('latin1'), {
    filename: `edgeadm-${name}.js`,
    cachedData: readPart(`${name}.cache`),
  });
  beforeRun?.();
  const require = isSea() ? builtins : createRequire(__filename);
  (script.runInThisContext() as Wrapped)(module, require, loadChunk);
  return module.exports;
}

/** A part needs no more. Libraries try for others, and do without them. */
const builtins = ((name: string) => {
  const found: unknown = process.getBuiltinModule(name);
  if (!found) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  return found;
}) as NodeJS.Require;

/** A file of the program: it is in the executable, or beside this script in the npm package. */
export function readPart(name: string): Buffer | undefined {
  try {
    return isSea() ? Buffer.from(getRawAsset(name) as ArrayBuffer) : readFileSync(join(__dirname, name));
  } catch {
    return undefined;
  }
}
