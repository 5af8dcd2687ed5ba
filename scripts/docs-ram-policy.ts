// Writes docs/ram-policy.json from the tables of actions; with --check it only says whether the file is current.
import { readFile, writeFile } from 'node:fs/promises';
import { CS } from '../src/cloud/actions/cs.ts';
import { ECS } from '../src/cloud/actions/ecs.ts';
import { ENS } from '../src/cloud/actions/ens.ts';
import { KMS } from '../src/cloud/actions/kms.ts';
import { CEN, QUOTAS, SLB, SMARTAG, VPC } from '../src/cloud/actions/networks.ts';

const FILE = new URL('../docs/ram-policy.json', import.meta.url);

/** By the names that RAM has for the products. */
const RPC = { ens: ENS, ecs: ECS, vpc: VPC, slb: SLB, cen: CEN, smartag: SMARTAG, quotas: QUOTAS, kms: KMS };

const ACTIONS: readonly (readonly [action: string, repeated: string])[] = [
  ...Object.entries(CS).map(([name, { repeated }]) => [`cs:${name}`, repeated] as const),
  ...Object.entries(RPC).flatMap(([product, rows]) =>
    Object.entries(rows).map(([name, repeated]) => [`${product}:${name}`, repeated] as const),
  ),
];

function statement(reads: boolean): object {
  const actions = ACTIONS.filter(([, repeated]) => (repeated === 'none') === reads).map(([action]) => action);
  return { Effect: 'Allow', Action: actions.sort(), Resource: '*' };
}

/** Reads and changes are apart, so that a user who only looks gets the first statement. */
const wanted = `${JSON.stringify({ Version: '1', Statement: [statement(true), statement(false)] }, undefined, 2)}\n`;
const found = await readFile(FILE, 'utf8').catch(() => '');
if (found === wanted) process.exit();
if (process.argv.includes('--check')) {
  process.stderr.write('docs/ram-policy.json is not current: run node scripts/docs-ram-policy.ts\n');
  process.exit(1);
}
await writeFile(FILE, wanted);
