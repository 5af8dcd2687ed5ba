import { dump } from 'js-yaml';
import { redactValue } from '../lib/redact.ts';

/** A list or an object that a command shows. */
export interface Shown {
  /** For programs: `-o json` and `-o yaml`. */
  readonly data: unknown;
  /** For people: lines with their ends. */
  readonly text: string;
  /** With more columns, `-o wide`; default: the text. */
  readonly wide?: string;
  /** `KIND/NAME` of each thing, `-o name`. */
  readonly names?: readonly string[];
  /** See CommandResult. */
  readonly reveal?: boolean;
}

/** What is on standard output. @param format value of `--output`; json is made by the renderer */
export function formatShown({ data, text, wide, names, reveal }: Shown, format: string): string {
  if (format === 'wide') return wide ?? text;
  if (format === 'name') return (names ?? []).map((name) => `${name}\n`).join('');
  // Undefined keys and dates, as JSON has them.
  if (format === 'yaml') return dump(JSON.parse(JSON.stringify(reveal ? data : redactValue(data)) ?? 'null'));
  return text;
}
