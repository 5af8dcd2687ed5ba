import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
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

/** Fails where the command that a line calls does not take it. */
async function assertTaken(line: string): Promise<string> {
  const words = wordsOf(line);
  const id = [3, 2, 1].map((count) => words.slice(0, count).join(':')).find((name) => name in commands);
  const path = id === undefined ? undefined : (commands[id]?.relativePath as string[] | undefined);
  assert.ok(id && path, `${line}: no command`);
  const file = new URL(path.join('/').replace(/^lib./, '').replace(/js$/, 'ts'), ROOT);
  const { default: command } = (await import(file.href)) as { default: Command.Class };
  const input = { args: command.args, flags: { ...command.baseFlags, ...command.flags }, strict: command.strict };
  await Parser.parse(words.slice(id.split(':').length), input as never).catch((error: Error) =>
    assert.fail(`${line}: ${error.message}`),
  );
  return id;
}

describe('the examples of --help', () => {
  for (const [id, { examples = [] }] of Object.entries(commands)) {
    it(`the examples of --help of ${id.replaceAll(':', ' ')} are lines that it takes`, async () => {
      for (const line of examples.map(lineOf)) assert.equal(await assertTaken(line), id, line);
    });
  }

  it('the examples of --help are there for every command that people call', () => {
    const without = Object.values(commands).filter(({ hidden, examples }) => !hidden && !examples?.length);
    assert.deepEqual(
      without.map(({ id }) => id),
      [],
    );
  });
});

describe('the documents on tasks', () => {
  it('show lines that edgeadm takes', async () => {
    const dir = new URL('docs/tasks/', ROOT);
    const texts = await Promise.all((await readdir(dir)).map((name) => readFile(new URL(name, dir), 'utf8')));
    const blocks = texts.flatMap((text) => text.match(/```[\s\S]*?```/g) ?? []);
    const calls = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, '').match(/^.*\bedgeadm [a-z].*$/gm) ?? []);
    assert.ok(calls.length > 20);
    for (const line of calls) await assertTaken(line);
  });
});
