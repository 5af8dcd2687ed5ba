/** edgeadm(8), from the manifest of commands. */
import type { Interfaces } from '@oclif/core';
import { BUILT_AT } from './same-everywhere.ts';

type CommandFacts = Interfaces.Manifest['commands'][string];

/** troff of man(7). */
export function manPage(manifest: Interfaces.Manifest, description: string): string {
  const date = BUILT_AT.toISOString().slice(0, 10);
  const commands = Object.values(manifest.commands).filter(({ hidden }) => !hidden);
  return [
    `.TH EDGEADM 8 "${date}" "edgeadm ${manifest.version}" "System Administration"`,
    '.SH NAME',
    'edgeadm \\- turn a machine into a node of an edge cluster, and back',
    ...['.SH SYNOPSIS', '.B edgeadm', '.I COMMAND', '[', '.I ARGUMENTS', ']'],
    ...['.SH DESCRIPTION', text(description), '.SH COMMANDS'],
    ...commands.flatMap(commandLines),
    ...['.SH EXIT STATUS', '0 done; 1 failed; 2 usage or configuration; 3 a check of the node failed;'],
    '4 the cluster or the network; 5 a cloud API; 6 some but not all of several hosts; 130 interrupted.',
    ...['.SH FILES', '.TP', '.I /var/log/edgeadm.log', 'log', '.TP', '.I /var/lib/edgeadm/journal.jsonl'],
    'changes made to this node, read by reset and rollback',
    '',
  ].join('\n');
}

function commandLines({ id, summary, description, args, flags, examples }: CommandFacts): string[] {
  const words = ['edgeadm', ...id.split(':')].join(' ');
  const names = Object.values(args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const shown = Object.values(flags).filter(({ hidden }) => !hidden);
  return [
    `.SS ${text([words, ...names].join(' '))}`,
    ...[summary, description].filter((part) => part !== undefined).map(text),
    ...Object.values(args).flatMap(({ name, description }) =>
      description ? ['.TP', `.I ${name.toUpperCase()}`, text(description)] : [],
    ),
    ...shown.flatMap((flag) => ['.TP', `.B ${text(flagHead(flag))}`, text(flag.description ?? '')]),
    ...(examples ?? []).flatMap((example) => ['.PP', '.nf', text(exampleText(example)), '.fi']),
  ];
}

function flagHead(flag: CommandFacts['flags'][string]): string {
  const value =
    flag.type === 'option' ? ` ${flag.helpValue ?? flag.options?.join('|') ?? flag.name.toUpperCase()}` : '';
  const negatable = flag.type === 'boolean' && flag.allowNo ? '[no-]' : '';
  return `${flag.char ? `-${flag.char}, ` : ''}--${negatable}${flag.name}${value}`;
}

const exampleText = (example: string | { command: string }): string =>
  (typeof example === 'string' ? example : example.command).replaceAll('<%= config.bin %>', 'edgeadm');

/** Backslashes, hyphens and leading dots mean something to troff. */
const text = (plain: string): string =>
  plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
