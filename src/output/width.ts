import { eastAsianWidth } from 'get-east-asian-width';

const letters = new Intl.Segmenter();

/** Columns that a text takes on a terminal: two for a wide letter or an emoji, none for a mark above another letter. */
export function widthOf(text: string): number {
  // Most text is ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...letters.segment(text)].reduce((sum, { segment }) => sum + widthOfLetter(segment), 0);
}

function widthOfLetter(letter: string): number {
  if (/^[\p{Control}\p{Format}\p{Mark}]+$/u.test(letter)) return 0;
  // U+FE0F asks for the coloured picture of a letter.
  return letter.includes('\ufe0f') ? 2 : eastAsianWidth(letter.codePointAt(0) ?? 0);
}

/** As `padEnd`, by columns of a terminal. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** As much of a text as fits, with `dots` in place of the rest where it does not. */
export function cutTo(text: string, columns: number, dots: string): string {
  if (widthOf(text) <= columns) return text;
  let room = columns - widthOf(dots);
  let shown = '';
  for (const { segment } of letters.segment(text)) {
    room -= widthOfLetter(segment);
    if (room < 0) break;
    shown += segment;
  }
  return shown + dots;
}
