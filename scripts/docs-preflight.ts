// Writes docs/preflight.md from the checks themselves; with --check it only says whether the file is current.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Check } from '../src/phases/preflight/check.ts';
import { CHECKS } from '../src/phases/preflight/checks.ts';

const FILE = fileURLToPath(new URL('../docs/preflight.md', import.meta.url));

const HEAD = `# Preflight checks

<!-- Made by \`node scripts/docs-preflight.ts\` from src/phases/preflight/checks; do not edit by hand. -->

\`edgeadm preflight\` takes the flags of \`edgeadm join\`, runs every check below and shows what it found and what to do.
\`edgeadm join\` runs the same checks before it changes anything. No check changes the node, loads a kernel module or
looks up a name.

- An **error** ends the join, a **warning** does not. A check that cannot be judged is **skipped** and says why.
- \`--ignore-preflight-errors NAME,...\` makes warnings of errors; names in any case of letters, \`all\` for every check.
  A name may be given without its brackets: \`SystemVerification\`.
- Exit code: 3 as soon as a check of the **node** failed, 4 where only checks of the **cluster** did.
- Where a single check failed and has an error code of its own (\`TOKEN_UNKNOWN_OR_EXPIRED\`, \`NO_SPACE\`,
  \`BUNDLE_NEEDED\` ...), the join ends with that code and its exit code; else with \`PREFLIGHT_FAILED\` or
  \`CLUSTER_CHECK_FAILED\`. \`edgeadm explain CODE\` tells more.
- On a second join of the same node, what this node's own edgeadm, kubelet and pod network hold (ports, files, routes,
  CNI configuration) is no obstacle.
`;

const TABLE = `
| check | severity | concerns | needs | looks at | what to do |
| --- | --- | --- | --- | --- | --- |
`;

function row({ name, severity, concerns, needs = [], about, remedy }: Check): string {
  const cells = [`\`${name}\``, severity, concerns, needs.map((need) => `\`${need}\``).join(', '), about, remedy];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

const wanted = HEAD + TABLE + CHECKS.map(row).join('');
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '');
  if (found !== wanted) {
    process.stderr.write('docs/preflight.md is not current: run `node scripts/docs-preflight.ts`\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, wanted);
}
