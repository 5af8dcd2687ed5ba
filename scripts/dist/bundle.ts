/** The program as scripts: one that starts, and parts that it loads as it needs them. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { ROOT } from './paths.ts';

/**
 * Libraries that are large and seldom used: parts of their own. A (always dynamic) import of one gets
 * the part's export of that name.
 */
const LIBRARIES: Record<string, readonly string[]> = {
  alicloud: ['@alicloud/credentials', '@alicloud/openapi-util'],
  ssh: ['ssh2'],
  prompts: ['@inquirer/prompts'],
  age: ['age-encryption'],
};

/** Libraries that the sandbox alone uses: they are in its part, not in that of the program. */
const SANDBOX_LIBRARIES = ['re2js'];

export interface Chunk {
  readonly name: string;
  readonly code: Uint8Array;
  /** What went into it, as esbuild tells it: paths from the checkout. */
  readonly inputs: readonly string[];
}

const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  charset: 'ascii',
  write: false,
  metafile: true,
  legalComments: 'none',
  // A part is in memory as a text. Names stay, so that a stack trace can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  absWorkingDir: ROOT,
  logLevel: 'error',
  // A script without a file has no `import()`: builtins are required, the rest is in the bundle.
  supported: { 'dynamic-import': false },
};

/** A part is not a file: ssh2 asks for the folder of its own as soon as it is loaded, and then reads nothing there. */
const FOLDER = { __dirname: '"/"' };

/** Bundles everything; the same sources give the same bytes. */
export async function bundle(): Promise<Chunk[]> {
  const used = new Set<string>();
  const sandboxPlugins = [await packedModules([]), usesProgram(used)];
  const sandbox = await chunk('sandbox', {
    ...COMMON,
    entryPoints: ['scripts/dist/entry/sandbox.ts'],
    plugins: sandboxPlugins,
  });
  const packed = await packedModules([...used].sort());
  const own = { ...COMMON, plugins: [packed, ownHelp, embeddedTemplates, englishAlone, withoutNativeAddons] };
  const libraries = { ...COMMON, plugins: [withoutNativeAddons], define: FOLDER };
  return Promise.all([
    chunk('start', { ...own, entryPoints: ['scripts/dist/entry/start.ts'] }),
    chunk('help', { ...own, entryPoints: ['scripts/dist/entry/help.ts'] }),
    chunk('program', {
      ...own,
      entryPoints: ['scripts/dist/entry/program.ts'],
      plugins: [...own.plugins, librariesInParts],
    }),
    sandbox,
    ...Object.entries(LIBRARIES).map(([name, packages]) =>
      chunk(name, { ...libraries, stdin: { contents: libraryPart(packages), resolveDir: ROOT } }),
    ),
  ]);
}

async function chunk(name: string, options: BuildOptions): Promise<Chunk> {
  // The start script is a file of its own; a part is a function of what it may use.
  const wrapped =
    name === 'start' ? {} : { banner: { js: '(function(module,require,__chunk){' }, footer: { js: '})' } };
  const { outputFiles = [], metafile } = await build({ ...options, ...wrapped, outfile: `${name}.js` });
  const code = outputFiles[0]?.contents;
  if (!code) throw new Error(`esbuild made nothing of ${name}`);
  return { name, code, inputs: Object.keys((metafile as Metafile).inputs) };
}

const libraryPart = (packages: readonly string[]): string =>
  `module.exports = {${packages.map((name) => `get '${name}'() { return require('${name}'); }`).join(', ')}};`;

/** Of the sandbox, and of its commands, which alone load it. */
const SANDBOX = /^(sandbox|src\/(commands|cli)\/sandbox)\//;

/**
 * The part of the sandbox takes what it shares with the program from the program: errors are known by their class, and
 * secrets by one registry, so no module may be there twice.
 * @param used takes what that is: sources by their path in the checkout, and libraries by name
 */
function usesProgram(used: Set<string>): Plugin {
  return {
    name: 'uses the program',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^([.]{1,2}\/|[@a-z])/ }, ({ path, kind, resolveDir }) => {
        if (kind === 'entry-point' || path.startsWith('node:') || path.startsWith('packed:')) return undefined;
        const name = path.startsWith('.') ? relative(ROOT, join(resolveDir, path)) : path;
        if (SANDBOX_LIBRARIES.includes(path)) return undefined;
        if (path.startsWith('.') && (SANDBOX.test(name) || !name.startsWith('src/'))) return undefined;
        used.add(name);
        return { path: name, namespace: 'program' };
      });
      onLoad({ filter: /./, namespace: 'program' }, ({ path }) => ({
        contents: `module.exports = __chunk('program').modules[${JSON.stringify(path)}]();`,
      }));
    },
  };
}

