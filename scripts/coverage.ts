/**
 * Which lines the tests run, by folder, and which source files no test loads: with one of those it fails. `npm run coverage` runs unit and
 * integration tests, `-- --sandbox` those of the built program, too; `-- --report` shows what the last run left. c8 reads what Node itself
 * counts; a page for each file: `npx c8 report --temp-directory coverage/tmp --reporter html`.
 */
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transform } from 'esbuild';
import { execa } from 'execa';
import { table } from '../src/output/table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COUNTS = join(ROOT, 'coverage', 'tmp');

interface Count {
  readonly covered: number;
  readonly total: number;
}
type Summary = Record<string, { readonly lines: Count; readonly branches: Count }>;

const { values } = parseArgs({ options: { report: { type: 'boolean' }, sandbox: { type: 'boolean' } } });
if (!values.report) await runTests(values.sandbox ?? false);
const summary = await summarise();
process.stdout.write(table(byFolder(summary)));
const unloaded = await filesNotLoaded(summary);
if (unloaded.length > 0) {
  process.exitCode = 1;
  process.stdout.write(`\nLoaded by no test:\n${unloaded.map((file) => `  ${file}\n`).join('')}`);
}

async function runTests(sandbox: boolean): Promise<void> {
  await rm(COUNTS, { recursive: true, force: true });
  const options = { cwd: ROOT, preferLocal: true, stdio: 'inherit', env: { NODE_V8_COVERAGE: COUNTS } } as const;
  const parallel = ['--parallel', '--jobs', '3'];
  await execa('mocha', [...parallel, 'test/{unit,integration}/**/*.test.ts'], options);
  if (sandbox)
    await execa('mocha', ['--config', '.mocharc.e2e.json', ...parallel, 'test/sandbox/**/*.test.ts'], options);
}

/** Paths below the root. Compiled files count as the sources that their maps name. */
async function summarise(): Promise<Summary> {
  const folders = ['src/**', 'sandbox/**'].flatMap((glob) => ['--include', glob]);
  const options = ['--temp-directory', COUNTS, '--reports-dir', join(ROOT, 'coverage'), '--reporter', 'json-summary'];
  await execa('c8', ['report', ...options, '--all', '--src', ROOT, '--extension', '.ts', ...folders], {
    cwd: ROOT,
    preferLocal: true,
  });
  const { total: _, ...files } = JSON.parse(await readFile(join(ROOT, 'coverage', 'coverage-summary.json'), 'utf8'));
  return Object.fromEntries(Object.entries(files as Summary).map(([path, counts]) => [relative(ROOT, path), counts]));
}

function byFolder(summary: Summary): Record<string, string>[] {
  const rows = new Map<string, Summary[string][]>();
  for (const [path, counts] of Object.entries(summary)) {
    const folder = /^(src\/phases\/[^/]+|src\/[^/]+|[^/]+)/.exec(path)?.[0] ?? path;
    for (const name of [folder, 'all']) rows.set(name, [...(rows.get(name) ?? []), counts]);
  }
  const sum = (counts: Summary[string][], key: 'lines' | 'branches') => {
    const [covered, total] = counts.reduce(([a, b], { [key]: c }) => [a + c.covered, b + c.total], [0, 0]);
    return `${total === 0 ? 100 : Math.floor((covered / total) * 100)} %`;
  };
  return [...rows.keys()]
    .sort((a, b) => Number(a === 'all') - Number(b === 'all') || a.localeCompare(b))
    .map((folder) => {
      const counts = rows.get(folder) ?? [];
      return { folder, files: String(counts.length), lines: sum(counts, 'lines'), branches: sum(counts, 'branches') };
    });
}

/** Files that hold types alone are erased, so nothing can load them. */
async function filesNotLoaded(summary: Summary): Promise<string[]> {
  const candidates = Object.keys(summary).filter((path) => summary[path]?.lines.covered === 0);
  const code = async (path: string): Promise<string> =>
    (await transform(await readFile(join(ROOT, path), 'utf8'), { loader: 'ts', format: 'esm' })).code;
  const codes = await Promise.all(candidates.map(code));
  return candidates.filter((_, index) => codes[index] !== '').sort();
}
