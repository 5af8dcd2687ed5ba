import { fishQuoted, powershellQuoted } from '../../lib/shell-quotes.ts';
import { readTemplate } from '../../templates/index.ts';
import type { Named, Place } from './places.ts';
import type { Values } from './values.ts';

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

/** How a shell writes down what the places hold. */
interface Dialect {
  readonly template: string;
  command(place: Place): string;
  /** @param keys commands with a flag or the number of an argument behind them: `join --output` */
  values(keys: readonly string[], values: Values): string;
}

const unixQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const names = (list: readonly Named[]): string => list.map(({ name }) => name).join(' ');
/** zsh takes the first colon for the end of the name. */
const described = (list: readonly Named[]): string =>
  list.map(({ name, description }) => unixQuoted(`${name}:${description}`)).join(' ');
const cases = (keys: readonly string[]): string => keys.map(unixQuoted).join(' | ');

const DIALECTS: Readonly<Record<CompletionShell, Dialect>> = {
  bash: {
    template: 'edgeadm.bash',
    command: ({ command, subcommands, flags }) =>
      `  ${unixQuoted(command)}) subcommands='${names(subcommands)}' flags='${names(flags)}' ;;`,
    values: (keys, { kind, words = [] }) => `  ${cases(keys)}) kind=${kind} values=${unixQuoted(words.join(' '))} ;;`,
  },
  zsh: {
    template: '_edgeadm.zsh',
    command: ({ command, subcommands, flags }) =>
      `  ${unixQuoted(command)}) subcommands=(${described(subcommands)}) flags=(${described(flags)}) ;;`,
    values: (keys, { kind, words = [] }) => `  ${cases(keys)}) kind=${kind} values=(${words.join(' ')}) ;;`,
  },
  fish: {
    template: 'edgeadm.fish',
    command: ({ command, subcommands, flags }) =>
      [
        `        case ${fishQuoted(command)}`,
        `            printf '%s\\t%s\\n' ${[...subcommands, ...flags]
          .map(({ name, description }) => `${name} ${fishQuoted(description)}`)
          .join(' ')}`,
      ].join('\n'),
    values: (keys, { kind, words = [] }) =>
      `        case ${keys.map(fishQuoted).join(' ')}\n            printf '%s\\n' ${[kind, ...words].join(' ')}`,
  },
  powershell: {
    template: 'edgeadm.ps1',
    command: ({ command, subcommands, flags }) => {
      const pairs = [...subcommands, ...flags].map(
        // An empty tool tip is refused.
        ({ name, description }) => `@('${name}', ${powershellQuoted(description || name)})`,
      );
      return `        ${powershellQuoted(command)} = @(${pairs.join(', ')})`;
    },
    values: (keys, { kind, words = [] }) => {
      const value = `@('${[kind, ...words].join("', '")}')`;
      return keys.map((key) => `        ${powershellQuoted(key)} = ${value}`).join('\n');
    },
  },
};

/** The completion script of a shell. All that does not depend on a file or a cluster is in it. */
export function completionScript(shell: CompletionShell, places: readonly Place[]): string {
  const dialect = DIALECTS[shell];
  const commands = places.map((place) => dialect.command(place)).join('\n');
  const values = [...sameValues(places)].map(([text, keys]) => dialect.values(keys, JSON.parse(text))).join('\n');
  return readTemplate(`completion/${dialect.template}`)
    .replace('@commands@', () => commands)
    .replace('@values@', () => values);
}

/** Keys by their values, so that each list is in the script once. */
function sameValues(places: readonly Place[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { command, values } of places) {
    for (const [what, value] of values) {
      const text = JSON.stringify(value);
      groups.set(text, [...(groups.get(text) ?? []), `${command} ${what}`]);
    }
  }
  return groups;
}
