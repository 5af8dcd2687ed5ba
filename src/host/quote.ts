import { EdgeadmError } from '../errors/index.ts';

/** Words of these characters mean themselves to every shell. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/**
 * One word for a POSIX shell. SSH carries a command as one string, so this is the only place that makes shell text.
 * @throws EdgeadmError INTERNAL for a NUL character, which no argument of a program can hold.
 */
export function quote(word: string): string {
  if (word.includes('\0')) {
    throw new EdgeadmError({ code: 'INTERNAL', what: 'an argument of a program contains a NUL character' });
  }
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments as one line for a POSIX shell. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
