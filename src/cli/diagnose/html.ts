import { count } from '../../lib/count.ts';
import { formatDuration } from '../../lib/duration.ts';
import { shownTime } from '../../lib/shown-time.ts';
import type { Diagnosis } from '../../phases/diagnose/diagnose.ts';
import type { Finding } from '../../phases/diagnose/finding.ts';
import type { JoinTimeline } from '../../phases/diagnose/timeline.ts';
import type { Verdict } from '../../phases/preflight/check.ts';
import { escaped, htmlPage, section } from '../html-page.ts';
import type { Excerpt } from './excerpts.ts';
import { mostRelevantLine } from './most-relevant-line.ts';

const STYLE = `
pre { margin: .5rem 0; white-space: pre-wrap; font: .875rem/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.verdict { font-size: 1rem; }
.verdict h2 { margin: 0; font-size: 1.25rem; }
.verdict small, .finding small { font-weight: 400; opacity: .8; }
.verdict dl, .finding dl { display: block; margin: .5rem 0 0; font-size: .9375rem; }
.verdict dt { color: inherit; font-weight: 600; }
.verdict pre { color: var(--text); }
.evidence, .excerpt { padding: .625rem .75rem; background: var(--page); color: var(--text); border: 1px solid var(--line); border-radius: .25rem; }
.finding .evidence, .excerpt { background: var(--band); }
.excerpt { max-height: 30rem; overflow: auto; }
mark { display: block; margin: 0 -.75rem; padding: 0 .75rem; background: var(--on-warning); color: var(--text); font-weight: 600; box-shadow: inset .25rem 0 var(--warning); }
.finding { padding: 1rem 0; border-top: 1px solid var(--line); }
.finding h3 { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; margin: 0; font-size: 1rem; }
.history { color: var(--dim); }
td { white-space: pre-line; }
.checks th:nth-child(1), .missing th:nth-child(1) { width: 9rem; }
.checks th:nth-child(2), .missing th:nth-child(2) { width: 18rem; }
.picture { min-width: 27rem; max-width: 56rem; }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif; }
svg text { fill: var(--text); }
svg .dim { fill: var(--dim); }
svg .ok { fill: var(--normal); }
svg .bad { fill: var(--error); }
@media print { .excerpt { max-height: none; } }
@media (max-width: 48rem) { .checks th:nth-child(n), .missing th:nth-child(n) { width: auto; } }
`;

/**
 * The diagnosis as one HTML page that needs nothing else: the likely cause first, then what else was found, the last
 * join as a picture, and the ends of the logs.
 */
export function diagnosisHtml(diagnosis: Diagnosis, excerpts: readonly Excerpt[] = []): string {
  const { node, findings, checks, collectors, join } = diagnosis;
  const [first, ...others] = findings;
  const missing = collectors.filter(({ outcome }) => outcome !== 'ok');
  const parts = [
    `<h1>Diagnosis of ${escaped(node)}</h1>`,
    first ? verdict(first) : nothingFound(missing.length > 0),
    tiles(diagnosis),
    about(diagnosis),
    others.length > 0 ? `<h2>Also found</h2>\n${others.map(card).join('\n')}` : '',
    join ? picture(join) : noJoin(missing),
    excerpts.length > 0 ? `<h2>Logs</h2>\n${excerpts.map(excerpt).join('\n')}` : '',
    checks.length > 0 ? checkTables(checks) : '',
    missing.length > 0 ? missingTable(missing) : '',
  ];
  return htmlPage(`Diagnosis of ${node}`, parts.filter(Boolean).join('\n'), STYLE);
}

function verdict(finding: Finding): string {
  const { severity, what, rule } = finding;
  const head = severity === 'error' ? 'Likely cause' : 'Warning';
  return `<section class="verdict ${severity}"><h2>${head}: ${sentence(what)} <small>${escaped(rule)}</small></h2>${details(finding)}</section>`;
}

