// Writes docs/cluster-upgrade-checks.md from the checks themselves; with --check it only says whether the file is current.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { UpgradeCheck } from '../src/cluster-upgrade/precheck/check.ts';
import { CHECKS } from '../src/cluster-upgrade/precheck/checks.ts';
import { byResource, NEEDED, NEEDED_TO_DRAIN, type Permission } from '../src/cluster-upgrade/precheck/permissions.ts';

const FILE = fileURLToPath(new URL('../docs/cluster-upgrade-checks.md', import.meta.url));

const HEAD = `# Checks before a cluster is upgraded

<!-- Made by \`node scripts/docs-cluster-upgrade.ts\` from src/cluster-upgrade/precheck; do not edit by hand. -->

\`edgeadm cluster upgrade start\` runs every check below before it changes anything, and makes a report of them. No check
changes the cluster. The nodes are looked at as the API server knows them; each node is looked at again, on the spot, when
its turn comes (\`edgeadm upgrade\`).

- A row of the report has the check, the **object** (like objects share a row; ten are named), the **result**, the
  **reason**, the **effect** if the upgrade starts all the same, and the **advice**.
- **normal**: nothing to do. **warning**: the upgrade can be started. **error**: it is to be mended first. The result of the
  whole is the worst of its rows.
- A check that cannot be run, for lack of a right or because the cluster does not have that API, is a **warning** that says
  so. Only where no API server answers is there no report.
`;

const TABLE = `
| check | looks at | effect | advice |
| --- | --- | --- | --- |
`;

function row({ name, about, effect, advice }: UpgradeCheck): string {
  return `| ${[`\`${name}\``, about, effect, advice].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function permission({ verb, resource, namespace }: Permission): string {
  return `| \`${resource}\` | ${verb} | ${namespace ? `\`${namespace}\`` : 'all'} |\n`;
}

const PERMISSIONS = `
## What \`Permissions\` asks for

| resource | verbs | namespace |
| --- | --- | --- |
${byResource(NEEDED).map(permission).join('')}
With \`--drain\` also:

| resource | verbs | namespace |
| --- | --- | --- |
${byResource(NEEDED_TO_DRAIN).map(permission).join('')}`;

const wanted = HEAD + TABLE + CHECKS.map(row).join('') + PERMISSIONS;
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '');
  if (found !== wanted) {
    process.stderr.write('docs/cluster-upgrade-checks.md is not current: run `node scripts/docs-cluster-upgrade.ts`\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, wanted);
}