/**
 * Modules with what only the build knows: the registry of commands, the manifest with what oclif reads of package.json,
 * and the modules that the sandbox shares with the program.
 */
async function packedModules(shared: readonly string[]): Promise<Plugin> {
  const [manifest, packageJson] = await Promise.all(
    ['oclif.manifest.json', 'package.json'].map(async (name) => JSON.parse(await readFile(join(ROOT, name), 'utf8'))),
  );
  const { name, version, description, oclif } = packageJson;
  const pjson = { name, version, description, type: 'module', oclif };
  const files = globSync('src/commands/**/*.ts', { cwd: ROOT }).sort();
  const idOf = (path: string) => path.replace(/^src\/commands\/|(\/index)?\.ts$/g, '').replaceAll('/', ':');
  const imported = (path: string) => `${JSON.stringify(idOf(path))}: () => import('./${path}')`;
  const inPart = (path: string) => {
    const id = JSON.stringify(idOf(path));
    return `${id}: async () => __chunk('sandbox').commands[${id}]()`;
  };
  const registry = files.map((path) => (SANDBOX.test(path) ? inPart(path) : imported(path)));
  const sandbox = files.filter((path) => SANDBOX.test(path)).map(imported);
  const given = shared.map((name) => {
    const specifier = name.startsWith('src/') ? `./${name}` : name;
    return `${JSON.stringify(name)}: () => require(${JSON.stringify(specifier)})`;
  });
  const contents: Record<string, string> = {
    'packed:commands': `export const commands = {${registry.join(',\n')}};`,
    'packed:sandbox': `export const commands = {${sandbox.join(',\n')}};`,
    'packed:shared': `export const modules = {${given.join(',\n')}};`,
    'packed:manifest': `export const manifest = ${JSON.stringify(manifest)}; export const pjson = ${JSON.stringify(pjson)};`,
  };
  return {
    name: 'packed modules',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^packed:/ }, ({ path }) => ({ path, namespace: 'packed' }));
      // As the program itself imports it: a library with two forms would be there twice.
      onResolve({ filter: /^[@a-z]/, namespace: 'packed' }, ({ path, kind, resolveDir }) =>
        kind === 'require-call' ? resolve(path, { kind: 'import-statement', resolveDir }) : undefined,
      );
      onLoad({ filter: /./, namespace: 'packed' }, ({ path }) => ({ contents: contents[path], resolveDir: ROOT }));
    },
  };
}

/** The help class that package.json names: oclif would import it from a file. */
const ownHelp: Plugin = {
  name: 'own help',
  setup({ onLoad }) {
    onLoad({ filter: /\/@oclif\/core\/lib\/help\/index\.js$/ }, async ({ path }) => {
      const own = JSON.stringify(join(ROOT, 'src/cli/help.ts'));
      return {
        contents: `${await readFile(path, 'utf8')}\nexports.loadHelpClass = async () => require(${own}).default;`,
      };
    });
  },
};

/** `readTemplate` without a disk. */
const embeddedTemplates: Plugin = {
  name: 'embedded templates',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/templates\/index\.ts$/ }, async () => {
      const names = globSync('**/*', { cwd: join(ROOT, 'templates'), withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, 'templates/').length))
        .sort();
      const texts = await Promise.all(names.map((name) => readFile(join(ROOT, 'templates', name), 'utf8')));
      const table = JSON.stringify(Object.fromEntries(names.map((name, i) => [name, texts[i]])));
      return {
        contents: `const TEXTS = ${table};
export function readTemplate(name) {
  if (!(name in TEXTS)) throw new Error('there is no template ' + name);
  return TEXTS[name];
}`,
      };
    });
  },
};

/** zod's messages in fifty languages: our own replace all but the English ones. */
const englishAlone: Plugin = {
  name: 'English alone',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

const librariesInParts: Plugin = {
  name: 'libraries in parts',
  setup({ onResolve, onLoad }) {
    const partOf = new Map(Object.entries(LIBRARIES).flatMap(([part, names]) => names.map((name) => [name, part])));
    onResolve({ filter: /^[@a-z]/ }, ({ path, kind }) => {
      if (!partOf.has(path)) return undefined;
      if (kind !== 'dynamic-import') throw new Error(`${path} is large: import it where it is used`);
      return { path, namespace: 'part' };
    });
    onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({
      contents: `module.exports = __chunk('${partOf.get(path)}')['${path}'];`,
    }));
  },
};

/** ssh2 does without its native addons, which no single script can carry. */
const withoutNativeAddons: Plugin = {
  name: 'without native addons',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.node$/ }, ({ path }) => ({ path, namespace: 'native' }));
    onLoad({ filter: /./, namespace: 'native' }, ({ path }) => ({
      contents: `throw new Error('${path} is not packed');`,
    }));
  },
};
