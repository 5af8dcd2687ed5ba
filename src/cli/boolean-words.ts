import { usageError } from '../errors/usage.ts';

interface FlagFacts {
  readonly type: string;
  readonly char?: string;
  readonly allowNo?: boolean;
  readonly aliases?: readonly string[];
}

/** What Go's `strconv.ParseBool` takes, and so every tool of Kubernetes. */
const WORDS = new Map<string, boolean>([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

/** What kubectl's `--dry-run` takes. edgeadm has one kind, which asks the server where there is one. */
const DRY_RUNS = new Map([
  ['server', true],
  ['client', true],
  ['none', false],
]);

/**
 * `--force=true` and `--force=false`, as kubectl and kubeadm understand them, in words that oclif understands, which
 * takes the value for an argument of its own otherwise.
 * @throws EdgeadmError USAGE if the value is neither true nor false
 */
export function withPlainBooleans(argv: readonly string[], flags: Readonly<Record<string, FlagFacts>>): string[] {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  return [...words.flatMap((word) => plainBoolean(word, flags)), ...argv.slice(words.length)];
}

function plainBoolean(word: string, flags: Readonly<Record<string, FlagFacts>>): string[] {
  const [, spelling = '', value = ''] = /^(--[^=]+|-\w)=(.*)$/s.exec(word) ?? [];
  const found = Object.entries(flags).find(([name, flag]) => spellings(name, flag).includes(spelling));
  if (found?.[1].type !== 'boolean') return [word];
  const [name, { allowNo }] = found;
  const on = WORDS.get(value) ?? (name === 'dry-run' ? DRY_RUNS.get(value) : undefined);
  if (on === undefined) throw usageError([`${spelling}: ${value || 'nothing'} is neither true nor false`]);
  if (on) return [`--${name}`];
  return allowNo ? [`--no-${name}`] : [];
}

const spellings = (name: string, { char, aliases = [] }: FlagFacts): string[] => [
  `--${name}`,
  ...(char ? [`-${char}`] : []),
  ...aliases.map((alias) => `--${alias}`),
];
