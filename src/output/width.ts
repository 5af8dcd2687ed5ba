import { stripVTControlCharacters } from 'node:util';
import { eastAsianWidth } from 'get-east-asian-width';

// Our own: wrap-ansi would break a command in backquotes, and the rest is some lines around get-east-asian-width.
let segmenter: Intl.Segmenter | undefined;

/** Made when it is needed: its tables take 25 ms to load, and most text is ASCII. */
function lettersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/**
 * Columns that a text takes on a terminal: two for a wide letter or an emoji, none for a mark above another letter and
 * for colours.
 */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...lettersOf(stripVTControlCharacters(text))].reduce((sum, { segment }) => sum + widthOfLetter(segment), 0);
}

function widthOfLetter(letter: string): number {
  if (/^[\p{Control}\p{Format}\p{Mark}]+$/u.test(letter)) return 0;
  // U+FE0F asks for the coloured picture of a letter.
  return letter.includes('\ufe0f') ? 2 : eastAsianWidth(letter.codePointAt(0) ?? 0);
}

/** Columns of the widest of some texts. */
export function widestOf(texts: readonly string[]): number {
  return texts.reduce((widest, text) => Math.max(widest, widthOf(text)), 0);
}

/** As `padEnd`, by columns of a terminal. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** As much of a text as fits, with `dots` in place of the rest if it does not. */
export function truncateText(text: string, columns: number, dots: string): string {
  if (widthOf(text) <= columns) return text;
  let room = columns - widthOf(dots);
  let shown = '';
  for (const { segment } of lettersOf(text)) {
    room -= widthOfLetter(segment);
    if (room < 0) break;
    shown += segment;
  }
  return shown + dots;
}

/** Lines of at most so many columns, made of words; a word that is wider has a line of its own. */
export function fold(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let room = 0;
  for (const word of words) {
    const width = widthOf(word);
    if (width < room) {
      lines.push(`${lines.pop()} ${word}`);
      room -= width + 1;
    } else {
      lines.push(word);
      room = columns - width;
    }
  }
  return lines;
}

/** A command, in backquotes or at the end of a line, is one word: half of it is not to be copied. */
export function wordsOf(text: string): string[] {
  return text.match(/(?:(?<=^|: )(?:edgeadm|kubectl|kubeadm) [^`\n]* --[^`.;\n]*$|(?:`[^`\n]*`|\S)+)/gm) ?? [];
}

/** A text in lines of at most so many columns; its own lines stay apart. */
export function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => (widthOf(line) <= columns ? line : fold(wordsOf(line), columns)))
    .join('\n');
}

/** The same for paragraphs, some of them indented, with tables among them: the row of a table is not changed. */
export function wrapParagraphs(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const [indent = ''] = /^ */.exec(line) ?? [];
      const isRow = / {2}/.test(line.trim());
      return isRow ? line : wrap(line.trim(), columns - indent.length).replace(/^/gm, indent);
    })
    .join('\n');
}
