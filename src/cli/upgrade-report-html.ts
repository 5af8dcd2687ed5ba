import { cleanText } from '../output/sink.ts';
import { RESULTS, type ReportRow, type Result, type UpgradeReport } from '../phases/cluster-upgrade/precheck/report.ts';
import { cleanRow, countsOf, worstFirst } from './upgrade-report.ts';

/** A result is told by a word and a sign; the colour only repeats it. */
const SIGNS: Readonly<Record<Result, string>> = { error: '✕', warning: '!', normal: '✓' };

const VERDICTS: Readonly<Record<Result, string>> = {
  error: 'Mend the errors before the upgrade is started.',
  warning: 'The upgrade can be started; look at the warnings first.',
  normal: 'The upgrade can be started.',
};

/** Dark on light and light on dark, each at least 4.5 to 1 (WCAG 2.1 AA). On paper it is always light. */
const LIGHT = `color-scheme: light; --text: #1c1f23; --dim: #545b64; --page: #fff; --line: #d4d8dd; --band: #f4f5f7;
  --error: #a11b14; --on-error: #fdeceb; --warning: #714900; --on-warning: #fff3d4; --normal: #17591f; --on-normal: #e6f4e8;`;
const DARK = `color-scheme: dark; --text: #e7e9ec; --dim: #a8b0ba; --page: #14171a; --line: #3a4048; --band: #1e2226;
  --error: #ffb3ab; --on-error: #46150f; --warning: #ffd37a; --on-warning: #3a2b00; --normal: #a3d9a8; --on-normal: #143318;`;

const STYLE = `
:root { ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
@media print { :root { ${LIGHT} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 2rem 1.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
.verdict { margin: 0 0 1.5rem; padding: .75rem 1rem; border-left: .375rem solid; font-size: 1.125rem; }
.verdict strong { margin-right: .5rem; }
.error { color: var(--error); background: var(--on-error); }
.warning { color: var(--warning); background: var(--on-warning); }
.normal { color: var(--normal); background: var(--on-normal); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.5rem; padding: 0; list-style: none; }
.counts li { min-width: 8rem; padding: .5rem 1rem; border-radius: .375rem; }
.counts b { display: block; font-size: 1.75rem; line-height: 1.2; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; }
dt { color: var(--dim); }
dd { margin: 0; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid; outline-offset: 2px; }
table { width: 100%; min-width: 44rem; table-layout: fixed; border-collapse: collapse; font-size: .9375rem; }
.problems { min-width: 64rem; }
th:nth-child(1) { width: 8rem; }
th:nth-child(2) { width: 15rem; }
th, td { padding: .625rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--band); color: var(--dim); font-weight: 600; }
tbody th { font-weight: 600; }
tbody th span { display: block; font-weight: 400; }
.result { display: inline-block; padding: .0625rem .5rem; border-radius: .25rem; font-weight: 600; white-space: nowrap; }
footer { margin-top: 2.5rem; color: var(--dim); font-size: .875rem; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  table, .problems { min-width: 0; font-size: 9pt; }
  th:nth-child(1) { width: 6.5rem; }
  th:nth-child(2) { width: 11rem; }
  th, td { padding: .25rem .5rem; }
  .scroll { overflow: visible; }
  tr, .verdict, .counts li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .verdict, .result, .counts li { border: 1px solid; }
}
`;

/**
 * The report as one HTML page that needs nothing else: no script, no address, no font. Every value is escaped, and
 * without secrets and control characters.
 */
export function reportHtml(report: UpgradeReport): string {
  const rows = worstFirst(report.rows.map(cleanRow));
  const problems = rows.filter(({ result }) => result !== 'normal');
  const passed = rows.filter(({ result }) => result === 'normal');
  const title = `Upgrade precheck of ${report.cluster} to ${report.targetVersion}: ${report.result}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${head(report, rows)}
${problems.length > 0 ? problemTable(problems) : ''}
${passed.length > 0 ? passedTable(passed) : ''}
<footer>Made by edgeadm, which looked and changed nothing.</footer>
</main>
</body>
</html>
`;
}

function head(report: UpgradeReport, rows: readonly ReportRow[]): string {
  const { cluster, clusterVersion, targetVersion, started, result } = report;
  const counts = countsOf(rows).split(', ');
  const boxes = RESULTS.map((each, index) => {
    const [number = '', ...word] = (counts[index] ?? '').split(' ');
    return `<li class="${each}"><b>${number}</b> ${word.join(' ')}</li>`;
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
    const cells = [reason, effect, advice].map((text) => `<td>${escaped(text)}</td>`).join('');
    return `<tr><td>${badge(result)}</td><th scope="row">${escaped(check)}${about}</th>${cells}</tr>`;
  });
  const heads = ['Result', 'Check and object', 'Reason', 'Effect', 'Advice'];
  return section('problems', 'Errors and warnings', heads, body);
}

function passedTable(rows: readonly ReportRow[]): string {
  const body = rows.map(({ check, object, result, reason }) => {
    const found = [object, reason].filter((text) => text !== undefined).join('; ');
    return `<tr><td>${badge(result)}</td><th scope="row">${escaped(check)}</th><td>${escaped(found)}</td></tr>`;
  });
  return section('passed', 'Normal', ['Result', 'Check', 'Found'], body);
}

/** A wide table scrolls by itself, with the keyboard as well. */
function section(id: string, title: string, heads: readonly string[], body: readonly string[]): string {
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table class="${id}">
<thead><tr>${heads.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
</div>
</section>`;
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

/** `2026-11-21 05:31:09 UTC` */
function shownTime(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