function nothingFound(missing: boolean): string {
  return missing
    ? '<div class="verdict warning"><strong>!</strong> No problem was found, but some data could not be collected.</div>'
    : '<div class="verdict normal"><strong>✓</strong> No problem was found.</div>';
}

/** How much there is to look at. */
function tiles({ findings, checks, collectors }: Diagnosis): string {
  const count = (items: readonly unknown[], name: string, result: string): string =>
    `<li class="${items.length > 0 || result === 'normal' ? result : 'normal'}"><b>${items.length}</b> ${items.length === 1 ? name.replace(/^(problem|warning|check)s/, '$1') : name}</li>`;
  const failed = checks.filter(({ status }) => status === 'error' || status === 'warning');
  return `<ul class="counts">
${count(
  findings.filter(({ severity }) => severity === 'error'),
  'problems',
  'error',
)}
${count(
  findings.filter(({ severity }) => severity === 'warning'),
  'warnings',
  'warning',
)}
${count(failed, 'checks not passed', failed.some(({ status }) => status === 'error') ? 'error' : 'warning')}
${count(
  checks.filter(({ status }) => status === 'ok'),
  'checks passed',
  'normal',
)}
${count(
  collectors.filter(({ outcome }) => outcome !== 'ok'),
  'not collected',
  'warning',
)}
</ul>`;
}

function about({ host, node, system, time, version }: Diagnosis): string {
  const rows = [
    ['Node', host === node ? node : `${node} (${host})`],
    ['System', system],
    ['Time', shownTime(time)],
    ['edgeadm', version],
  ];
  const shown = rows.filter(([, value]) => value);
  return `<dl>${shown.map(([name = '', value = '']) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`;
}

function card(finding: Finding): string {
  const { severity, rule, what } = finding;
  return `<article class="finding"><h3>${badge(severity)} <span>${sentence(what)}</span> <small>${escaped(rule)}</small></h3>${details(finding)}</article>`;
}

function details({ evidence, next }: Finding): string {
  const found = evidence && `<dt>Evidence</dt><dd><pre class="evidence">${marked(evidence)}</pre></dd>`;
  return `<dl>${found}<dt>Next</dt><dd><pre>${escaped(next)}</pre></dd></dl>`;
}

/** Of several lines, the one that matters is marked; a mark is a block, so it takes the place of the line's end. */
function marked(evidence: string): string {
  const lines = evidence.trimEnd().split('\n');
  if (lines.length === 1) return escaped(evidence.trimEnd());
  const telling = mostRelevantLine(lines);
  return [
    lines
      .slice(0, telling)
      .map((line) => `${escaped(line)}\n`)
      .join(''),
    `<mark>${escaped(lines[telling] ?? '')}</mark>`,
    escaped(lines.slice(telling + 1).join('\n')),
  ].join('');
}

/** Findings are written as errors are: in lower case and without a full stop. */
function sentence(text: string): string {
  const capital = /^systemd\b/.test(text) ? text : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return escaped(/[.?!]$/.test(capital) ? capital : `${capital}.`);
}

function excerpt({ title, path, text }: Excerpt): string {
  const lines = text.split('\n').length;
  return `<details><summary>${escaped(title)} <small>last ${lines} lines of ${escaped(path)}</small></summary><pre class="excerpt" tabindex="0">${escaped(text)}</pre></details>`;
}

function noJoin(missing: Diagnosis['collectors']): string {
  const unread = missing.some(({ name }) => name === 'edgeadm/log');
  return `<h2>The last join</h2><p>${unread ? 'The log of edgeadm could not be read.' : 'The log of edgeadm contains no join.'}</p>`;
}

const WIDTH = 640;
const LABEL_WIDTH = 130;
const BAR_WIDTH = 390;
const ROW_HEIGHT = 28;

