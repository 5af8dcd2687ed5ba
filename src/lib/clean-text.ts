import { stripVTControlCharacters } from 'node:util';
import { redact } from './redact.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/;

/**
 * Text without secrets, escape sequences and control characters; line ends of any kind become `\n`. What came from a
 * node or a server is not trusted with the cursor of a terminal.
 */
export function cleanText(text: string): string {
  const shown = redact(text);
  if (!CONTROL.test(shown)) return shown;
  const lines = stripVTControlCharacters(shown).replace(/\r\n?/g, '\n');
  // What stood between its letters may have hidden a secret.
  return redact(lines.replaceAll(new RegExp(CONTROL, 'g'), ''));
}
