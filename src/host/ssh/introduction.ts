/** What login shell and sudo may say before the program runs: a message of the day is a few KiB. */
const MAX_PREAMBLE_CHARACTERS = 64 * 1024;

/** What follows the mark. */
const PROCESS_ID = /:(\d+)\n/y;

/** How far a program has come, as its standard error tells. */
export type Progress =
  | { readonly state: 'starting' }
  /** sudo wants a password, for the n-th time. */
  | { readonly state: 'asked'; readonly times: number }
  /** It runs; `rest` are its own first words. */
  | { readonly state: 'running'; readonly pid: number; readonly rest: Buffer }
  | { readonly state: 'too much' };

/**
 * Reads the beginning of a program's standard error, which three share: the login shell and sudo speak first, then
 * comes a line `MARK:PID`, and everything behind it is the program's.
 */
export class Introduction {
  readonly #mark: string;
  readonly #prompt: string;
  #text = '';

  constructor(mark: string, prompt: string) {
    this.#mark = mark;
    this.#prompt = prompt;
  }

  /** @param chunk as it came; latin1 keeps each byte, so that none is lost where the program's own output begins */
  add(chunk: Buffer): Progress {
    if (this.#text.length > MAX_PREAMBLE_CHARACTERS) return { state: 'too much' };
    this.#text += chunk.toString('latin1');
    const match = this.#marked();
    if (match) {
      const rest = Buffer.from(this.#text.slice(match.index + match[0].length), 'latin1');
      return { state: 'running', pid: Number(match[1]), rest };
    }
    const times = this.#text.split(this.#prompt).length - 1;
    return times > 0 ? { state: 'asked', times } : { state: 'starting' };
  }

  /** Each program has a mark of its own: an expression with it would be compiled for one line. */
  #marked(): RegExpExecArray | undefined {
    for (let at = this.#text.indexOf(this.#mark); at >= 0; at = this.#text.indexOf(this.#mark, at + 1)) {
      PROCESS_ID.lastIndex = at + this.#mark.length;
      const match = PROCESS_ID.exec(this.#text);
      if (match) return match;
    }
    return undefined;
  }

  /** What login shell and sudo said. */
  get preamble(): string {
    return Buffer.from(this.#text, 'latin1').toString('utf8').replaceAll(this.#prompt, '').trim();
  }
}