/** Bars on one axis of time; what a bar's colour says, the text beside it says too. */
function picture({
  startedMs,
  durationMs,
  phases,
  outcome,
  failedPhase = '',
  error,
  superseded,
}: JoinTimeline): string {
  const scale = BAR_WIDTH / Math.max(1, durationMs);
  const rows = phases.map(({ name, startMs, endMs, failed }, index) => {
    const y = index * ROW_HEIGHT;
    const x = LABEL_WIDTH + startMs * scale;
    const width = Math.max(2, (endMs - startMs) * scale);
    const took = `${formatDuration(endMs - startMs)}${failed ? ' ✕ failed' : ''}`;
    return `<text x="0" y="${y + 20}">${escaped(name)}</text><rect class="${failed ? 'bad' : 'ok'}" x="${x.toFixed(1)}" y="${y + 6}" width="${width.toFixed(1)}" height="18" rx="3"/><text class="dim" x="${(x + width + 8).toFixed(1)}" y="${y + 20}">${took}</text>`;
  });
  const ended = {
    done: 'took',
    failed: `failed in ${failedPhase} after`,
    unfinished: 'did not finish; its log ends after',
  }[outcome];
  const summary = `${ended} ${formatDuration(durationMs)}`;
  const history = superseded
    ? `<p class="history">This is history: edgeadm reset the node at ${shownTime(superseded.endedMs)}.</p>`
    : '';
  return `<h2>The last join</h2>
<p>Started ${shownTime(startedMs)}, ${escaped(summary)}.</p>
${history}<div class="scroll" tabindex="0" role="region" aria-label="Phases of the last join"><div class="picture">
<svg viewBox="0 0 ${WIDTH} ${Math.max(1, phases.length) * ROW_HEIGHT}" role="img" aria-label="The last join: ${escaped(summary)}">${rows.join('\n')}</svg>
</div></div>
${error ? `<pre class="evidence">${marked(error.join('\n'))}</pre>` : ''}`;
}

const RESULTS = { ok: 'normal', error: 'error', warning: 'warning', skipped: 'skipped' } as const;

/** What passed is folded: it takes half of a page and tells little. */
function checkTables(checks: readonly Verdict[]): string {
  const rowsOf = (...statuses: Verdict['status'][]): string[] =>
    statuses.flatMap((status) => checks.filter((check) => check.status === status).map(checkRow));
  const problems = rowsOf('error', 'warning');
  const passed = rowsOf('ok');
  const skipped = rowsOf('skipped');
  const heads = ['Result', 'Check', 'Found', 'Remedy'];
  const table = (rows: readonly string[]): string =>
    `<div class="scroll" tabindex="0" role="region" aria-label="Checks"><table class="checks">
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
  const folded = (rows: readonly string[], word: string): string =>
    rows.length > 0 ? `<details><summary>${count('check', rows.length)} ${word}</summary>${table(rows)}</details>` : '';
  return [
    '<h2>Checks of the node</h2>',
    problems.length > 0 ? table(problems) : '',
    folded(passed, 'passed'),
    folded(skipped, 'skipped'),
  ].join('\n');
}

function checkRow({ check, status, found = '', remedy }: Verdict): string {
  const todo = status === 'ok' || !remedy ? '' : escaped(remedy);
  const name = escaped(check).replaceAll('(', '<wbr>(');
  return `<tr><td>${badge(RESULTS[status])}</td><th scope="row">${name}</th><td>${escaped(found)}</td><td>${todo}</td></tr>`;
}

function missingTable(collectors: Diagnosis['collectors']): string {
  const rows = collectors.map(
    ({ name, outcome, reason = '' }) =>
      `<tr><td>${badge('warning', outcome)}</td><th scope="row">${escaped(name)}</th><td>${escaped(reason)}</td></tr>`,
  );
  return section('missing', 'Data that could not be collected', ['Result', 'Collector', 'Reason'], rows);
}

const SIGNS: Readonly<Record<string, string>> = { error: '✕', warning: '!', normal: '✓', skipped: '–' };

function badge(result: string, word = result === 'normal' ? 'ok' : result): string {
  return `<span class="result ${result}"><span aria-hidden="true">${SIGNS[result] ?? ''}</span> ${escaped(word)}</span>`;
}
