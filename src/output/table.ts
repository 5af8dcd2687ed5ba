import { inColumns, terminalColumns } from './columns.ts';

export type Cell = string | number | boolean | undefined;

/**
 * Rows as kubectl shows them: headings in upper case, columns three spaces apart, nothing drawn.
 * The columns are the keys of the rows, in the order in which they first appear; a missing cell is empty.
 * On a terminal that is too narrow for that a row takes more lines than one, or becomes a paragraph.
 * @returns lines with their ends; nothing for no rows
 */
export function table(rows: readonly Readonly<Record<string, Cell>>[], terminal = terminalColumns()): string {
  if (rows.length === 0) return '';
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => columns.map((column) => String(row[column] ?? '').replace(/\s*\n\s*/g, ' '))),
  ];
  return inColumns(cells, 3, terminal)
    .map((line) => `${line}\n`)
    .join('');
}
