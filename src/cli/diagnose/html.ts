import { formatDuration } from '../../lib/duration.ts';
import type { Diagnosis } from '../../phases/diagnose/diagnose.ts';
import type { Finding } from '../../phases/diagnose/rules.ts';
import type { JoinTimeline } from '../../phases/diagnose/timeline.ts';
import type { Verdict } from '../../phases/preflight/check.ts';
import { escaped, htmlPage, section, shownTime } from '../html-page.ts';

const STYLE = `
pre { margin: .5rem 0; white-space: pre-wrap; font: .875rem/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.verdict dl, .finding dl { display: block; margin: .5rem 0 0; font-size: .9375rem; }
.verdict dt { color: inherit; font-weight: 600; }
.finding { padding: 1rem 0; border-top: 1px solid var(--line); }
.finding h3 { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; margin: 0; font-size: 1rem; }
.finding h3 > :last-child { font-weight: 400; }
td { white-space: pre-line; }
.checks th:nth-child(1), .missing th:nth-child(1) { width: 9rem; }
.picture { min-width: 27rem; max-width: 56rem; }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif; }
svg text { fill: var(--text); }
svg .dim { fill: var(--dim); }
svg .ok { fill: var(--normal); }
svg .bad { fill: var(--error); }
@media (max-width: 48rem) {
  main { padding: 1.25rem 1rem; }
  table { min-width: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: flex; flex-wrap: wrap; gap: .25rem .75rem; padding: .625rem 0; border-bottom: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  th:nth-child(n), td { white-space: pre-line; }
.checks th:nth-child(1), .missing th:nth-child(1) { width: auto; }
  td:nth-child(n + 3) { flex-basis: 100%; }
  td:empty { display: none; }
}
`;

/** The diagnosis as one HTML page that needs nothing else: the likely cause first, then the last join as a picture. */
export function diagnosisHtml(diagnosis: Diagnosis): string {
  const { node, findings, checks, collectors, join } = diagnosis;
  const [first, ...others] = findings;
  const missing = collectors.filter(({ outcome }) => outcome !== 'ok');
  const parts = [
    `<h1>Diagnosis of ${escaped(node)}</h1>`,
    first ? verdict(first) : nothingFound(missing.length > 0),
    about(diagnosis),
    others.length > 0 ? `<h2>Also found</h2>\n${others.map(card).join('\n')}` : '',
    join ? picture(join) : noJoin(missing),
    checks.length > 0 ? checkTable(checks) : '',
    missing.length > 0 ? missingTable(missing) : '',
  ];
  return htmlPage(`Diagnosis of ${node}`, parts.filter(Boolean).join('\n'), STYLE);
}

function verdict(finding: Finding): string {
  const { severity, what, rule } = finding;
  return `<div class="verdict ${severity}"><strong>Likely cause:</strong> ${escaped(what)}. (${escaped(rule)})${details(finding)}</div>`;
}

function nothingFound(missing: boolean): string {
  return missing
    ? '<div class="verdict warning"><strong>!</strong> No problem was found, but some data could not be collected.</div>'
    : '<div class="verdict normal"><strong>✓</strong> No problem was found.</div>';
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
  return `<article class="finding"><h3>${badge(severity)} <span>${escaped(rule)}</span> <span>${escaped(what)}</span></h3>${details(finding)}</article>`;
}

function details({ evidence, next }: Finding): string {
  const found = evidence && `<dt>Found</dt><dd><pre>${escaped(evidence)}</pre></dd>`;
  return `<dl>${found}<dt>Next</dt><dd><pre>${escaped(next)}</pre></dd></dl>`;
}

function noJoin(missing: Diagnosis['collectors']): string {
  const unread = missing.some(({ name }) => name === 'edgeadm/log');
  return `<h2>The last join</h2><p>The log of edgeadm ${unread ? 'could not be read' : 'has none'}.</p>`;
}

const WIDTH = 640;
const LABEL_WIDTH = 130;
const BAR_WIDTH = 390;
const ROW_HEIGHT = 28;

/** Bars on one axis of time; what a bar's colour says, the text beside it says too. */
function picture({ started, durationMs, phases, outcome, failedPhase = '', error }: JoinTimeline): string {
  const scale = BAR_WIDTH / Math.max(1, durationMs);
  const rows = phases.map(({ name, startMs, endMs, failed }, index) => {
    const y = index * ROW_HEIGHT;
    const x = LABEL_WIDTH + startMs * scale;
    const width = Math.max(2, (endMs - startMs) * scale);
    const took = `${formatDuration(endMs - startMs)}${failed ? ' ✕ failed' : ''}`;
    return `<text x="0" y="${y + 20}">${escaped(name)}</text><rect class="${failed ? 'bad' : 'ok'}" x="${x.toFixed(1)}" y="${y + 6}" width="${width.toFixed(1)}" height="18" rx="3"/><text class="dim" x="${(x + width + 8).toFixed(1)}" y="${y + 20}">${took}</text>`;
  });
  const ended = {
    done: 'done after',
    failed: `failed in ${failedPhase} after`,
    unfinished: 'not finished; its log ends after',
  }[outcome];
  const summary = escaped(`${ended} ${formatDuration(durationMs)}`);
  const day = started.replace(/^(\d\d)(\d\d) /, '$1-$2 ');
  return `<h2>The last join</h2>
<p>Began ${escaped(day)} (month, day, local time), ${summary}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Phases of the last join"><div class="picture">
<svg viewBox="0 0 ${WIDTH} ${Math.max(1, phases.length) * ROW_HEIGHT}" role="img" aria-label="The last join: ${summary}">${rows.join('\n')}</svg>
</div></div>
${error ? `<pre class="error">${escaped(error.join('\n'))}</pre>` : ''}`;
}

const RESULTS = { ok: 'normal', error: 'error', warning: 'warning', skipped: 'skipped' } as const;

function checkTable(checks: readonly Verdict[]): string {
  const order = Object.keys(RESULTS).sort((a, b) => rank(a) - rank(b));
  const rows = order.flatMap((status) =>
    checks
      .filter((check) => check.status === status)
      .map(({ check, found = '', remedy }) => {
        const todo = status === 'ok' || !remedy ? '' : escaped(remedy);
        return `<tr><td>${badge(RESULTS[status as Verdict['status']])}</td><th scope="row">${escaped(check)}</th><td>${escaped(found)}</td><td>${todo}</td></tr>`;
      }),
  );
  return section('checks', 'Checks of the node', ['Result', 'Check', 'Found', 'Remedy'], rows);
}

function rank(status: string): number {
  return ['error', 'warning', 'ok', 'skipped'].indexOf(status);
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
