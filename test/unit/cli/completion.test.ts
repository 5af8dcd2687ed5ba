import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type CommandFacts, placesOf } from '../../../src/cli/completion/places.ts';
import { COMPLETION_SHELLS, completionScript } from '../../../src/cli/completion/script.ts';
import { valuesOfArgument } from '../../../src/cli/completion/values.ts';

const output = { type: 'option', name: 'output', char: 'o', options: ['text', 'json'], multiple: false } as const;
const COMMANDS = [
  { id: 'join', args: {}, flags: { output }, summary: "Join the user's machine.\nMore." },
  {
    id: 'join:phase',
    args: { phase: { name: 'phase' } },
    flags: {
      bundle: { type: 'option', name: 'bundle', helpValue: 'DIR|TGZ|URL', multiple: false },
      rollback: { type: 'boolean', name: 'rollback', allowNo: true, description: 'put it back' },
      secret: { type: 'option', name: 'secret', hidden: true, multiple: false },
    },
  },
  { id: 'inner', hidden: true, args: {}, flags: {} },
] as unknown as CommandFacts[];
const places = placesOf(COMMANDS, new Map());
const placeOf = (command: string) => places.find((place) => place.command === command);

describe('completion', () => {
  it('offers commands with the first line of what they do, and no hidden ones', () => {
    assert.deepEqual(placeOf('')?.subcommands, [
      { name: 'join', description: "Join the user's machine." },
      { name: 'help', description: 'Show the help of a command.' },
      { name: 'version', description: 'Show the version of edgeadm.' },
    ]);
    assert.deepEqual(
      placeOf('join')?.subcommands.map(({ name }) => name),
      ['phase'],
    );
  });

  it('offers commands behind help, as kubectl, and no flags', () => {
    assert.deepEqual(
      placeOf('help')?.subcommands.map(({ name }) => name),
      ['join'],
    );
    assert.deepEqual(
      placeOf('help join')?.subcommands.map(({ name }) => name),
      ['phase'],
    );
    assert.deepEqual(placeOf('help')?.flags, []);
  });

  it('offers flags and their opposites, and no hidden ones', () => {
    const names = placeOf('join phase')?.flags.map(({ name }) => name);
    assert.deepEqual(names, ['--bundle', '--rollback', '--no-rollback', '--help']);
  });

  it('knows the values of a flag by each of its spellings', () => {
    const values = { kind: 'words', words: ['text', 'json'] };
    assert.deepEqual(placeOf('join')?.values, [
      ['--output', values],
      ['-o', values],
    ]);
  });

  it('takes names from the tables of the code, and files from what the help says of a value', () => {
    const values = new Map(placeOf('join phase')?.values);
    assert.ok(values.get('1')?.words?.includes('prepare-node/sysctls'));
    assert.equal(values.get('--bundle')?.kind, 'files');
  });

  it('offers names wherever a node or a node pool is named', () => {
    const named = [
      ...['disable', 'enable', 'show'].map((verb) => [`node:autonomy:${verb}`, 'node', 'nodes']),
      ...['set', 'unset'].map((verb) => [`node:gateway:${verb}`, 'node', 'nodes']),
      ...[
        ['node:list', 'node', 'nodes'],
        ['node:drill', 'node', 'nodes'],
        ['node:remove', 'name', 'nodes'],
      ],
      ...['get', 'delete', 'repair', 'update', 'upgrade'].map((verb) => [`nodepool:${verb}`, 'name', 'nodepools']),
      ['sandbox:get', 'name', 'sandbox-nodes'],
    ];
    for (const [command = '', name = '', kind] of named)
      assert.equal(valuesOfArgument(command, { name })?.kind, kind, command);
  });

  it('quotes what a shell would take for its own', () => {
    const marked = { bash: undefined, zsh: "user'\\''s", fish: "user\\'s", powershell: "user''s" };
    for (const shell of COMPLETION_SHELLS) {
      const script = completionScript(shell, places);
      assert.ok(script.includes(marked[shell] ?? ''), shell);
      assert.doesNotMatch(script, /^@\w+@$/m);
    }
  });
});
