import { stripVTControlCharacters } from 'node:util';
import { cleanText } from '../lib/clean-text.ts';
import { LiveRegion } from './live-region.ts';
import { type Environment, styleFor } from './style.ts';
import { truncateText } from './width.ts';

/** Of terminals that do not say, such as some serial lines. */
const [ROWS, COLUMNS] = [24, 80];

/** A text on a terminal that is shown again now and then, in the same place. */
export interface Screen {
  /** Takes whole lines; of one that does not fit on the terminal the end is cut, and an ellipsis says so. */
  show(text: string): void;
}

/** Starts a screen below what is on the terminal already. */
export function startScreen(terminal: NodeJS.WriteStream, env: Environment = process.env): Screen {
  const dots = styleFor(env, true).unicode ? '…' : '...';
  const region = new LiveRegion(terminal);
  return {
    show(whole) {
      const lines = cleanText(whole)
        .trimEnd()
        .split('\n')
        .slice(0, (terminal.rows || ROWS) - 1);
      region.draw(lines.map((line) => truncateText(stripVTControlCharacters(line), terminal.columns || COLUMNS, dots)));
    },
  };
}
