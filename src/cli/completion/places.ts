import type { Command } from '@oclif/core';
import type { Values } from './values.ts';
import { valuesOfArgument, valuesOfFlag } from './values.ts';

/** What the manifest says of a command. */
export type CommandFacts = Pick<Command.Cached, 'id' | 'args' | 'flags' | 'hidden' | 'summary'>;

export interface Named {
  readonly name: string;
  readonly description: string;
}

/** A command or a topic, and what may be behind it. */
export interface Place {
  /** Words behind `edgeadm`, such as `join phase`. */
  readonly command: string;
  readonly subcommands: readonly Named[];
  readonly flags: readonly Named[];
  /** By what is typed before the value (`--output`, `-o`), or the number of an argument (`1`). */
  readonly values: readonly (readonly [string, Values])[];
}

/** Not commands of their own: kubectl's spellings of --help and --version. */
const SPELLINGS: readonly Named[] = [
  { name: 'help', description: 'Show the help of a command.' },
  { name: 'version', description: 'Show the version of edgeadm.' },
];

/**
 * Every command and topic, in the order of their names. Hidden commands and flags are left out, but the value of a
 * hidden flag is known.
 * @param topics descriptions by name, such as `join:phase`
 */
export function placesOf(commands: readonly CommandFacts[], topics: ReadonlyMap<string, string>): Place[] {
  const shown = commands.filter(({ hidden }) => !hidden);
  const byId = new Map(shown.map((command) => [command.id, command]));
  const ids = new Set(shown.flatMap(({ id }) => id.split(':').map((_, i, words) => words.slice(0, i + 1).join(':'))));
  const sorted = ['', ...[...ids].sort()];
  const below = (id: string): Named[] => {
    const prefix = id === '' ? '' : `${id}:`;
    const inside = sorted.filter((other) => other !== '' && other.startsWith(prefix));
    const own = inside.map((other) => ({
      name: other.slice(prefix.length),
      description: firstLine(byId.get(other)?.summary ?? topics.get(other)),
    }));
    return own.filter(({ name }) => !name.includes(':'));
  };
  /** Behind `help` there are the same words, without flags. */
  const help = sorted.map((id) => ({
    command: ['help', ...id.split(':')].join(' ').trim(),
    subcommands: below(id),
    flags: [],
    values: [],
  }));
  const commandPlaces = sorted.map((id): Place => {
    const command = byId.get(id);
    return {
      command: id.replaceAll(':', ' '),
      subcommands: id === '' ? [...below(id), ...SPELLINGS] : below(id),
      flags: [...flagNames(command), { name: '--help', description: 'show help' }],
      values: command ? [...flagValues(command), ...argumentValues(command)] : [],
    };
  });
  return [...commandPlaces, ...help.filter(({ subcommands }) => subcommands.length > 0)];
}

function flagNames(command: CommandFacts | undefined): Named[] {
  return Object.values(command?.flags ?? {})
    .filter(({ hidden }) => !hidden)
    .flatMap((flag) => {
      const description = firstLine(flag.summary ?? flag.description);
      const negated = flag.type === 'boolean' && flag.allowNo ? [{ name: `--no-${flag.name}`, description }] : [];
      return [{ name: `--${flag.name}`, description }, ...negated];
    });
}

function flagValues(command: CommandFacts): [string, Values][] {
  return Object.values(command.flags).flatMap((flag) => {
    if (flag.type !== 'option') return [];
    const values = valuesOfFlag(command.id, flag);
    const names = [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`);
    return [...names, ...(flag.char ? [`-${flag.char}`] : [])].map((name): [string, Values] => [name, values]);
  });
}

function argumentValues(command: CommandFacts): [string, Values][] {
  return Object.values(command.args).flatMap((arg, index) => {
    const values = valuesOfArgument(command.id, arg);
    return values ? [[String(index + 1), values] as [string, Values]] : [];
  });
}

const firstLine = (text: string | undefined): string => (text ?? '').split('\n')[0] ?? '';
