import { Flags } from '@oclif/core';
import { usageError } from '../errors/usage.ts';
import { PATHS } from '../host/node-paths.ts';
import { decodeText } from '../lib/decode-text.ts';
import { parseDuration } from '../lib/duration.ts';
import { memoize } from '../lib/memoize.ts';
import { registerSecret } from '../lib/redact.ts';
import { readUserText } from '../lib/user-file.ts';

/** A flag that may be given many times. It takes one value at a time: what follows may be the API server. */
export const repeatable = { multiple: true, multipleNonGreedy: true } as const;

/** Flags of every command that works on a node. */
export const nodeFlags = {
  'dry-run': Flags.boolean({
    description: 'show what would be run and written, without changing anything',
    helpGroup: 'COMMON',
  }),
  yes: Flags.boolean({ char: 'y', description: 'answer yes to every question', helpGroup: 'COMMON' }),
  verbose: Flags.boolean({ char: 'v', description: 'show every step', helpGroup: 'COMMON' }),
  'log-file': Flags.string({
    helpValue: 'FILE',
    description: `log file; default: ${PATHS.edgeadm.log}; with --host or --root, edgeadm/edgeadm-HOST.log in $XDG_STATE_HOME or ~/.local/state`,
    helpGroup: 'COMMON',
  }),
  timeout: Flags.string({
    helpValue: 'DURATION',
    description: 'time limit of the whole command, such as 90s or 10m',
    helpGroup: 'COMMON',
  }),
  root: Flags.string({
    helpValue: 'DIR',
    description: 'work on a scratch root instead of this machine',
    helpGroup: 'COMMON',
  }),
  host: Flags.string({
    ...repeatable,
    helpValue: '[USER@]ADDR[:PORT]',
    description: 'host to reach over SSH; with --inventory, a host from that file (repeatable)',
    helpGroup: 'HOSTS',
  }),
  inventory: Flags.string({ helpValue: 'FILE', description: 'YAML list of hosts', helpGroup: 'HOSTS' }),
  'ssh-key': Flags.string({ helpValue: 'FILE', description: 'private SSH key', helpGroup: 'HOSTS' }),
  'known-hosts': Flags.string({
    helpValue: 'FILE',
    description: 'known_hosts file; default: ~/.ssh/known_hosts',
    helpGroup: 'HOSTS',
  }),
  concurrency: Flags.integer({
    min: 1,
    default: 8,
    helpValue: 'N',
    description: 'number of hosts to work on in parallel',
    helpGroup: 'HOSTS',
  }),
};

/** Help of every --bundle-sha256. */
export const BUNDLE_SHA256 =
  'expected checksum: of the file bundle.yaml, as `bundle create` prints it, or of the whole .tgz; edgeadm refuses any other bundle';

const OUTPUT = { char: 'o', default: 'text', helpGroup: 'COMMON' } as const;

/** Of every command. */
export const outputFlag = {
  output: Flags.option({
    ...OUTPUT,
    options: ['text', 'json', 'yaml'] as const,
    description: 'output format; json prints one object per line, yaml the result as one document',
  })(),
};

/** Of commands that show things with names; see BaseCommand.show. */
export const listFlag = {
  output: Flags.option({
    ...OUTPUT,
    options: ['text', 'wide', 'json', 'yaml', 'name'] as const,
    description:
      'output format; wide adds columns, json prints one object per line, yaml the result as one document, name KIND/NAME',
  })(),
};

/** A flag that names something: an empty text, as of a variable that is not set, names nothing. */
export function nonEmptyName(flag: string) {
  return async (text: string): Promise<string> => {
    if (text.trim() !== '') return text;
    throw usageError([`${flag}: must not be empty`]);
  };
}

/** `--namespace`. @param what is in it */
export function namespaceFlagFor(what: string) {
  return {
    namespace: Flags.string({
      char: 'n',
      default: 'default',
      parse: nonEmptyName('--namespace'),
      helpValue: 'NAME',
      description: `namespace of ${what}`,
    }),
  };
}

/** `--namespace` where all are shown without it, and kubectl's `-A`. @param what is in them */
export function namespacesFlagsFor(what: string) {
  return {
    namespace: Flags.string({
      char: 'n',
      helpValue: 'NAME',
      description: `only ${what} of this namespace; default: all`,
    }),
    'all-namespaces': Flags.boolean({ char: 'A', exclusive: ['namespace'], description: 'all namespaces (default)' }),
  };
}

/** @throws EdgeadmError USAGE unless `refuse` takes it */
export function durationOf(
  text: string | undefined,
  flag: string,
  refuse: Refuse = (mistake) => {
    throw usageError([mistake]);
  },
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  refuse(`${flag}: "${text}" is not a duration such as 90s, 10m or 1h`);
  return undefined;
}

/**
 * A secret as users may give it: itself, `@FILE`, or `-` for standard input. Trailing white space goes.
 * @throws EdgeadmError USAGE if the file cannot be read
 */
export async function secretOf(value: string | undefined, flag: string): Promise<string | undefined> {
  if (value === undefined) return undefined;
  const text = await flagText(value, flag);
  registerSecret(text);
  return text;
}

/**
 * A text as users may give it: itself, `@FILE`, or `-` for standard input. Trailing white space goes.
 * @throws EdgeadmError USAGE if the file cannot be read
 */
export async function flagText(value: string, flag: string): Promise<string> {
  if (value === '-') return notEmpty(await readStandardInput(), `${flag}: standard input`);
  if (!value.startsWith('@')) return value;
  const file = value.slice(1);
  return notEmpty(await readUserText(file, { what: flag }), `${flag}: ${file}`);
}

function notEmpty(text: string, source: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw usageError([`${source} is empty`]);
  return trimmed;
}

/** Standard input can be read once; several hosts may ask for it. */
const readStandardInput = memoize(async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return decodeText(Buffer.concat(chunks));
});

/** Takes a mistake that a user made, so that all mistakes are reported together. */
export type Refuse = (mistake: string) => void;

/** `k=v` pairs; each text may hold several, separated by commas, if `commas` says so. */
export function pairsOf(
  texts: readonly string[] | undefined,
  options: { readonly flag: string; readonly commas: boolean },
  refuse: Refuse,
): Record<string, string> | undefined {
  if (!texts) return undefined;
  const pairs: Record<string, string> = {};
  for (const text of texts.flatMap((each) => (options.commas ? each.split(',') : [each]))) {
    const at = text.indexOf('=');
    if (at > 0) pairs[text.slice(0, at)] = text.slice(at + 1);
    else refuse(`${options.flag}: "${text}" is not KEY=VALUE`);
  }
  return pairs;
}

/** `key=value:Effect` or `key:Effect`, separated by commas, as kubectl has them. */
export function taintsOf(
  texts: readonly string[] | undefined,
  flag: string,
  refuse: Refuse,
): { key: string; value: string; effect: string }[] | undefined {
  return texts
    ?.flatMap((text) => text.split(','))
    .flatMap((text) => {
      const match = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text);
      if (match) return [{ key: match[1] ?? '', value: match[2] ?? '', effect: match[3] ?? '' }];
      refuse(`${flag}: "${text}" is not KEY=VALUE:Effect`);
      return [];
    });
}
