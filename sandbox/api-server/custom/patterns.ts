import { RE2JS } from 're2js';

/** A pattern that has been read costs nothing to use again; schemas have few. */
const READ = new Map<string, RE2JS>();
const MOST_READ = 1000;

/** @returns why Go does not understand a pattern, in its words; undefined if it does */
export function patternError(pattern: string): string | undefined {
  try {
    read(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * True if a text has the pattern in it, as Go reads patterns. It takes a time that grows with the text alone: with the
 * patterns of JavaScript, one definition could keep the sandbox busy for good.
 */
export function hasPattern(text: string, pattern: string): boolean {
  return read(pattern).test(text);
}

function read(pattern: string): RE2JS {
  const known = READ.get(pattern);
  if (known) return known;
  const made = RE2JS.compile(pattern);
  if (READ.size >= MOST_READ) READ.clear();
  READ.set(pattern, made);
  return made;
}
