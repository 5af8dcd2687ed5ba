import { stripVTControlCharacters } from 'node:util';
import { cleanText } from './sink.ts';

const CLEAR_BELOW = '\u001b[J';

/** A text on a terminal that is shown anew now and then, in the same place. */
export interface Screen {
  /** Takes whole lines; what does not fit on the terminal is cut, at its end. */
  show(text: string): void;
}

/** Starts a screen below what is on the terminal already. */
export function startScreen(terminal: NodeJS.WriteStream): Screen {
  let shown = 0;
  return {
    show(text) {
      const up = shown > 0 ? `\u001b[${shown}F` : '';
      const lines = cleanText(text)
        .trimEnd()
        .split('\n')
        .slice(0, terminal.rows - 1);
      shown = lines.length;
      const cut = (line: string): string => stripVTControlCharacters(line).slice(0, terminal.columns);
      terminal.write(`${up}${CLEAR_BELOW}${lines.map((line) => `${cut(line)}\n`).join('')}`);
    },
  };
}
