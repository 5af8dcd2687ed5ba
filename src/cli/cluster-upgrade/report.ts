import { RESULTS, type ReportRow, type Result, type UpgradeReport } from '../../cluster-upgrade/precheck/report.ts';
import { cleanText } from '../../lib/clean-text.ts';
import type { Style } from '../../output/style.ts';
import { table } from '../../output/table.ts';
import { fold, truncateText, wordsOf } from '../../output/width.ts';

export interface ReportTextOptions {
  readonly style: Style;
  /** Of the terminal; undefined for a file or a pipe: no line is cut or wrapped. */
  readonly columns?: number;
}

/** Below this nothing is gained by wrapping. */
const NARROWEST = 40;
const LABEL = 'advice: ';

/**
 * The report for people: a line for each finding, then what is wrong in full, the worst first, then the result.
 * Nothing that came from the cluster can move the cursor or carry a secret.
 */
export function reportText(report: UpgradeReport, { style, columns }: ReportTextOptions): string {
  const width = columns === undefined ? Infinity : Math.max(columns, NARROWEST);
  const rows = report.rows.map(cleanRow);
  const problems = worstFirst(rows).filter(({ result }) => result !== 'normal');
  const head = `${report.cluster}, control plane ${report.clusterVersion}, nodes to ${report.targetVersion}`;
  const end = `Result: ${report.result} (${countsOf(rows)}).`;
  return [
    lines(fold(wordsOf(cleanText(head)), width)),
    '\n',
    overview(rows, style, width),
    ...problems.map((row) => `\n${lines(problem(row, style, width))}`),
    `\n${paint(style, report.result)(end)}\n`,
  ].join('');
}

/** `1 error, 2 warnings, 16 normal` */
export function countsOf(rows: readonly ReportRow[]): string {
  return RESULTS.map((result) => {
    const number = rows.filter((row) => row.result === result).length;
    return `${number} ${result}${result === 'normal' || number === 1 ? '' : 's'}`;
  }).join(', ');
}

/** Rows of the same result stay in the order of the checks. */
export function worstFirst(rows: readonly ReportRow[]): ReportRow[] {
  return RESULTS.flatMap((result) => rows.filter((row) => row.result === result));
}

/** A row without secrets and control characters. */
export function cleanRow(row: ReportRow): ReportRow {
  const { object, reason, effect, advice } = row;
  return {
    ...row,
    ...(object !== undefined && { object: cleanText(object) }),
    reason: cleanText(reason),
    effect: cleanText(effect),
    advice: cleanText(advice),
  };
}

function overview(rows: readonly ReportRow[], style: Style, width: number): string {
  const shown = rows.map(({ check, result, object, reason }) => ({
    check,
    result,
    found: [object, reason].filter(Boolean).join('; '),
  }));
  const text = table(shown, Infinity).trimEnd().split('\n');
  return lines(text.map((line) => cut(line, style, width).replace(/^(\S+ +)(error|warning|normal)\b/, paintResult)));

  function paintResult(_: string, check: string, result: string): string {
    return check + paint(style, result as Result)(result);
  }
}

function problem({ check, object, result, reason, effect, advice }: ReportRow, style: Style, width: number): string[] {
  const [title = '', ...more] = fold(wordsOf([`${result} ${check}`, object].filter(Boolean).join(': ')), width);
  const told = Object.entries({ reason, effect, advice }).flatMap(([label, text]) => {
    const [first, ...rest] = fold(wordsOf(text), width - LABEL.length - 2);
    return [`${`${label}:`.padEnd(LABEL.length)}${first}`, ...rest.map((line) => ' '.repeat(LABEL.length) + line)];
  });
  const painted = paint(style, result)(result) + style.bold(title.slice(result.length));
  return [painted, ...[...more, ...told].map((line) => `  ${line}`)];
}

function paint(style: Style, result: Result): (text: string) => string {
  return { error: style.red, warning: style.yellow, normal: style.green }[result];
}

function cut(line: string, { unicode }: Style, width: number): string {
  return truncateText(line, width, unicode ? '…' : '...');
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
