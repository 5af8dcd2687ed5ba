import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Interfaces } from '@oclif/core';
import { outputMode } from '../../../src/cli/base-command.ts';

const manifest = new URL('../../../oclif.manifest.json', import.meta.url);
const { commands }: Interfaces.Manifest = JSON.parse(await readFile(manifest, 'utf8'));

const OBJECT = ['text', 'json', 'yaml'];
const LIST = ['text', 'wide', 'json', 'yaml', 'name'];

/** Commands without `-o wide|name`, by the reason. Every other command takes them, a new one too. */
const WITHOUT_NAMES: Readonly<Record<string, readonly string[]>> = {
  'changes a node, and reports by host what it did': [
    ...['convert', 'join', 'join phase', 'node drill', 'reset', 'revert', 'upgrade'],
  ],
  'reports by host what is wrong; -v shows every check': ['diagnose', 'preflight'],
  'changes the cloud, and reports what became of it': [
    ...['addon config', 'addon install', 'addon uninstall', 'addon upgrade'],
    ...['cluster create', 'cluster delete', 'cluster update', 'cluster upgrade-edition'],
    ...['cluster encryption disable', 'cluster encryption enable', 'cluster logging disable', 'cluster logging enable'],
    ...['cluster parameters reset', 'cluster parameters set'],
    ...['cluster upgrade cancel', 'cluster upgrade continue', 'cluster upgrade pause', 'cluster upgrade start'],
    ...['eni bind', 'eni release', 'node attach', 'node remove'],
    ...['nodepool create', 'nodepool delete', 'nodepool repair', 'nodepool update', 'nodepool upgrade'],
  ],
  'creates or deletes one thing that the caller named': [
    ...['bundle create', 'token create', 'token delete'],
    ...['sandbox down', 'sandbox fault add', 'sandbox fault clear', 'sandbox node create', 'sandbox node delete'],
    ...['sandbox reset', 'sandbox up'],
  ],
  'prints a file, a script or a line to run': [
    ...['cluster kubeconfig', 'completion', 'config print-defaults', 'config validate', 'gang label'],
    ...['nodepool attach-script', 'sandbox env', 'sandbox kubeconfig'],
  ],
  'prints a table of numbers, which have no names': ['eni capacity', 'network capacity'],
  'prints one word: the file is the released one, or not': ['self verify'],
};
const reasons = new Map(
  Object.entries(WITHOUT_NAMES).flatMap(([reason, names]) => names.map((name) => [name, reason])),
);

describe('-o of every command', () => {
  const shown = Object.values(commands).filter(({ hidden }) => !hidden);
  for (const { id } of shown) {
    const name = id.replaceAll(':', ' ');
    const flag = commands[id]?.flags.output as { options?: string[]; helpValue?: string; description?: string };
    const reason = reasons.get(name);

    it(`edgeadm ${name} takes ${reason ? `text, json and yaml: it ${reason}` : 'text, wide, json, yaml and name'}`, () => {
      const options = flag.options ?? String(flag.helpValue).split('|').slice(1);
      assert.deepEqual(options, reason ? OBJECT : LIST);
      for (const option of ['json', 'yaml']) assert.match(flag.description ?? '', new RegExp(option));
    });
  }

  it('no command that does not exist is excused from -o wide and name', () => {
    const names = new Set(shown.map(({ id }) => id.replaceAll(':', ' ')));
    assert.deepEqual(
      [...reasons.keys()].filter((name) => !names.has(name)),
      [],
    );
  });

  const folder = new URL('../../../src/commands/', import.meta.url);
  for (const { id } of shown)
    it(`edgeadm ${id.replaceAll(':', ' ')} has names to print if it takes -o name`, async () => {
      const path = id.replaceAll(':', '/');
      const source = await readFile(new URL(`${path}.ts`, folder), 'utf8').catch(() =>
        readFile(new URL(`${path}/index.ts`, folder), 'utf8'),
      );
      assert.ok(!/\b(listFlag|lookFlags)\b/.test(source) || /\bnames\b/.test(source), `${path}: no names`);
    });

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
