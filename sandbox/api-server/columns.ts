import type { KubeObject } from './resources.ts';

type Cell = string | number | boolean | null;

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** Shown with `-o wide` alone. */
  readonly wide?: boolean;
  /** First minor version of Kubernetes that has it, and the first that has it no longer. Source: pkg/printers/internalversion, v1.20 to v1.37. */
  readonly since?: number;
  readonly until?: number;
  readonly cell: (object: KubeObject, now: number) => Cell;
}

export const NONE = '<none>';
export const UNKNOWN = '<unknown>';

export const nameColumn: Column = { name: 'Name', cell: ({ metadata }) => metadata.name ?? '' };
export const ageColumn: Column = { name: 'Age', cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) };
export const at =
  (path: string, absent: Cell = NONE) =>
  (object: KubeObject): Cell =>
    (valueAt(object, path) as Cell | undefined) ?? absent;
export const textColumn = (name: string, path: string, absent?: Cell, wide = false): Column => ({
  name,
  wide,
  cell: at(path, absent),
});
export const countColumn = (name: string, path: string): Column => ({ name, type: 'integer', cell: at(path, 0) });
export const keysAt = (path: string) => (object: KubeObject) =>
  Object.keys((valueAt(object, path) as object | undefined) ?? {}).length;

export function valueAt(object: KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** How long ago, as kubectl shows durations. */
export function age(since: string | undefined, now: number): string {
  return since ? duration(Math.max(0, Math.floor((now - Date.parse(since)) / 1000))) : UNKNOWN;
}

/** `87s`, `5m2s`, `3h`, `2d` */
export function duration(seconds: number): string {
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  const both = (large: string, rest: number, unit: string): string => (rest > 0 ? `${large}${rest}${unit}` : large);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return both(`${minutes}m`, seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return both(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  return days < 8 ? both(`${days}d`, hours % 24, 'h') : `${days}d`;
}

export function pairsAt(path: string): (object: KubeObject) => string {
  return (object) => {
    const pairs = Object.entries((valueAt(object, path) ?? {}) as Record<string, string>);
    return pairs.map(([key, value]) => `${key}=${value}`).join(',') || NONE;
  };
}

export function containersAt(field: string, path = 'spec.template.spec.containers'): (object: KubeObject) => string {
  return (object) =>
    ((valueAt(object, path) ?? []) as Record<string, string>[]).map((container) => container[field]).join(',');
}
