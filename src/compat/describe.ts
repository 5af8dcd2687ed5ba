import type { MatrixRow } from '../config/spec.ts';
import type { Platform } from './supports.ts';

/** `1.18.8-aliyunedge.1 to 1.30.7-aliyun.1`, `1.26.3-aliyun.1 or later`, `any`. */
export function describeRange({ from, to }: Pick<MatrixRow, 'from' | 'to'>): string {
  if (from !== undefined && to !== undefined) return `${from} to ${to}`;
  if (from !== undefined) return `${from} or later`;
  return to === undefined ? 'any' : `up to ${to}`;
}

/** Rows of the matrix as a table, for people. */
export function matrixTable(rows: readonly MatrixRow[]): string {
  return align([
    ['ARCH', 'OS', 'VERSION', 'KERNEL', 'CLUSTER', 'SOURCE'],
    ...rows.map((row) => [...cells(row), row.source]),
  ]);
}

/** What was found above what is supported, column by column. What is not known shows as a dash. */
export function sideBySide(found: Partial<Platform>, rows: readonly MatrixRow[]): string {
  const { arch = '-', os = '-', version = '-', kernel = '-', clusterVersion = '-' } = found;
  return align([
    ['', 'ARCH', 'OS', 'VERSION', 'KERNEL', 'CLUSTER'],
    ['found', arch, os, version, kernel, clusterVersion],
    ...rows.map((row) => ['supported', ...cells(row)]),
  ]);
}

function cells(row: MatrixRow): string[] {
  return [row.arch, row.os, row.versions.join(', '), row.kernel, describeRange(row)];
}

function align(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const lines = table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}
