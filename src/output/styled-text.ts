import { stripVTControlCharacters } from 'node:util';
import { cleanText } from '../lib/clean-text.ts';

/** What {@link Style} writes: bold, dim, red, green, yellow, and their ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
const OWN = /(\u001b\[(?:[12]|22|3[1239])m)/;

/** Text as {@link cleanText} leaves it, in the colours of our own styles where the terminal shows them. */
export function cleanStyledText(text: string, coloured: boolean): string {
  const plain = cleanText(text);
  if (!coloured) return plain;
  const styled = text
    .split(OWN)
    .map((part, index) => (index % 2 === 1 ? part : cleanText(part)))
    .join('');
  // A secret with colours between its letters is found only without them.
  return stripVTControlCharacters(styled) === plain ? styled : plain;
}
