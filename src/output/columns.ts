import { padEnd, widestOf, widthOf, wordsOf, wrap } from './width.ts';

type Rows = readonly (readonly string[])[];

/** Indent of a cell that has no room beside its heading. */
const INDENT = 2;

/** Columns of the terminal that results are shown on; in a file or a pipe a line is as long as it is. */
export function terminalColumns(): number {
  return process.stdout.columns || Infinity;
}

/**
 * Lines of rows, the first of them headings, whose columns are `gap` apart. Where they do not fit on the terminal the
 * widest column gives way, and its cells take more lines; if no column can, each row becomes a paragraph.
 */
export function inColumns(rows: Rows, gap: number, terminal: number): string[] {
  const columns = (rows[0] ?? []).map((_, index) => rows.map((row) => row[index] ?? ''));
  const natural = columns.map(widestOf);
  const over = natural.reduce((sum, width) => sum + width + gap, -gap) - terminal;
  const least = (share: number) => leastWidths(columns, { gap, terminal, share });
  const widths = over > 0 ? (narrowed(natural, least(1), over) ?? narrowed(natural, least(0.9), over)) : natural;
  if (!widths) return paragraphs(rows, gap, terminal);
  return rows.flatMap((row) => rowWithLongWord(row, widths, gap, terminal) ?? rowLines([row], widths, gap));
}

/** A row whose last cell has a word that fits only below the others; undefined if it fits beside them, or nowhere. */
function rowWithLongWord(
  row: readonly string[],
  widths: readonly number[],
  gap: number,
  terminal: number,
): string[] | undefined {
  const last = row.at(-1) ?? '';
  const word = widestOf(wordsOf(last));
  if (word <= (widths.at(-1) ?? 0) || word > terminal - INDENT) return undefined;
  return [...rowLines([[...row.slice(0, -1), '']], widths, gap), ...indented(last, terminal)];
}

function indented(cell: string, terminal: number): string[] {
  return wrap(cell, terminal - INDENT)
    .split('\n')
    .map((line) => ' '.repeat(INDENT) + line);
}

/** A heading a line, with its cell beside it, or below it if a word of it would be broken. */
function paragraphs([headings = [], ...rows]: Rows, gap: number, terminal: number): string[] {
  const left = widestOf(headings);
  const room = terminal - gap - left;
  const pair = (heading: string, cell: string): string[] => {
    if (cell === '') return [];
    if (widestOf(wordsOf(cell)) <= room) return rowLines([[heading, cell]], [left, room], gap);
    return [heading, ...indented(cell, terminal)];
  };
  return rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...headings.flatMap((heading, column) => pair(heading, row[column] ?? '')),
  ]);
}

/** Widths that are smaller by `over` in total; undefined if they cannot shrink that much. */
function narrowed(natural: readonly number[], least: readonly number[], over: number): number[] | undefined {
  const widths = [...natural];
  const room = (index: number): number => (widths[index] ?? 0) - (least[index] ?? 0);
  for (let left = over; left > 0; left--) {
    const [widest] = [...widths.keys()]
      .filter((index) => room(index) > 0)
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/**
 * No word is broken. Names in front may have lines of their own, and so may the widest cells in the last column, all
 * but a share of them. There, words that are too wide for paragraphs as well do not count.
 */
function leastWidths(
  columns: Rows,
  { gap, terminal, share }: { readonly gap: number; readonly terminal: number; readonly share: number },
): number[] {
  const room = terminal - gap - widestOf(columns.map(([heading = '']) => heading));
  return columns.map((cells, index) => {
    if (index === 0) return nameWidth(cells, terminal);
    const widths = cells.flatMap(wordsOf).map(widthOf);
    return index === columns.length - 1 ? lastWidth(cells, room, share) : Math.max(0, ...widths);
  });
}

function lastWidth(cells: readonly string[], room: number, share: number): number {
  const widths = cells.map((cell) => widestOf(wordsOf(cell).filter((word) => widthOf(word) <= room)));
  return widths.sort((a, b) => a - b)[Math.ceil(widths.length * share) - 1] ?? 0;
}

/** The widest of the names that leave the texts beside them enough room. */
export function nameWidth(names: readonly string[], terminal: number): number {
  return widestOf(names.filter((name) => widthOf(name) <= terminal * 0.4));
}

/** Lines of rows, each cell within the width of its column. A first cell that is wider has a line of its own. */
export function rowLines(rows: Rows, widths: readonly number[], gap: number): string[] {
  return rows.flatMap(([name = '', ...others]) => {
    const apart = widthOf(name) > (widths[0] ?? 0);
    const cells = [apart ? '' : name, ...others].map((cell, index) => wrap(cell, widths[index] ?? 0).split('\n'));
    const lines = Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, line) => {
      const parts = cells.map((cell) => cell[line] ?? '');
      const last = parts.pop() ?? '';
      return [...parts.map((part, index) => padEnd(part, widths[index] ?? 0)), last].join(' '.repeat(gap)).trimEnd();
    });
    return apart ? [name, ...lines.filter(Boolean)] : lines;
  });
}

/**
 * Facts with their titles, one below the other: `Cluster:    c1, control plane at 1.20.11`. What is empty is left out.
 * @returns lines with their ends
 */
export function factLines(facts: Readonly<Record<string, string | undefined>>, terminal = terminalColumns()): string {
  const rows = Object.entries(facts).flatMap(([title, text]) => (text ? [[`${title}:`, text]] : []));
  const left = Math.max(12, widestOf(rows.map(([title = '']) => title)) + 1);
  return rowLines(rows, [left, terminal - left], 0)
    .map((line) => `${line}\n`)
    .join('');
}
