// Writes docs/cluster-upgrade-checks.md from the checks themselves; with --check it only says whether the file is current.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { UpgradeCheck } from '../src/cluster-upgrade/precheck/check.ts';
import { UPGRADE_CHECKS } from '../src/cluster-upgrade/precheck/checks.ts';
import {
  byResource,
  DRAIN_PERMISSIONS,
  type Permission,
  START_PERMISSIONS,
} from '../src/cluster-upgrade/precheck/permissions.ts';
import { GET_EDGEADM } from './get-edgeadm.ts';

const FILE = fileURLToPath(new URL('../docs/cluster-upgrade-checks.md', import.meta.url));

const HEAD = `# Checks before a cluster is upgraded

<!-- Made by \`node scripts/docs-cluster-upgrade.ts\` from src/cluster-upgrade/precheck; do not edit by hand. -->

${GET_EDGEADM}

\`edgeadm cluster upgrade start\` runs the checks below before it changes anything, and reports the results. The checks do not
change the cluster. They see nodes as the API server reports them; each node is checked again on the machine itself
before it is upgraded (\`edgeadm upgrade\`).

- A row of the report has the check, the **object** (similar objects share a row, which lists up to ten), the **result**, the
  **reason**, the **effect** if the upgrade starts anyway, and the **advice**.
- **normal**: nothing to do. **warning**: the upgrade can start. **error**: fix it first. The overall result is the worst
  result of a row.
- A check that cannot run, because a permission is missing or the cluster does not have that API, is a **warning** with the
  reason. There is no report only if the API server does not answer.
`;

const TABLE = `
| check | what it checks | effect | advice |
| --- | --- | --- | --- |
`;

function row({ name, about, effect, advice }: UpgradeCheck): string {
  return `| ${[`\`${name}\``, about, effect, advice].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function permission({ verb, resource, namespace }: Permission): string {
  return `| \`${resource}\` | ${verb} | ${namespace ? `\`${namespace}\`` : 'all'} |\n`;
}

const PERMISSIONS = `
## What \`Permissions\` requires

| resource | verbs | namespace |
| --- | --- | --- |
${byResource(START_PERMISSIONS).map(permission).join('')}
With \`--drain\` also:

| resource | verbs | namespace |
| --- | --- | --- |
${byResource(DRAIN_PERMISSIONS).map(permission).join('')}`;

const wanted = HEAD + TABLE + UPGRADE_CHECKS.map(row).join('') + PERMISSIONS;
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '');
  if (found !== wanted) {
    process.stderr.write('docs/cluster-upgrade-checks.md is not current: run `node scripts/docs-cluster-upgrade.ts`\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, wanted);
}
