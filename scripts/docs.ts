/** Writes every document that is generated from the code; with --check it fails if one is not current. */
import { execa } from 'execa';

const GENERATORS = [
  'scripts/docs-cluster-upgrade.ts',
  'scripts/docs-commands.ts',
  'scripts/docs-errors.ts',
  'scripts/docs-kinds.ts',
  'scripts/docs-preflight.ts',
  'scripts/docs-ram-policy.ts',
  'scripts/docs-schema.ts',
];

for (const script of GENERATORS) {
  const result = await execa('node', [script, ...process.argv.slice(2)], {
    preferLocal: true,
    reject: false,
    all: true,
  });
  if (result.all) process.stdout.write(`${result.all}\n`);
  if (result.failed) process.exitCode = 1;
}
