import { formatDuration } from '../lib/duration.ts';
import type { Diagnosis } from '../phases/diagnose/diagnose.ts';
import type { Finding } from '../phases/diagnose/rules.ts';
import type { JoinTimeline } from '../phases/diagnose/timeline.ts';
import type { Verdict } from '../phases/preflight/check.ts';
import { escaped, htmlPage, section, shownTime } from './html-page.ts';

const STYLE = `
pre { margin: .25rem 0; white-space: pre-wrap; font: .875rem/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
svg { width: 100%; height: auto; font: 14px system-ui, sans-serif; }
svg text { fill: var(--text); }
svg .dim { fill: var(--dim); }
svg .ok { fill: var(--normal); }
svg .bad { fill: var(--error); }
`;

/** The diagnosis as one HTML page that needs nothing else: the likely cause first, then the last join as a picture. */
export function diagnosisHtml(diagnosis: Diagnosis): string {
  const { host, time, findings, checks, collectors, join } = diagnosis;
  const missing = collectors.filter(({ outcome }) => outcome !== 'ok');
  const parts = [
    head(findings),
    `<dl><dt>Node</dt><dd>${escaped(host)}</dd><dt>Time</dt><dd>${escaped(shownTime(time))}</dd></dl>`,
    findings.length > 0 ? findingTable(findings) : '',
    join ? picture(join) : '<h2>The last join</h2><p>The log of edgeadm tells of none.</p>',
    checkTable(checks),
    missing.length > 0 ? missingTable(missing) : '',
  ];
  return htmlPage(`Diagnosis of ${host}`, parts.join('\n'), STYLE);
}

function head([first]: readonly Finding[]): string {
  const [result, verdict] = first
    ? [first.severity, `<strong>Likely cause:</strong> ${escaped(first.what)}.`]
    : ['normal', '<strong>✓</strong> Nothing wrong was found.'];
  const next = first ? `<pre>${escaped(first.next)}</pre>` : '';
  return `<h1>Diagnosis of a node</h1>\n<div class="verdict ${result}">${verdict}${next}</div>`;
}

function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map(
    ({ rule, severity, what, evidence, next }) =>
      `<tr><td>${badge(severity)}</td><th scope="row">${escaped(rule)}</th><td>${escaped(what)}<pre>${escaped(evidence)}</pre></td><td>${escaped(next)}</td></tr>`,
  );
  return section('problems', 'Findings, the likely cause first', ['Result', 'Rule', 'Found', 'Next'], rows);
}

const WIDTH = 900;
const LABEL_WIDTH = 170;
const BAR_WIDTH = 600;
const ROW_HEIGHT = 30;

/** Bars on one axis of time; what a bar's colour says, the text beside it says too. */
function picture({ started, durationMs, phases, failedPhase, error }: JoinTimeline): string {
  const scale = BAR_WIDTH / Math.max(1, durationMs);
  const rows = phases.map(({ name, startMs, endMs, failed }, index) => {
    const y = index * ROW_HEIGHT;
    const x = LABEL_WIDTH + startMs * scale;
    const width = Math.max(2, (endMs - startMs) * scale);
    const took = `${formatDuration(endMs - startMs)}${failed ? ' ✕ failed' : ''}`;
    return `<text x="0" y="${y + 20}">${escaped(name)}</text><rect class="${failed ? 'bad' : 'ok'}" x="${x.toFixed(1)}" y="${y + 6}" width="${width.toFixed(1)}" height="18" rx="3"/><text class="dim" x="${(x + width + 8).toFixed(1)}" y="${y + 20}">${took}</text>`;
  });
  const ended = failedPhase === undefined ? 'done' : `failed in ${failedPhase}`;
  const title = `The last join: ${ended} after ${formatDuration(durationMs)}`;
  return `<h2>The last join</h2>
<p>Began ${escaped(started)} (month, day, local time), ${escaped(ended)} after ${formatDuration(durationMs)}.</p>
<svg viewBox="0 0 ${WIDTH} ${Math.max(1, phases.length) * ROW_HEIGHT}" role="img" aria-label="${escaped(title)}">${rows.join('\n')}</svg>
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
  return section('missing', 'What could not be had', ['Result', 'Collector', 'Reason'], rows);
}

const SIGNS: Readonly<Record<string, string>> = { error: '✕', warning: '!', normal: '✓', skipped: '–' };

function badge(result: string, word = result === 'normal' ? 'ok' : result): string {
  return `<span class="result ${result}"><span aria-hidden="true">${SIGNS[result] ?? ''}</span> ${escaped(word)}</span>`;
}
