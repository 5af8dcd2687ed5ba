import { stripVTControlCharacters } from 'node:util';
import { cleanText } from '../lib/clean-text.ts';
import { cutTo } from './width.ts';

const CLEAR_BELOW = '\u001b[J';
/** A wide letter at the margin would begin another line. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
/** Of terminals that do not say, such as some serial lines. */
const [ROWS, COLUMNS] = [24, 80];

/** A text on a terminal that is shown anew now and then, in the same place. */
export interface Screen {
  /** Takes whole lines; what does not fit on the terminal is cut, at its end. */
  show(text: string): void;
}

/** Starts a screen below what is on the terminal already. */
export function startScreen(terminal: NodeJS.WriteStream): Screen {
  let shown = 0;
  return {
    show(whole) {
      const up = shown > 0 ? `\u001b[${shown}F` : '';
      const lines = cleanText(whole)
        .trimEnd()
        .split('\n')
        .slice(0, (terminal.rows || ROWS) - 1);
      shown = lines.length;
      const cut = (line: string): string => cutTo(stripVTControlCharacters(line), terminal.columns || COLUMNS, '');
      const text = lines.map((line) => `${cut(line)}\n`).join('');
      terminal.write(`${up}${CLEAR_BELOW}${WRAP_OFF}${text}${WRAP_ON}`);
    },
  };
}
