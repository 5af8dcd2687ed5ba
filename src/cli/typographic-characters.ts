import { EdgeadmError } from '../errors/index.ts';

/** What word processors, chats and web pages make of the characters of a command line. */
const NAMES: Readonly<Record<string, string>> = {
  '‐': 'a hyphen (U+2010)',
  '‑': 'a non-breaking hyphen (U+2011)',
  '‒': 'a figure dash (U+2012)',
  '–': 'an en dash (U+2013)',
  '—': 'an em dash (U+2014)',
  '―': 'a horizontal bar (U+2015)',
  '−': 'a minus sign (U+2212)',
  '－': 'a full-width hyphen (U+FF0D)',
  '“': 'a typographic quote (U+201C)',
  '”': 'a typographic quote (U+201D)',
  '„': 'a typographic quote (U+201E)',
  '‘': 'a typographic quote (U+2018)',
  '’': 'a typographic quote (U+2019)',
  '«': 'a typographic quote (U+00AB)',
  '»': 'a typographic quote (U+00BB)',
  '\u00a0': 'a non-breaking space (U+00A0)',
  '\u202f': 'a narrow non-breaking space (U+202F)',
  '\u00ad': 'a soft hyphen (U+00AD)',
  '\u200b': 'a zero-width space (U+200B)',
  '\u200c': 'a zero-width non-joiner (U+200C)',
  '\u200d': 'a zero-width joiner (U+200D)',
  '\u200e': 'a left-to-right mark (U+200E)',
  '\u2060': 'a word joiner (U+2060)',
  '\ufeff': 'a byte order mark (U+FEFF)',
  '　': 'an ideographic space (U+3000)',
};

const DASHES = '‐‑‒–—―−－';
const QUOTES = '“”„‘’«»';
const BLANKS = '\u00a0\u202f\u00ad\u200b\u200c\u200d\u200e\u2060\ufeff　';

const DASH = new RegExp(`^[${DASHES}]`);
const EDGES = new RegExp(`^[${QUOTES}${BLANKS}]|[${QUOTES}${BLANKS}]$`);
const IN_FLAG = new RegExp(`^--?[\\w-]*(?:[${DASHES}${BLANKS}]|=[${QUOTES}${BLANKS}])`);

/**
 * Refuses a command line that was pasted from a page that changed its characters: oclif would take such a word for an
 * argument, and a token in typographic quotes for a wrong one. Characters within a value are the value's own.
 * @returns USAGE that names each character, with the word as probably typed; undefined if there is none
 */
export function refuseTypography(words: readonly string[]): EdgeadmError | undefined {
  const end = words.indexOf('--');
  const found = words.slice(0, end < 0 ? undefined : end).flatMap((word, i) => complaint(word, words[i - 1]) ?? []);
  if (found.length === 0) return undefined;
  return new EdgeadmError({
    code: 'USAGE',
    what: 'the command line has characters that a word processor or web page puts in place of those that were typed',
    why: found.join('\n'),
    next: 'Type these characters again, or paste the command from a terminal or a plain-text file.',
  });
}

function complaint(word: string, before = ''): string | undefined {
  // Behind a flag it is a value that is blank, as of a variable.
  if (/^\s+$/.test(word) && !before.startsWith('-'))
    return 'an argument is blank: a line ends with a backslash and a space; the backslash must be the last character';
  if (word === '\\' && !before.startsWith('-'))
    return 'an argument is a backslash in the middle of a line: it must be the last character of the line, or be removed';
  const character = DASH.exec(word)?.[0] ?? EDGES.exec(word)?.[0] ?? IN_FLAG.exec(word)?.[0]?.at(-1);
  if (character === undefined) return undefined;
  // Whatever is behind the name of a flag may be a secret.
  const name = word.replace(new RegExp(`[=\\s${BLANKS}].*`, 's'), '');
  const isFlag = /^[‐‑‒–—―−－-]/.test(word);
  const shown = isFlag ? ` in ${name}: ${typed(name)} was probably meant` : ' around a value';
  return `${NAMES[character] ?? 'a typographic character'}${shown}`;
}

function typed(word: string): string {
  const bare = word.replace(new RegExp(`[${QUOTES}${BLANKS}]`, 'g'), '').replace(new RegExp(`[${DASHES}]`, 'g'), '-');
  return /^-[a-z][\w-]+/.test(bare) && !bare.startsWith('--') ? `-${bare}` : bare;
}
