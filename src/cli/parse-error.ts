import { stripVTControlCharacters } from 'node:util';
import { EdgeadmError, toEdgeadmError } from '../errors/index.ts';
import { closest } from '../lib/closest.ts';
import { foreignCommandHint } from './foreign-commands.ts';
import { foreignFlagHint, foreignFormatHint } from './foreign-flags.ts';
import { inOurWords } from './oclif-words.ts';

interface OclifError extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly code?: string;
  /** Of a complaint about flags that a command does not have. */
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, { readonly hidden?: boolean }>> } };
}

/**
 * The error to show for whatever a command threw: oclif's own complaints about the command line are USAGE.
 * @param command that was called, such as `join phase`; it knows which habits of other tools it meets
 * @returns undefined if nothing went wrong (`--help`, `--version`)
 */
export function toCommandError(thrown: Error, command = ''): EdgeadmError | undefined {
  if (thrown instanceof EdgeadmError) return thrown;
  const { oclif, code } = thrown as OclifError;
  if (oclif?.exit === 0 || code === 'EEXIT') return undefined;
  if (oclif?.exit === undefined) return toEdgeadmError(thrown);
  const complaint = stripVTControlCharacters(thrown.message);
  const { what, why } = inOurWords(complaint);
  return new EdgeadmError({
    code: 'USAGE',
    // oclif's own separator, which users do not type
    what: what.replace(/^command \S+/, (id) => id.replaceAll(':', ' ')),
    why:
      [why, ...flagsMeant(thrown, command), foreignFormatHint(complaint, command)].filter(Boolean).join('\n') ||
      undefined,
    cause: thrown,
  });
}

/** `did you mean --token?`, for each mistyped flag that is near to one of the command's, or what replaces it here. */
function flagsMeant({ flags, parse }: OclifError, command: string): string[] {
  if (!Array.isArray(flags)) return [];
  const known = Object.entries(parse?.input?.flags ?? {}).filter(([, { hidden }]) => !hidden);
  const names = [...known.map(([name]) => `--${name}`), '--help'];
  return flags.flatMap((flag) => {
    const hint = foreignFlagHint(flag, command);
    if (hint) return [hint];
    const meant = flag.startsWith('--') && closest(flag.replace(/=.*/s, ''), names);
    return meant ? [`did you mean ${meant}?`] : [];
  });
}

/**
 * Adds to the complaint about a command that does not exist the one that was probably meant.
 * @param commands names of commands and topics, such as `nodepool list`
 */
export function withCommandSuggestion(
  error: EdgeadmError,
  argv: readonly string[],
  commands: readonly string[],
): EdgeadmError {
  const foreign = foreignCommandHint(argv);
  if (foreign) return unknownCommand(error, argv, foreign.hint, foreign.next);
  const meant = [3, 2, 1]
    .map((count) => {
      const alike = commands.filter((name) => name.split(' ').length === count);
      return argv.length < count ? undefined : closest(argv.slice(0, count).join(' '), alike);
    })
    .find((name) => name !== undefined);
  const why = argv[0]?.startsWith('-')
    ? `put flags after the command: edgeadm COMMAND ${argv[0]}${argv[0] === '-v' ? ' (`edgeadm --version` prints the version)' : ''}`
    : meant && `did you mean \`edgeadm ${meant}\`?`;
  return unknownCommand(error, argv, why, meant ? `edgeadm ${meant} --help` : 'edgeadm --help');
}

function unknownCommand(
  error: EdgeadmError,
  argv: readonly string[],
  why: string | undefined,
  next: string,
): EdgeadmError {
  // An argument behind the command is none of its words.
  const end = argv.findIndex((word) => !/^[a-z][a-z-]*$/i.test(word));
  const words = argv.slice(0, end < 0 ? undefined : end).join(' ');
  const [flag = ''] = argv;
  const misplaced = flag.startsWith('-') ? `unknown flag ${flag.replace(/=.*/s, '')} before the command` : error.what;
  const what = words ? `unknown command ${words}` : misplaced;
  return new EdgeadmError({ ...error.toJSON(), what, why, next, cause: error });
}
