/** A key with its value, also one of an inline table. */
export interface TomlEntry {
  /** From the root on. */
  readonly path: readonly string[];
  /** The table that the key is written in: of the header above it, or the inline table. */
  readonly table: readonly string[];
  /** Offsets of the value. */
  readonly start: number;
  readonly end: number;
}

export interface TomlPlaces {
  readonly entries: readonly TomlEntry[];
  /** `end` is the offset behind the bracket. */
  readonly headers: readonly { readonly table: readonly string[]; readonly end: number }[];
}

/** Elements of arrays have no path; no key is called so. */
const ELEMENT = '\0';

const KEY = /[ \t]*("(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\w-]+)[ \t]*/y;
const BLANKS = /(?:\s|#[^\n]*)*/y;
const SEPARATOR = /(?:[\s,]|#[^\n]*)*/y;
const STRING = /"""(?:\\.|[^\\])*?"{3,5}|'''.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'/sy;
/** Numbers, booleans, and times, which may have a blank within. */
const WORD = /[^,\]}#\s]+(?:[ \t]+[^,\]}#\s]+)*/y;

/**
 * Where the keys of a TOML text stand, for edits that leave everything else as its owner wrote it.
 * @throws Error for what a parser would have refused
 */
export function tomlPlaces(text: string): TomlPlaces {
  const scan = new Scan(text);
  scan.document();
  return scan;
}

class Scan implements TomlPlaces {
  readonly entries: TomlEntry[] = [];
  readonly headers: { readonly table: readonly string[]; readonly end: number }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    let table: readonly string[] = [];
    for (this.#take(BLANKS); this.#at < this.#text.length; this.#take(BLANKS)) {
      if (this.#text[this.#at] === '[') table = this.#header();
      else this.#entry(table);
    }
  }

  #header(): readonly string[] {
    const isList = this.#text[this.#at + 1] === '[';
    const brackets = isList ? 2 : 1;
    this.#at += brackets;
    const table = this.#keys();
    this.#at += brackets;
    if (isList) return [...table, ELEMENT];
    this.headers.push({ table, end: this.#at });
    return table;
  }

  #entry(table: readonly string[]): void {
    const path = [...table, ...this.#keys()];
    if (this.#text[this.#at] !== '=') throw new Error(`no value at offset ${this.#at}`);
    this.#at += 1;
    this.#take(BLANKS);
    const start = this.#at;
    this.#value(path);
    this.entries.push({ path, table, start, end: this.#at });
  }

  #keys(): string[] {
    const keys = [nameOf(this.#take(KEY))];
    while (this.#text[this.#at] === '.') {
      this.#at += 1;
      keys.push(nameOf(this.#take(KEY)));
    }
    return keys;
  }

  #value(path: readonly string[]): void {
    const first = this.#text[this.#at];
    if (first === '{') this.#until('}', () => this.#entry(path));
    else if (first === '[') this.#until(']', () => this.#value([ELEMENT]));
    else if (!this.#take(STRING) && !this.#take(WORD)) throw new Error(`no value at offset ${this.#at}`);
  }

  #until(bracket: string, each: () => void): void {
    this.#at += 1;
    for (this.#take(BLANKS); this.#text[this.#at] !== bracket; this.#take(SEPARATOR)) each();
    this.#at += 1;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}

/** A basic string of TOML escapes as JSON does, all but `\e` and `\U`. */
function nameOf(key: string): string {
  const name = key.trim();
  if (name.startsWith("'")) return name.slice(1, -1);
  return name.startsWith('"') ? String(JSON.parse(name)) : name;
}
