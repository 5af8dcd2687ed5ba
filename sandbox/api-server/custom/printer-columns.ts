import { age, ageColumn, type Column, nameColumn } from '../columns.ts';
import type { Json } from '../json.ts';
import type { KubeObject } from '../resources.ts';
import type { PrinterColumn } from './defined.ts';
import { jsonPath } from './json-path.ts';

type Cell = ReturnType<Column['cell']>;

/** The columns of a custom kind: its name, and those that are named, or else its age. */
export function customColumns(named: readonly PrinterColumn[]): readonly Column[] {
  return [nameColumn, ...(named.length > 0 ? named.map(columnOf) : [ageColumn])];
}

function columnOf({ name, type, jsonPath: path, priority = 0 }: PrinterColumn): Column {
  const find = jsonPath(path);
  const cell = (object: KubeObject, now: number): Cell => {
    const [first] = find?.(object as unknown as Json) ?? [];
    return cellOf(type, first, now);
  };
  return { name, type: type as Column['type'], wide: priority > 0, cell };
}

/** Null, which kubectl shows as `<none>`, for nothing and for a value of another type. */
function cellOf(type: string, value: Json | undefined, now: number): Cell {
  if (value === undefined || value === null) return null;
  if (type === 'string') return typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null;
  if (type === 'date') return typeof value === 'string' ? sinceCell(value, now) : null;
  return typeof value === type ? (value as Cell) : null;
}

function sinceCell(date: string, now: number): string {
  return Number.isNaN(Date.parse(date)) ? '<invalid>' : age(date, now);
}
