// Writes docs/errors.md from src/errors/codes.ts; with --check it only says whether the file is current.
import { readFile, writeFile } from 'node:fs/promises';
import { ERROR_CODES, type ErrorEntry, EXIT } from '../src/errors/index.ts';
import { GET_EDGEADM } from './get-edgeadm.ts';

const FILE = new URL('../docs/errors.md', import.meta.url);

const HEAD = `# Errors

<!-- Made by \`node scripts/docs-errors.ts\` from src/errors/codes.ts; do not edit by hand. -->

${GET_EDGEADM}

Every error says what failed, shows the evidence, and says what to do next. The code is printed below it; with \`-o json\` it is
\`error.code\` of the last line. A code never changes its meaning. \`edgeadm explain CODE\` prints the same text.
`;

const EXITS: readonly (readonly [number, string])[] = [
  [EXIT.done, 'done, or nothing to do'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'the command line or the configuration is invalid; nothing was changed'],
  [EXIT.node, 'a check of the node failed'],
  [EXIT.cluster, 'the cluster, or the connection to it or to the node'],
  [EXIT.cloud, 'a cloud API'],
  [EXIT.someHosts, 'some of several hosts failed, but not all'],
  [EXIT.interrupted, 'interrupted'],
];

const exits = `
## Exit codes

| exit code | meaning | errors |
| --- | --- | --- |
${EXITS.map(([exit, meaning]) => `| ${exit} | ${meaning} | ${codesOf(exit).join(', ')} |\n`).join('')}`;

function codesOf(exit: number): string[] {
  return Object.entries(ERROR_CODES)
    .filter(([, entry]) => entry.exit === exit)
    .map(([code]) => `[${code}](#${code.toLowerCase()})`);
}

function section([code, { exit, cause, evidence, remedy }]: [string, ErrorEntry]): string {
  return `\n### ${code}\n\n${cause}\n\n- Evidence: ${evidence}\n- Remedy: ${remedy}\n- Exit code: ${exit}\n`;
}

const wanted = `${HEAD}${exits}\n## Codes\n${Object.entries<ErrorEntry>(ERROR_CODES).map(section).join('')}`;
const found = await readFile(FILE, 'utf8').catch(() => '');
if (found === wanted) process.exit();
if (process.argv.includes('--check')) {
  process.stderr.write('docs/errors.md is not current: run node scripts/docs-errors.ts\n');
  process.exit(1);
}
await writeFile(FILE, wanted);
