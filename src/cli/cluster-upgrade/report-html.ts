import { writeFile } from 'node:fs/promises';
import { RESULTS, type ReportRow, type Result, type UpgradeReport } from '../../cluster-upgrade/precheck/report.ts';
import { usageError } from '../../errors/usage.ts';
import { count } from '../../lib/count.ts';
import { shownTime } from '../../lib/shown-time.ts';
import { escaped, htmlPage, section } from '../html-page.ts';
import { cleanRow, countsOf, worstFirst } from './report.ts';

/** A word and a sign show the result; the colour only repeats it. */
const SIGNS: Readonly<Record<Result, string>> = { error: '✕', warning: '!', normal: '✓' };

const VERDICTS: Readonly<Record<Result, string>> = {
  error: 'Fix the errors before starting the upgrade.',
  warning: 'The upgrade can be started; check the warnings first.',
  normal: 'The upgrade can be started.',
};

/**
 * The report as one HTML page that needs nothing else: no script, no address, no font. Every value is escaped, and
 * without secrets and control characters.
 */
export function reportHtml(report: UpgradeReport): string {
  const rows = worstFirst(report.rows.map(cleanRow));
  const problems = rows.filter(({ result }) => result !== 'normal');
  const passed = rows.filter(({ result }) => result === 'normal');
  const title = `Upgrade precheck of ${report.cluster} to ${report.targetVersion}: ${report.result}`;
  const tables = [problems.length > 0 ? problemTable(problems) : '', passed.length > 0 ? passedTable(passed) : ''];
  return htmlPage(title, [head(report, rows), ...tables].join('\n'));
}

/** @throws EdgeadmError USAGE if the file cannot be written */
export async function writeReport(path: string, report: UpgradeReport): Promise<void> {
  await writeFile(path, reportHtml(report)).catch((error: Error) => {
    throw usageError([`--report: ${error.message}`]);
  });
}

function head(report: UpgradeReport, rows: readonly ReportRow[]): string {
  const { cluster, clusterVersion, targetVersion, started, result } = report;
  const counts = countsOf(rows).split(', ');
  const boxes = RESULTS.map((each, index) => {
    const [number = '', ...word] = (counts[index] ?? '').split(' ');
    return `<li class="${number === '0' ? 'normal' : each}"><b>${number}</b> ${word.join(' ')}</li>`;
  });
  const facts: readonly (readonly [string, string])[] = [
    ['Cluster', escaped(cluster)],
    ['Control plane', escaped(clusterVersion)],
    ['Nodes to', escaped(targetVersion)],
    ['Time', `<time datetime="${escaped(started)}">${escaped(shownTime(started))}</time>`],
  ];
  return `<header>
<h1>Upgrade precheck</h1>
<p class="verdict ${result}"><strong>${sign(result)} ${capital(result)}.</strong> ${VERDICTS[result]}</p>
<ul class="counts">${boxes.join('')}</ul>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>
</header>`;
}

function problemTable(rows: readonly ReportRow[]): string {
  const body = rows.map(({ check, object, result, reason, effect, advice }) => {
    const about = object === undefined ? '' : ` <span>${escaped(object)}</span>`;
    const cells = Object.entries({ Reason: reason, Effect: effect, Advice: advice })
      .map(([label, text]) => `<td data-label="${label}">${escaped(text)}</td>`)
      .join('');
    return `<tr><td>${badge(result)}</td><th scope="row">${escaped(check)}${about}</th>${cells}</tr>`;
  });
  const heads = ['Result', 'Check and object', 'Reason', 'Effect', 'Advice'];
  return section('problems', 'Errors and warnings', heads, body);
}

/** Folded: a reader looks for what is not normal. */
function passedTable(rows: readonly ReportRow[]): string {
  const body = rows.map(({ check, object, result, reason }) => {
    const found = [object, reason].filter((text) => text !== undefined).join('; ');
    return `<tr><td>${badge(result)}</td><th scope="row">${escaped(check)}</th><td>${escaped(found)}</td></tr>`;
  });
  return `<details><summary>${count('check', rows.length)} normal</summary>${section('passed', 'Normal', ['Result', 'Check', 'Found'], body)}</details>`;
}

function badge(result: Result): string {
  return `<span class="result ${result}">${sign(result)} ${result}</span>`;
}

/** A screen reader reads the word beside it. */
function sign(result: Result): string {
  return `<span aria-hidden="true">${SIGNS[result]}</span>`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
