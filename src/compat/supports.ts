import type { MatrixRow } from '../config/spec.ts';
import { architectureOf } from '../lib/architecture.ts';
import { isWithin } from './cluster-version.ts';

/** What a node and its cluster are; the matrix is asked with it. */
export interface Platform {
  readonly arch: string;
  /** NAME of os-release, or what a user calls the system: `CentOS`. */
  readonly os: string;
  /** ID of os-release, if it is known. */
  readonly osId?: string;
  /** VERSION_ID of os-release. */
  readonly version: string;
  /** `uname -r`; Windows has `10.0.17763`. */
  readonly kernel: string;
  readonly clusterVersion: string;
}

export interface Support {
  readonly supported: boolean;
  /** The rows that fit. */
  readonly rows: readonly MatrixRow[];
  /** If none fits: the rows that come nearest, best first. */
  readonly nearest: readonly MatrixRow[];
}

/** What else the system of a row is called, in NAME and ID of its os-release and by its users. */
const OTHER_NAMES: Record<string, readonly string[]> = {
  'alibaba cloud linux': ['alinux', 'aliyunlinux', 'aliyun linux'],
  anolis: ['anolis os'],
  kylin: ['kylin linux advanced server'],
  rhel: ['red hat enterprise linux'],
  'uniontech os server': ['uos', 'uniontech os', 'uniontech'],
  'windows server': ['windows'],
};

/** Asks the matrix about a node and its cluster. */
export function supports(platform: Platform, rows: readonly MatrixRow[]): Support {
  const fitting = rowsThatFit(platform, rows);
  return {
    supported: fitting.length > 0,
    rows: fitting,
    nearest: fitting.length > 0 ? [] : nearestRows(platform, rows),
  };
}

/** The rows that fit what is known; what is not known fits every row. */
export function rowsThatFit(known: Partial<Platform>, rows: readonly MatrixRow[]): MatrixRow[] {
  return rows.filter((row) => RULES.every(({ fits }) => fits(known, row) !== false));
}

/** The rows that fit best, at most `limit`; the system counts most, then the architecture. */
export function nearestRows(known: Partial<Platform>, rows: readonly MatrixRow[], limit = 5): MatrixRow[] {
  const score = (row: MatrixRow): number =>
    RULES.reduce((sum, { weight, fits }) => sum + (fits(known, row) === true ? weight : 0), 0);
  const scored = rows.map((row) => ({ row, score: score(row) })).sort((a, b) => b.score - a.score);
  return scored.slice(0, limit).map(({ row }) => row);
}

/** What of a system is not as a row has it: `version`, `kernel`; what is not known does not count. */
export function platformDifferences(known: Partial<Platform>, row: MatrixRow): string[] {
  return RULES.filter(({ fits }) => fits(known, row) === false).map(({ what }) => what);
}

interface Rule {
  /** For people. */
  readonly what: string;
  readonly weight: number;
  /** undefined: what the rule asks for is not known. */
  readonly fits: (known: Partial<Platform>, row: MatrixRow) => boolean | undefined;
}

const RULES: readonly Rule[] = [
  { what: 'operating system', weight: 8, fits: ({ os, osId }, row) => when(os, (name) => isOs(row.os, name, osId)) },
  {
    what: 'architecture',
    weight: 4,
    fits: ({ arch }, row) => when(arch, (name) => architectureOf(name) === architectureOf(row.arch)),
  },
  {
    what: 'version',
    weight: 2,
    fits: ({ version }, row) => when(version, (text) => row.versions.some((one) => isRelease(one, text))),
  },
  { what: 'kernel', weight: 2, fits: ({ kernel }, row) => when(kernel, (text) => isKernel(row, text)) },
  {
    what: 'cluster version',
    weight: 1,
    fits: ({ clusterVersion }, row) => when(clusterVersion, (text) => isWithin(text, row.from, row.to)),
  },
];

function when(value: string | undefined, test: (value: string) => boolean): boolean | undefined {
  return value === undefined ? undefined : test(value);
}

/** `CentOS` fits the NAME `CentOS Linux` and the ID `centos`; `Debian` fits the ID `debian`. */
function isOs(row: string, name: string, id: string | undefined): boolean {
  const wanted = [row.toLowerCase(), ...(OTHER_NAMES[row.toLowerCase()] ?? [])];
  const found = name.toLowerCase();
  return wanted.some((text) => text === id?.toLowerCase() || text === found || found.startsWith(`${text} `));
}

/** A row's `3` fits 3 and 3.2104, its `7.6` fits 7.6 alone; `V10` and `10` are the same. */
function isRelease(listed: string, version: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/^v/, '');
  return bare(version) === bare(listed) || bare(version).startsWith(`${bare(listed)}.`);
}

/** The first two numbers count; Windows tells its releases apart by the third, the build. */
function isKernel(row: MatrixRow, kernel: string): boolean {
  const count = isOs('Windows Server', row.os, undefined) ? 3 : 2;
  const numbers = (text: string): string => (text.match(/\d+/g) ?? []).slice(0, count).join('.');
  return numbers(row.kernel) === numbers(kernel);
}
