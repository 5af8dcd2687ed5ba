import { cleanText } from '../../lib/clean-text.ts';
import { count } from '../../lib/count.ts';
import { terminalColumns } from '../../output/columns.ts';
import { type Style, styleOfResults } from '../../output/style.ts';
import { table } from '../../output/table.ts';
import { wrapParagraphs } from '../../output/width.ts';
import type { Verdict } from '../../phases/preflight/check.ts';
import { describeVerdicts } from '../../phases/preflight/failure.ts';

export interface TextOptions {
  readonly style: Style;
  /** Of the terminal. */
  readonly columns: number;
}

/**
 * What a preflight found: failures first, then warnings, the verdict with all counts last. Checks that passed or were
 * skipped are listed only if requested.
 * @returns lines with their ends
 */
export function verdictText(
  verdicts: readonly Verdict[],
  verbose: boolean,
  { style, columns }: TextOptions = { style: styleOfResults(), columns: terminalColumns() },
): string {
  const of = (status: Verdict['status']): Verdict[] => verdicts.filter((verdict) => verdict.status === status);
  const [errors, warnings, skipped, passed] = [of('error'), of('warning'), of('skipped'), of('ok')];
  const rows = [...passed, ...skipped].map(({ check, status, found = '' }) => ({
    check,
    result: status,
    found: found.split('\n', 1)[0],
  }));
  const paint = (text: string, colour: (text: string) => string): string =>
    wrapParagraphs(cleanText(text), columns).replace(/^\[\w+ [^\]]*\]/, (head) => colour(head));
  const problems = [
    ...describeVerdicts(errors).map((text) => paint(text, style.red)),
    ...describeVerdicts(warnings).map((text) => paint(text, style.yellow)),
  ];
  const counts = [
    errors.length > 0 && `${errors.length} failed`,
    warnings.length > 0 && count('warning', warnings.length),
    `${passed.length} passed`,
    skipped.length > 0 && `${skipped.length} skipped`,
  ].filter(Boolean);
  const verdict = `${counts.join(', ')}: ${errors.length > 0 ? 'not ready' : 'ready to join'}`;
  const last = wrapParagraphs(verbose ? verdict : `${verdict} (-v shows all checks)`, columns);
  return [
    ...(verbose ? [cleanText(table(rows, columns)).trimEnd()] : []),
    ...problems,
    errors.length > 0 ? style.red(last) : style.green(last),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
