/**
 * Runs in a process of its own, under the Node that is packed, with the flags of `warmUp` in program.ts: the same scripts
 * give the same bytes. Takes a folder of parts, and a list of commands: it writes their help beside the parts, as oclif
 * renders it without a terminal. Without such a list it writes V8's code cache of what a few harmless commands have
 * compiled.
 */
import childProcess from 'node:child_process';
import fs, { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
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

/** Each call once: what V8 compiles for them is the same every time, and with many calls it is not. */
async function writeCodeCache(): Promise<void> {
  for (const words of ['--help', 'join --help']) await printed('help', words.split(' '));
  for (const words of ['compat', 'explain TOKEN_INVALID', 'join phases']) await printed('program', words.split(' '));
  answerInOrder();
  const root = join(dir, 'root');
  mkdirSync(root);
  const cluster = [
    '127.0.0.1:1',
    '--token',
    'abcdef.0123456789abcdef',
    '--discovery-token-unsafe-skip-ca-verification',
  ];
  for (const words of [['preflight'], ['join', '--dry-run']])
    await printed('program', [...words, ...cluster, '--root', root]);
  rmSync(root, { recursive: true });
  // These two have failed.
  process.exitCode = 0;
  // A cache of a process with other flags would be refused.
  for (const flag of ['--min-semi-space-size=0', '--max-semi-space-size=0', '--initial-heap-size=0'])
    setFlagsFromString(flag);
  for (const [name, { script }] of parts) writeFileSync(join(dir, `${name}.cache`), script.createCachedData());
}

/**
 * V8 numbers functions as it compiles them, and the numbers are part of the cache: what is asked from now on is answered
 * at once, and alike on every machine. It has no files but those of the build, no programs, no network, and this user is
 * root.
 */
function answerInOrder(): void {
  type Call = (...args: unknown[]) => unknown;
  const atOnce =
    (call: Call): Call =>
    async (...args) => {
      const [path] = args;
      if (typeof path === 'string' && !path.startsWith(dir)) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return call(...args);
    };
  const open = (...args: Parameters<typeof fs.openSync>) => {
    const file = fs.openSync(...args);
    return {
      read: async (buffer: Buffer) => ({ bytesRead: fs.readSync(file, buffer), buffer }),
      stat: async () => fs.fstatSync(file),
      close: async () => fs.closeSync(file),
    };
  };
  for (const name of Object.keys(fs.promises)) {
    const call: unknown = name === 'open' ? open : Reflect.get(fs, `${name}Sync`);
    if (call) Object.assign(fs.promises, { [name]: atOnce(call as Call) });
  }
  const { spawn } = childProcess;
  const spawnNothing = (_: string, args: string[], options: object) => spawn(join(dir, 'none'), args, options);
  Object.assign(childProcess, { spawn: spawnNothing });
  Object.assign(Socket.prototype, {
    connect(this: Socket) {
      return this.destroy(Object.assign(new Error('no network'), { code: 'ECONNREFUSED' }));
    },
  });
  Object.assign(process, { getuid: () => 0, geteuid: () => 0 });
}

if (pages === undefined) await writeCodeCache();
else await renderPages(JSON.parse(pages) as string[][]);
