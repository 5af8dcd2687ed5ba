import type { MatrixRow } from '../config/spec.ts';
import { inColumns } from '../output/columns.ts';
import { type Platform, platformDifferences } from './supports.ts';

const GAP = 2;

/** `1.18.8-aliyunedge.1 to 1.30.7-aliyun.1`, `1.26.3-aliyun.1 or later`, `any`. */
function describeRange({ from, to }: Pick<MatrixRow, 'from' | 'to'>): string {
  if (from !== undefined && to !== undefined) return `${from} to ${to}`;
  if (from !== undefined) return `${from} or later`;
  return to === undefined ? 'any' : `up to ${to}`;
}

/** Rows of the matrix as a table, for people whose terminal has so many columns. */
export function matrixTable(rows: readonly MatrixRow[], columns = Infinity): string {
  const heads = ['ARCH', 'OS', 'VERSION', 'KERNEL', 'CLUSTER', 'SOURCE'];
  return inColumns([heads, ...rows.map((row) => [...cells(row), row.source])], GAP, columns).join('\n');
}

/** What was found above what is supported, column by column. What is not known shows as a dash. */
export function comparisonTable(found: Partial<Platform>, rows: readonly MatrixRow[], columns = Infinity): string {
  const { arch = '-', os = '-', version = '-', kernel = '-', clusterVersion = '-' } = found;
  const lines = [
    ['', 'ARCH', 'OS', 'VERSION', 'KERNEL', 'CLUSTER'],
    ['found', arch, os, version, kernel, clusterVersion],
    ...rows.map((row) => ['supported', ...cells(row)]),
  ];
  return inColumns(lines, GAP, columns).join('\n');
}

/** A row in one line, with what differs from the system that was found. */
export function describeNearest(found: Partial<Platform>, row: MatrixRow): string {
  const [arch, os, versions, kernel, clusters] = cells(row);
  return `${os} ${versions}, kernel ${kernel}, ${arch}, cluster ${clusters} (differs in: ${platformDifferences(found, row).join(', ')})`;
}

/** A row for `--compat-matrix` that accepts a system, in YAML. */
export function rowFor({ arch = '', os = '', osId, version = '', kernel = '' }: Partial<Platform>): string {
  const [major = '', minor = ''] = kernel.match(/\d+/g) ?? [];
  const row = { arch, os: osId || os, versions: [version], kernel: `${major}.${minor}` };
  return `rows: [${JSON.stringify(row)}]`;
}

function cells(row: MatrixRow): string[] {
  return [row.arch, row.os, row.versions.join(', '), row.kernel, describeRange(row)];
}
