import fc from 'fast-check';
import { fishQuoted, powershellQuoted } from '../../../src/lib/shell-quotes.ts';

const SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b";
const texts = fc.string({ unit: fc.constantFrom(...SINGLE_QUOTES, '"', '\\', '$', '`', '%', '\n', ' ', 'a', '节') });

/** What PowerShell makes of a text in single quotes; undefined if it goes on behind the text. Source: about_Quoting_Rules. */
function readByPowershell(source: string): string | undefined {
  let text = '';
  for (let at = 1; at < source.length; at++) {
    if (SINGLE_QUOTES.includes(source[at] ?? '')) {
      if (at === source.length - 1) return text;
      at++;
      if (!SINGLE_QUOTES.includes(source[at] ?? '')) return undefined;
    }
    text += source[at];
  }
  return undefined;
}

/** What fish makes of a text in single quotes; undefined if it goes on behind the text. Source: fish, Quotes. */
function readByFish(source: string): string | undefined {
  return /^'(?:[^\\']|\\[\\'])*'$/.test(source) ? source.slice(1, -1).replaceAll(/\\([\\'])/g, '$1') : undefined;
}

describe('quoting for shells that are not POSIX', () => {
  it('PowerShell reads a quoted text as it was given, with typographic quotes too', () => {
    fc.assert(fc.property(texts, (text) => readByPowershell(powershellQuoted(text)) === text));
  });

  it('fish reads a quoted text as it was given', () => {
    fc.assert(fc.property(texts, (text) => readByFish(fishQuoted(text)) === text));
  });
});
