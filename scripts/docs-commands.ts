// Writes docs/commands/ from oclif.manifest.json: a page a command. With --check it only says what is not current.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Interfaces } from '@oclif/core';
import { placeholderOf, usageOf } from '../src/cli/usage.ts';
import { GET_EDGEADM } from './get-edgeadm.ts';

type CommandFacts = Interfaces.Manifest['commands'][string];
type Flag = CommandFacts['flags'][string];
type Argument = CommandFacts['args'][string];

const ROOT = new URL('../', import.meta.url);
const DIR = new URL('docs/commands/', ROOT);
const MARK = '<!-- Made by `node scripts/docs-commands.ts` from oclif.manifest.json; do not edit by hand. -->';
const GET = GET_EDGEADM.replace('(install.md)', '(../install.md)');

const manifest: Interfaces.Manifest = JSON.parse(await readFile(new URL('oclif.manifest.json', ROOT), 'utf8'));
const commands = Object.values(manifest.commands).filter(({ hidden }) => !hidden);

const nameOf = ({ id }: CommandFacts): string => id.replaceAll(':', ' ');
const fileOf = ({ id }: CommandFacts): string => `${id.replaceAll(':', '-')}.md`;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
const shown = <T extends { hidden?: boolean }>(all: Readonly<Record<string, T>>): T[] =>
  Object.values(all).filter(({ hidden }) => !hidden);

function page(command: CommandFacts): string {
  const { summary = '', description, examples = [] } = command;
  const lines = examples.map((example) => (typeof example === 'string' ? example : example.command));
  const parts = [
    `# edgeadm ${nameOf(command)}`,
    MARK,
    GET,
    summary,
    description === summary ? undefined : description,
    `\`\`\`\n${usageOf(command)}\n\`\`\``,
    table('argument', shown(command.args).map(argumentRow)),
    table('flag', shown(command.flags).sort(byGroup).map(flagRow)),
    lines.length > 0 && `Examples:\n\n\`\`\`\n${lines.join('\n').replaceAll('<%= config.bin %>', 'edgeadm')}\n\`\`\``,
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

const labelOf = ({ name }: Argument): string => name.toUpperCase();

function argumentRow(arg: Argument): string {
  const choice = arg.options ? ` (${arg.options.join(', ')})` : '';
  return `| \`${labelOf(arg)}\` | ${cell(`${arg.description ?? ''}${choice}`)} |\n`;
}

/** Flags of the command itself first, then those that many share. */
function byGroup(a: Flag, b: Flag): number {
  const shared = ({ helpGroup }: Flag): number => ['COMMON', 'HOSTS'].indexOf(helpGroup ?? '');
  return shared(a) - shared(b);
}

function flagRow(flag: Flag): string {
  const short = flag.char ? `-${flag.char}, ` : '';
  const name = flag.type === 'boolean' && flag.allowNo ? `--[no-]${flag.name}` : `--${flag.name}`;
  const head = `${short}${name}${flag.type === 'option' ? ` ${placeholderOf(flag)}` : ''}`;
  const env = flag.type === 'option' && flag.env ? `environment: ${flag.env}` : undefined;
  const preset = flag.type === 'option' && flag.default !== undefined ? `default: ${String(flag.default)}` : undefined;
  const notes = [flag.required && 'required', preset, env].filter(Boolean).join('; ');
  const text = `${flag.summary ?? flag.description ?? ''}${notes && ` (${notes})`}`;
  return `| \`${head.replaceAll('|', '\\|')}\` | ${cell(text)} |\n`;
}

function table(head: string, rows: readonly string[]): string | undefined {
  return rows.length > 0 ? `| ${head} | meaning |\n| --- | --- |\n${rows.join('')}`.trimEnd() : undefined;
}

const index = `# Commands

${MARK}

${GET}

\`edgeadm COMMAND --help\` prints the same in the terminal.

| command | what it does |
| --- | --- |
${commands.map((command) => `| [${nameOf(command)}](${fileOf(command)}) | ${cell(command.summary ?? '')} |\n`).join('')}`;

const wanted = new Map([['README.md', index], ...commands.map((each): [string, string] => [fileOf(each), page(each)])]);
const found = await readdir(DIR).catch((): string[] => []);
const texts = await Promise.all(found.map((name) => readFile(new URL(name, DIR), 'utf8')));
const current = new Map(found.map((name, index) => [name, texts[index]]));
const stale = [...new Set([...wanted.keys(), ...found])].filter((name) => wanted.get(name) !== current.get(name));
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    process.stderr.write(`docs/commands: ${stale.join(', ')}: not current: run \`node scripts/docs-commands.ts\`\n`);
    process.exitCode = 1;
  }
} else {
  await mkdir(DIR, { recursive: true });
  for (const name of stale) {
    const text = wanted.get(name);
    await (text === undefined ? rm(new URL(name, DIR)) : writeFile(new URL(name, DIR), text));
  }
}
