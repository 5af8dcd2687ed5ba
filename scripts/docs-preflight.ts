// Writes docs/preflight.md from the checks themselves; with --check it only says whether the file is current.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Check } from '../src/phases/preflight/check.ts';
import { PREFLIGHT_CHECKS } from '../src/phases/preflight/checks.ts';
import { WINDOWS_CHECKS } from '../src/phases/preflight/windows/checks.ts';
import { GET_EDGEADM } from './get-edgeadm.ts';

const FILE = fileURLToPath(new URL('../docs/preflight.md', import.meta.url));

const HEAD = `# Preflight checks

<!-- Made by \`node scripts/docs-preflight.ts\` from src/phases/preflight/checks; do not edit by hand. -->

${GET_EDGEADM}

\`edgeadm preflight\` takes the flags of \`edgeadm join\`, runs the checks below, and shows what it found and what to do.
\`edgeadm join\` runs the same checks before it changes anything. The checks do not change the node, load no kernel modules
and send no DNS queries.

- An **error** ends the join, a **warning** does not. A check that cannot run is **skipped**, with the reason.
- \`--ignore-preflight-errors NAME,...\` turns errors into warnings. Letter case does not matter, \`all\` means every check,
  and a part in parentheses can be omitted: \`SystemVerification\`.
- Exit code: 3 if a check of the **node** failed, 4 if only checks of the **cluster** failed.
- If a single check failed and it has an error code of its own (\`TOKEN_UNKNOWN_OR_EXPIRED\`, \`NO_SPACE\`,
  \`BUNDLE_NEEDED\` ...), the join ends with that code and its exit code; otherwise with \`PREFLIGHT_FAILED\` or
  \`CLUSTER_CHECK_FAILED\`. \`edgeadm explain CODE\` explains a code.
- When a node is joined again, ports, files, routes and CNI configurations of its own edgeadm, kubelet and pod network are
  not an obstacle.
`;

const TABLE = `
| check | severity | concerns | needs | what it checks | what to do |
| --- | --- | --- | --- | --- | --- |
`;

function row({ name, severity, concerns, needs = [], about, remedy }: Check): string {
  const cells = [`\`${name}\``, severity, concerns, needs.map((need) => `\`${need}\``).join(', '), about, remedy];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

const ON_WINDOWS = `
## Windows nodes

Windows nodes have their own list. A check that has the same name as one above checks the same thing.
`;

const wanted =
  HEAD + TABLE + PREFLIGHT_CHECKS.map(row).join('') + ON_WINDOWS + TABLE + WINDOWS_CHECKS.map(row).join('');
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '');
  if (found !== wanted) {
    process.stderr.write('docs/preflight.md is not current: run `node scripts/docs-preflight.ts`\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, wanted);
}
