/** What a fresh clone needs before anything else. Plain JavaScript: it runs under whatever Node the machine has. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** npm warns of the machine's own Node.js, which is not the one that is used. */
export const QUIET = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier'];

/** Programs of the pinned dependencies, Node 26 among them, come first. */
export const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
};

/** Runs a program, shows what it prints (unless `quiet`), and gives back exit code and text. */
export function run(file, args, more = {}, quiet = false) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env: withDefined(more), stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (!quiet) process.stdout.write(chunk);
    });
    child.on('error', (error) => resolve({ code: 127, text: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, text }));
  });
}

/** True where node_modules is what the lock file says. */
export function dependenciesAreCurrent() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** True where the compiled program is not older than any of its sources. */
function buildIsCurrent() {
  const manifest = join(root, 'oclif.manifest.json');
  if (!existsSync(join(root, 'lib/src/cli/main.js')) || !existsSync(manifest)) return false;
  const built = statSync(manifest).mtimeMs;
  const sources = ['src', 'sandbox'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
  );
  return sources.every((path) => statSync(path).mtimeMs <= built);
}

/** Runs a step of the set-up; a failed one ends the program. */
export async function need(file, args) {
  const { code } = await run(file, args);
  if (code !== 0) process.exit(code);
}

export async function ensureDependencies() {
  if (dependenciesAreCurrent()) return;
  process.stdout.write('Installing the dependencies, with a Node.js used only in this folder (npm ci) ...\n');
  await need('npm', ['ci', ...QUIET]);
}

export async function ensureBuilt() {
  if (buildIsCurrent()) return;
  process.stdout.write('Building (npm run build) ...\n');
  await need('npm', ['run', '--silent', 'build']);
}

function withDefined(more) {
  return { ...env, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) };
}
