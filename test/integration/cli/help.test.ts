import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Config, type Interfaces } from '@oclif/core';
import { afterEach, describe, it } from 'mocha';
import Help from '../../../src/cli/help.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { commands }: Interfaces.Manifest = JSON.parse(await readFile(`${root}/oclif.manifest.json`, 'utf8'));
/** Of edgeadm itself, of topics and of commands. */
const pages = new Set([
  '',
  ...Object.keys(commands).flatMap((id) => id.split(':').map((_, i, words) => words.slice(0, i + 1).join(' '))),
]);
const asked = process.env.COLUMNS;

/** What `edgeadm PAGE --help` prints. */
async function help(page: string, columns?: number, platform?: Interfaces.PlatformTypes): Promise<string> {
  if (columns === undefined) delete process.env.COLUMNS;
  else process.env.COLUMNS = String(columns);
  const config = await Config.load({ root, userPlugins: false, devPlugins: false });
  if (platform) Object.assign(config, { platform });
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  try {
    await new Help(config).showHelp(page.split(' ').filter(Boolean));
  } finally {
    process.stdout.write = write;
  }
  return text;
}

function assertFits(text: string, columns: number): void {
  for (const line of text.split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
const examplesIn = (text: string): string => /^EXAMPLES\n([\s\S]*?)(?=^\S|(?![\s\S]))/m.exec(text)?.[1] ?? '';

describe('--help', () => {
  afterEach(() => {
    if (asked === undefined) delete process.env.COLUMNS;
    else process.env.COLUMNS = asked;
  });

  for (const columns of [60, 80, 120])
    it(`fits on a terminal of ${columns} columns, for every command and topic`, async () => {
      for (const page of pages) assertFits(await help(page, columns), columns);
    });

  it('fits into 80 columns if their number is unknown', async () => {
    for (const page of pages) assertFits(await help(page), 80);
  });

  it('tells all of every flag and every command, however narrow the terminal is', async () => {
    for (const { id, summary = '', description = '', flags } of Object.values(commands)) {
      const text = inOneLine(await help(id.replaceAll(':', ' '), 60));
      const shown = Object.values(flags).filter(({ hidden }) => !hidden);
      for (const part of [summary, description, ...shown.map((flag) => flag.description ?? '')])
        assert.ok(text.includes(inOneLine(part)), `${id}: ${part}`);
      for (const { name } of shown) assert.match(text, new RegExp(`--(\\[no-\\])?${name}\\b`), id);
    }
  });

  it('shows examples that are still the same line for a shell when they are pasted', async () => {
    for (const { id, examples = [] } of Object.values(commands)) {
      const text = examplesIn(await help(id.replaceAll(':', ' '), 60));
      const pasted = text
        .replaceAll(/\\\n +/g, '')
        .split('\n')
        .filter(Boolean);
      const lines = examples.map((example) => (typeof example === 'string' ? example : example.command));
      assert.deepEqual(
        pasted.map((line) => line.trim()),
        lines.map((line) => line.replaceAll('<%= config.bin %>', 'edgeadm')),
      );
    }
  });

  it('breaks an example before a flag, never behind one', async () => {
    assert.match(await help('join', 60), /^ {2}edgeadm join 10\.0\.0\.1:6443 \\\n {4}--token \S+ \\\n {4}--discovery/m);
    assert.match(await help('sandbox up', 60), /&& eval \\\n {4}"\$\(edgeadm sandbox env\)"$/m);
  });

  it('leaves examples whole on Windows, whose shells would not take the break', async () => {
    assert.ok(!examplesIn(await help('join', 60, 'win32')).includes('\\\n'));
  });

  it('names what a command needs in its usage, and a topic once', async () => {
    assert.match(await help('eni bind'), /^USAGE\n {2}edgeadm eni bind --instance ID \[FLAGS\]$/m);
    assert.match(await help('join phase'), /^USAGE\n {2}edgeadm join phase PHASE \[API-SERVER\] \[FLAGS\]$/m);
    assert.match(await help('sandbox'), /^USAGE\n {2}edgeadm sandbox COMMAND$/m);
    assert.equal((await help('')).match(/^ {2}join /gm)?.length, 1);
  });
});
