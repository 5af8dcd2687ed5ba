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
  readonly verbatim?: boolean;
}

/** What people see. @param format value of `--output`; the output makes json and yaml of the data */
export function formatShown({ text, wide, names }: Shown, format: string): string {
  if (format === 'wide') return wide ?? text;
  if (format === 'name') return (names ?? []).map((name) => `${name}\n`).join('');
  return text;
}
