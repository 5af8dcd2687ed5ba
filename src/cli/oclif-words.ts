import type { EdgeadmError } from '../errors/index.ts';
import { usageError } from '../errors/usage.ts';
import { closest } from '../lib/closest.ts';

/** A complaint of oclif's parser, and how we say it. */
type Wording = readonly [pattern: RegExp, say: (...groups: string[]) => string];

const numberOf = (word: string): string => `"${word}" is not a whole number`;

const oneOf = (word: string, list: string): string => {
  const meant = closest(word, list.split(', '));
  return `"${word}" is not one of: ${list}${meant ? `; did you mean ${meant}?` : ''}`;
};

/** Source: lib/parser/errors.js, lib/parser/validate.js, lib/flags.js and lib/args.js of @oclif/core. */
const WORDINGS: readonly Wording[] = [
  [/^Missing required flag (?:--)?(\S+)$/, (flag) => `--${flag} is required`],
  [/^Nonexistent flags?: (.+)$/, (flags) => `unknown ${flags.includes(',') ? 'flags' : 'flag'} ${flags}`],
  [/^Unexpected flag (.+)$/, (flag) => `unknown flag ${flag}`],
  [/^Unexpected arguments?: (.+)$/, (words) => `unexpected ${words.includes(',') ? 'arguments' : 'argument'} ${words}`],
  [/^Expected (--[\w-]+)=(.*) to be one of: (.+)$/s, (flag, word, list) => `${flag}: ${oneOf(word, list)}`],
  [/^Expected (.*) to be one of: (.+)$/s, (word, list) => oneOf(word, list)],
  [/^Flag (--[\w-]+) expects one of these values: (.+)$/, (flag, list) => `${flag} needs a value, one of: ${list}`],
  [/^Flag (--[\w-]+) expects a value$/, (flag) => `${flag} needs a value`],
  [/^Flag (--[\w-]+) can only be specified once$/, (flag) => `${flag} can be given only once`],
  [
    /^(--[\w-]+)=.* cannot also be provided when using (--[\w-]+)$/s,
    (one, other) => `${one} cannot be used with ${other}`,
  ],
  [/^Expected an integer but received: (.*)$/s, numberOf],
  [
    /^Expected an integer greater than or equal to (\S+) but received: (.*)$/s,
    (min, word) => `${word} is less than ${min}`,
  ],
  [
    /^Expected an integer less than or equal to (\S+) but received: (.*)$/s,
    (max, word) => `${word} is more than ${max}`,
  ],
];

/** Lines that explain oclif's way of reading flags; ours read one value at a time. */
const NOISE = /^(Note: --|Alternatively, you can use "--"|See more help with --help$)/;

/**
 * What oclif's parser found wrong with a command line, in our words.
 * @param message that oclif made; what it says in other words stays as it is
 */
export function inOurWords(message: string): Pick<EdgeadmError, 'what' | 'why'> {
  const [first = '', ...rest] = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !NOISE.test(line));
  if (/^The following errors? occurred:$/.test(first)) return usageError(rest.map(reworded));
  if (/^Missing \d+ required args?:$/.test(first)) return usageError(rest.map(missingArgument));
  const flag = /^Parsing (--[\w-]+)$/.exec(first)?.[1];
  if (flag) return usageError(rest.map((line) => `${flag}: ${reworded(line)}`));
  return { what: reworded(first), why: rest.join('\n') || undefined };
}

/** `phase  name, see …` of oclif's list. */
function missingArgument(line: string): string {
  const [name = '', about] = line.split(/\s{2,}/);
  return `missing argument ${name.toUpperCase()}${about ? `: ${about}` : ''}`;
}

function reworded(line: string): string {
  for (const [pattern, say] of WORDINGS) {
    const match = pattern.exec(line);
    if (match) return say(...match.slice(1));
  }
  return line;
}
