import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CS } from '../../../../src/cloud/actions/cs.ts';
import { ECS } from '../../../../src/cloud/actions/ecs.ts';
import { ENS } from '../../../../src/cloud/actions/ens.ts';

/** It has the help of every command. */
const MANIFEST = join(import.meta.dirname, '../../../../oclif.manifest.json');
const TABLES: Readonly<Record<string, object>> = { cs: CS, ens: ENS, ecs: ECS };

describe('the RAM actions in the help of commands', () => {
  it('every RAM action that the help of a command names is one that edgeadm calls', () => {
    const named = [...readFileSync(MANIFEST, 'utf8').matchAll(/\b(cs|ens|ecs):([A-Z]\w+)/g)];
    assert.ok(named.length > 100, 'the search finds them');
    const unknown = named.filter(([, service = '', action = '']) => !(action in (TABLES[service] ?? {})));
    assert.deepEqual([...new Set(unknown.map(([text]) => text))], []);
  });
});
