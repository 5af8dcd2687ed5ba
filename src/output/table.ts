import { padEnd, widthOf } from './width.ts';

export type Cell = string | number | boolean | undefined;

/**
 * Rows as kubectl shows them: headings in upper case, columns three spaces apart, nothing drawn.
 * The columns are the keys of the rows, in the order in which they first appear; a missing cell is empty.
 * @returns lines with their ends; nothing for no rows
 */
export function table(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => columns.map((column) => String(row[column] ?? '').replace(/\s*\n\s*/g, ' '))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ''))));
  if (rows.length === 0) return '';
  return lines
    .map((line) => line.map((cell, index) => padEnd(cell, widths[index] ?? 0)).join('   '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
