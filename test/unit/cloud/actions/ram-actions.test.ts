import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CS } from '../../../../src/cloud/actions/cs.ts';
import { ECS } from '../../../../src/cloud/actions/ecs.ts';
import { ENS } from '../../../../src/cloud/actions/ens.ts';
import { KMS } from '../../../../src/cloud/actions/kms.ts';
import { CEN, QUOTAS, SLB, SMARTAG, VPC } from '../../../../src/cloud/actions/networks.ts';

/** It has the help of every command. */
const MANIFEST = join(import.meta.dirname, '../../../../oclif.manifest.json');
const TABLES: Readonly<Record<string, object>> = {
  cs: CS,
  ens: ENS,
  ecs: ECS,
  vpc: VPC,
  slb: SLB,
  cen: CEN,
  smartag: SMARTAG,
  quotas: QUOTAS,
  kms: KMS,
};

/** Commands that use the container service only with `--cluster-id`, beside much else; docs/nodepool.md names their actions. */
const BESIDE = ['join', 'preflight', 'join:phase', 'config:validate'];

interface Help {
  readonly id: string;
  readonly description?: string;
  readonly flags: Readonly<Record<string, object>>;
}

describe('the RAM actions in the help of commands', () => {
  it('every RAM action that the help of a command names is one that edgeadm calls', () => {
    const named = [
      ...readFileSync(MANIFEST, 'utf8').matchAll(/\b(cs|ens|ecs|vpc|slb|cen|smartag|quotas|kms):([A-Z]\w+)/g),
    ];
    assert.ok(named.length > 100, 'the search finds them');
    const unknown = named.filter(([, service = '', action = '']) => !(action in (TABLES[service] ?? {})));
    assert.deepEqual([...new Set(unknown.map(([text]) => text))], []);
  });

  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { commands: Readonly<Record<string, Help>> };
  const commands = Object.values(manifest.commands);

  it('the help of every command that calls the cloud names its RAM actions', () => {
    const silent = commands
      .filter(
        ({ id, flags }) => 'cluster-id' in flags || ('profile' in flags && 'region' in flags) || id.startsWith('eni:'),
      )
      .filter(({ description }) => !/RAM actions: \w+:/.test(description ?? ''));
    assert.deepEqual(
      silent.map(({ id }) => id).filter((id) => !BESIDE.includes(id)),
      [],
    );
  });

  it('every RAM action of docs/ram-policy.json is named by the help of a command', () => {
    const help = commands.map(({ description = '' }) => description).join(' ');
    const actions = Object.entries(TABLES).flatMap(([product, rows]) =>
      Object.keys(rows).map((name) => `${product}:${name}`),
    );
    assert.deepEqual(
      actions.filter((action) => !new RegExp(`\\b${action}\\b`).test(help)),
      [],
    );
  });
});
