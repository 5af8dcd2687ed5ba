import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Interfaces } from '@oclif/core';
import { outputMode } from '../../../src/cli/base-command.ts';

const manifest = new URL('../../../oclif.manifest.json', import.meta.url);
const { commands }: Interfaces.Manifest = JSON.parse(await readFile(manifest, 'utf8'));

const OBJECT = ['text', 'json', 'yaml'];
const LIST = ['text', 'wide', 'json', 'yaml', 'name'];

describe('-o of every command', () => {
  for (const { id } of Object.values(commands).filter(({ hidden }) => !hidden)) {
    const name = id.replaceAll(':', ' ');
    const flag = commands[id]?.flags.output as { options?: string[]; helpValue?: string; description?: string };
    const isList = /(^|:)(list|get|phases)$|^(compat|explain)$|^cluster:upgrade:(plan|status)$/.test(id);

    it(`edgeadm ${name} takes ${isList ? 'text, wide, json, yaml and name' : 'text, json and yaml'}`, () => {
      const options = flag.options ?? String(flag.helpValue).split('|').slice(1);
      // Others may show things that have names, too.
      assert.deepEqual(options, isList || options.includes('name') ? LIST : OBJECT);
      for (const option of ['json', 'yaml']) assert.match(flag.description ?? '', new RegExp(option));
    });
  }

  for (const [argv, mode] of [
    [['-o', 'json'], 'json'],
    [['-ojson'], 'json'],
    [['--output=yaml'], 'yaml'],
    [['-o', 'a.tgz', '-o', 'yaml'], 'yaml'],
    [['-o', 'wide'], 'text'],
    [['json'], 'text'],
  ] as const)
    it(`an error before the flags are parsed is ${mode} for ${argv.join(' ')}`, () => {
      assert.equal(outputMode(argv), mode);
    });
});
