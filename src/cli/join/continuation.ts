import { isSea } from 'node:sea';
import { usageError } from '../../errors/usage.ts';
import type { Continuation } from '../../phases/join/continuation.ts';
import { secretOf } from '../flags.ts';
import { type ParsedJoin, TOKEN_FLAGS } from './flags.ts';
import type { JoinForm } from './request.ts';

/** Flags whose values are in no command line of the task. */
const SECRET_FLAGS = [...TOKEN_FLAGS, 'openapi-token', 'node-spec'] as const;
/** Where another machine than this one is named. */
const ELSEWHERE = ['host', 'inventory', 'root'] as const;

/** What is known of the machine that edgeadm runs on. */
interface Here {
  readonly platform: NodeJS.Platform;
  /** The file of edgeadm; undefined if an installed Node.js runs its scripts. */
  readonly program?: string;
  readonly folder: string;
}

const thisMachine = (): Here => ({
  platform: process.platform,
  folder: process.cwd(),
  ...(isSea() && { program: process.execPath }),
});

/**
 * What continues the join after a reboot, if `--reboot` requests it. A task has no input and no environment of the user:
 * what came from there goes into files.
 * @param argv the words behind `edgeadm`
 * @throws EdgeadmError USAGE
 */
export async function continuationOf(
  { flags }: ParsedJoin,
  form: JoinForm,
  argv: readonly string[],
  { platform, program, folder }: Here = thisMachine(),
): Promise<Continuation | undefined> {
  if (flags.reboot !== true) return undefined;
  const mistakes = mistakesOf(flags, form, { platform, program, folder });
  if (mistakes.length > 0 || program === undefined) throw usageError(mistakes);
  const secrets: Record<string, string> = {};
  for (const flag of SECRET_FLAGS) {
    const value = flags[flag] as string | undefined;
    if (value !== undefined && !value.startsWith('@')) secrets[flag] = (await secretOf(value, `--${flag}`)) ?? '';
  }
  const given = SECRET_FLAGS.filter((flag) => flag !== 'node-spec').some((flag) => flags[flag] !== undefined);
  if (!given && 'token' in form && form.token !== undefined)
    secrets[form.kind === 'exchange' ? 'openapi-token' : 'token'] = form.token;
  const endpoint = flags['openapi-endpoint'] as string | undefined;
  const words = withoutFlags(argv, [...Object.keys(secrets), 'openapi-endpoint']);
  return {
    program,
    words: [...words, ...(endpoint === undefined ? [] : [`--openapi-endpoint=${endpoint}`]), '--yes'],
    folder,
    secrets,
  };
}

function mistakesOf(flags: ParsedJoin['flags'], form: JoinForm, { platform, program }: Here): string[] {
  const other = ELSEWHERE.filter((flag) => flags[flag] !== undefined);
  if (other.length > 0) return [`--reboot: cannot be used with --${other[0]}; reboot that machine yourself`];
  if (platform !== 'win32') return ['--reboot: only a join of Windows needs a reboot'];
  if (program === undefined)
    return ['--reboot: needs edgeadm.exe; this edgeadm consists of scripts that an installed Node.js runs'];
  if (form.kind === 'cloud') return ["--reboot: cannot be used with --cluster-id; the account's keys are not kept"];
  return [];
}

/** The words without these flags and their values, and without the one that would reboot again. */
function withoutFlags(argv: readonly string[], flags: readonly string[]): string[] {
  const isDropped = (word: string): boolean => flags.some((flag) => word === `--${flag}`);
  return argv.filter(
    (word, index) =>
      word !== '--reboot' &&
      !isDropped(word) &&
      !isDropped(argv[index - 1] ?? '') &&
      !flags.some((flag) => word.startsWith(`--${flag}=`)),
  );
}
