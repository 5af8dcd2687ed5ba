const CLEAR_BELOW = '\u001b[J';
/** A line that is too long is cut at the margin: it may not begin another one. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/**
 * The lines at the end of a terminal that are drawn again in the same place. log-update would do it with ten more
 * packages, and wraps what is too long.
 */
export class LiveRegion {
  readonly #terminal: NodeJS.WriteStream;
  #height = 0;
  #hidden = false;

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal;
  }

  /** @param lines without line ends and control characters, colours excepted */
  draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    this.#terminal.write(`${this.#up()}${CLEAR_BELOW}${WRAP_OFF}${text}${WRAP_ON}`);
    this.#height = lines.length;
  }

  /** Removes the lines, and leaves the cursor where they began. */
  clear(): void {
    if (this.#height > 0) this.#terminal.write(`${this.#up()}${CLEAR_BELOW}`);
    this.#height = 0;
  }

  /** Hides the cursor until `showCursor`, or the end of the process. */
  hideCursor(): void {
    if (this.#hidden) return;
    this.#hidden = true;
    process.once('exit', this.showCursor);
    this.#terminal.write(HIDE_CURSOR);
  }

  readonly showCursor = (): void => {
    if (!this.#hidden) return;
    this.#hidden = false;
    process.off('exit', this.showCursor);
    this.#terminal.write(SHOW_CURSOR);
  };

  #up(): string {
    return this.#height > 0 ? `\u001b[${this.#height}F` : '';
  }
}
