import { isDeepStrictEqual } from 'node:util';
import { type TomlEntry, type TomlPlaces, tomlPlaces } from './toml-places.ts';

/** One value that must be in a table of the file; `table` is a path of keys. */
export interface Setting {
  readonly table: readonly string[];
  readonly key: string;
  readonly value: string | boolean | number | readonly string[];
}

/**
 * Sets a value of a TOML text where its owner would: in its place, below the header of its table, in the inline table,
 * beside its dotted keys, or else in a new table at the end. Comments and everything else stay.
 * @throws Error for a text that is not TOML
 */
export function editToml(text: string, setting: Setting): string {
  const { table, key, value } = setting;
  const places = tomlPlaces(text);
  const assignment = `${dotted([key])} = ${JSON.stringify(value)}`;
  const own = places.entries.find(({ path }) => isDeepStrictEqual(path, [...table, key]));
  if (own) return text.slice(0, own.start) + JSON.stringify(value) + text.slice(own.end);
  if (table.length === 0) return `${assignment}\n${text}`;
  const header = places.headers.find((each) => isDeepStrictEqual(each.table, table));
  if (header) return withLine(text, header.end, `  ${assignment}`);
  return (
    intoInlineTable(text, places, setting) ??
    besideDottedKeys(text, places, setting) ??
    `${text.trimEnd()}\n\n[${dotted(table)}]\n  ${assignment}\n`
  );
}

function intoInlineTable(text: string, { entries }: TomlPlaces, { table, key, value }: Setting): string | undefined {
  const isAround = ({ path, start }: TomlEntry): boolean => text[start] === '{' && common(path, table) === path.length;
  const around = longest(entries.filter(isAround), ({ path }) => path.length);
  if (!around) return undefined;
  const inside = text.slice(around.start, around.end - 1).trimEnd();
  const assignment = `${dotted([...table.slice(around.path.length), key])} = ${JSON.stringify(value)}`;
  return `${text.slice(0, around.start)}${inside}${inside === '{' ? '' : ','} ${assignment} ${text.slice(around.end - 1)}`;
}

/** A table that dotted keys have made must not have a header of its own. */
function besideDottedKeys(text: string, { entries }: TomlPlaces, { table, key, value }: Setting): string | undefined {
  const beside = longest(
    entries.filter((entry) => common(entry.path.slice(0, -1), table) > entry.table.length),
    ({ path }) => common(path, table),
  );
  if (!beside) return undefined;
  const indent = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', beside.start) + 1))?.[0] ?? '';
  const assignment = `${dotted([...table.slice(beside.table.length), key])} = ${JSON.stringify(value)}`;
  return withLine(text, beside.end, `${indent}${assignment}`);
}

/** With a line below the one that an offset is in. */
function withLine(text: string, offset: number, line: string): string {
  const end = text.indexOf('\n', offset);
  return end < 0 ? `${text}\n${line}\n` : `${text.slice(0, end + 1)}${line}\n${text.slice(end + 1)}`;
}

function longest(entries: readonly TomlEntry[], lengthOf: (entry: TomlEntry) => number): TomlEntry | undefined {
  return entries.toSorted((one, other) => lengthOf(other) - lengthOf(one))[0];
}

/** How many keys two paths have in common, from the root on. */
function common(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((key, i) => key !== other[i]);
  return end < 0 ? one.length : end;
}

function dotted(path: readonly string[]): string {
  return path.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.');
}
