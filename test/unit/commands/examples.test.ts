import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type Command, type Interfaces, Parser } from '@oclif/core';
import { describe, it } from 'mocha';

const ROOT = new URL('../../../', import.meta.url);
const { commands } = JSON.parse(await readFile(new URL('oclif.manifest.json', ROOT), 'utf8')) as Interfaces.Manifest;

/** The words of the first call in a line that a shell runs, without quotes. */
function wordsOf(line: string): string[] {
  const [, before, call = ''] = /(^|.)\bedgeadm (.*)$/.exec(line) ?? [];
  const own = before === '(' ? call.replace(/\).*$/, '') : call;
  const words = own.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const end = words.findIndex((word) => /^[|;&>]/.test(word));
  return words.slice(0, end < 0 ? undefined : end).map((word) => word.replaceAll(/['"]/g, ''));
}

const lineOf = (example: Command.Example): string =>
  (typeof example === 'string' ? example : example.command).replaceAll('<%= config.bin %>', 'edgeadm');

describe('the examples of --help', () => {
  for (const [id, { examples = [] }] of Object.entries(commands)) {
    if (examples.length === 0) continue;
    it(`of ${id.replaceAll(':', ' ')} are lines that it takes`, async () => {
      const path = commands[id]?.relativePath as string[] | undefined;
      assert.ok(path);
      const file = new URL(path.join('/').replace(/^lib/, 'src').replace(/js$/, 'ts'), ROOT);
      const command = ((await import(file.href)) as { default: Command.Class }).default;
      for (const line of examples.map(lineOf)) {
        const words = wordsOf(line);
        const name = id.split(':');
        assert.deepEqual(words.slice(0, name.length), name, line);
        const flags = { ...command.baseFlags, ...command.flags };
        const rest = words.slice(name.length);
        await Parser.parse(rest, { args: command.args, flags, strict: command.strict } as never).catch((error: Error) =>
          assert.fail(`${line}: ${error.message}`),
        );
      }
    });
  }

  it('are there for every command that people call', () => {
    const without = Object.values(commands).filter(({ hidden, examples }) => !hidden && !examples?.length);
    assert.deepEqual(
      without.map(({ id }) => id),
      [],
    );
  });
});
