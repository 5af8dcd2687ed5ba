import assert from 'node:assert/strict';
import { reportText } from '../../../../src/cli/cluster-upgrade/report.ts';
import { reportHtml } from '../../../../src/cli/cluster-upgrade/report-html.ts';
import type { ReportRow, UpgradeReport } from '../../../../src/cluster-upgrade/precheck/report.ts';
import { registerSecret } from '../../../../src/lib/redact.ts';
import { styleFor } from '../../../../src/output/style.ts';

const PLAIN = styleFor({ LANG: 'C.UTF-8' }, false);

const NORMAL: ReportRow = {
  check: 'Architecture',
  result: 'normal',
  reason: 'amd64 (2 nodes).',
  effect: '',
  advice: '',
};
const WARNING: ReportRow = {
  check: 'NodeReady',
  object: '2 nodes: edge-1, edge-2',
  result: 'warning',
  reason: 'Offline: their kubelets no longer report.',
  effect: 'These nodes are skipped and stay at their version.',
  advice: 'Bring them back first, or use --wait-offline to upgrade them when they return.',
};
const ERROR: ReportRow = {
  check: 'ControlPlaneVersion',
  result: 'error',
  reason: 'The control plane runs v1.20.2, the target is v1.20.3.',
  effect: 'Every node would reject the upgrade.',
  advice: 'Upgrade the control plane first.',
};

function report(...rows: ReportRow[]): UpgradeReport {
  return {
    cluster: 'https://10.0.0.1:6443',
    clusterVersion: 'v1.20.2',
    targetVersion: 'v1.20.3',
    started: '2026-11-21T05:31:09.123Z',
    result: rows[0]?.result ?? 'normal',
    rows,
  };
}

describe('the report before an upgrade, on a terminal', () => {
  it('the report before an upgrade on a terminal is a line for each finding, then what is wrong in full, the worst first, then the result', () => {
    assert.equal(
      reportText(report(NORMAL, WARNING, ERROR), { style: PLAIN }),
      [
        'https://10.0.0.1:6443, control plane v1.20.2, nodes to v1.20.3',
        '',
        'CHECK                 RESULT    FOUND',
        'Architecture          normal    amd64 (2 nodes).',
        'NodeReady             warning   2 nodes: edge-1, edge-2; Offline: their kubelets no longer report.',
        'ControlPlaneVersion   error     The control plane runs v1.20.2, the target is v1.20.3.',
        '',
        'error ControlPlaneVersion',
        '  reason: The control plane runs v1.20.2, the target is v1.20.3.',
        '  effect: Every node would reject the upgrade.',
        '  advice: Upgrade the control plane first.',
        '',
        'warning NodeReady: 2 nodes: edge-1, edge-2',
        '  reason: Offline: their kubelets no longer report.',
        '  effect: These nodes are skipped and stay at their version.',
        '  advice: Bring them back first, or use --wait-offline to upgrade them when they return.',
        '',
        'Result: normal (1 error, 1 warning, 1 normal).',
        '',
      ].join('\n'),
    );
  });

  it('fits into 60 columns and loses nothing that has to be done', () => {
    const text = reportText(report(ERROR, WARNING, NORMAL), { style: PLAIN, columns: 60 });
    for (const line of text.split('\n')) assert.ok(line.length <= 60, `${line.length}: ${line}`);
    const words = text.replace(/\s+/g, ' ');
    for (const { reason, effect, advice } of [ERROR, WARNING])
      for (const part of [reason, effect, advice]) assert.ok(words.includes(part), part);
    assert.match(text, /^ControlPlaneVersion +error +The control plane runs v1\.2…$/m);
  });

  it('the report before an upgrade on a terminal is coloured if the terminal is, with the words all the same', () => {
    const coloured = reportText(report(ERROR, WARNING, NORMAL), { style: styleFor({ TERM: 'xterm' }, true) });
    for (const [code, word] of [
      [31, 'error'],
      [33, 'warning'],
      [32, 'normal'],
    ])
      assert.ok(coloured.includes(`\u001b[${code}m${word}\u001b[39m`), String(word));
    const plain = reportText(report(ERROR, WARNING, NORMAL), {
      style: styleFor({ NO_COLOR: '1', TERM: 'xterm' }, true),
    });
    assert.ok(!plain.includes('\u001b'));
  });

  it('does not let what a server says move the cursor', () => {
    const text = reportText(report({ ...WARNING, reason: '\u001b[2Jgone\u0007' }), { style: PLAIN });
    assert.match(text, /reason: gone$/m);
  });
});

describe('the report before an upgrade, as a page', () => {
  it('the page of the report before an upgrade has the counts first, then the errors, then the warnings, then what is normal', () => {
    const page = reportHtml(report(NORMAL, WARNING, ERROR));
    const at = (text: string): number => {
      const found = page.indexOf(text);
      assert.ok(found >= 0, text);
      return found;
    };
    const order = [
      '<b>1</b> error<',
      '<b>1</b> warning<',
      '<b>1</b> normal<',
      ERROR.reason,
      WARNING.reason,
      NORMAL.reason,
    ].map(at);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.match(page, /<time datetime="2026-11-21T05:31:09\.123Z">2026-11-21 05:31:09 UTC<\/time>/);
    for (const { effect, advice } of [ERROR, WARNING]) assert.ok(at(effect) < at(advice));
  });

  it('the page of the report before an upgrade folds what is normal, and names its cells on a narrow screen', () => {
    const page = reportHtml(report(WARNING, NORMAL));
    assert.match(page, /<details><summary>1 check normal<\/summary>/);
    assert.match(page, /<td data-label="Advice">Bring them back first/);
    assert.match(page, /<li class="normal"><b>0<\/b> errors<\/li>/);
  });

  it('needs nothing but itself: no script, no address, no font, no picture', () => {
    const page = reportHtml(report(ERROR, WARNING, NORMAL));
    assert.doesNotMatch(page, /<(script|link|img|iframe|object)\b|\b(src|href|on\w+)=|url\(|@import/i);
    assert.match(page, /default-src 'none'/);
  });

  it('takes every value as text', () => {
    const nasty = `<script>alert("1")</script> & 'x'`;
    const row = { ...WARNING, check: nasty, object: nasty, reason: nasty, effect: nasty, advice: nasty };
    const page = reportHtml({
      ...report(row, { ...NORMAL, check: nasty, object: nasty, reason: nasty }),
      cluster: nasty,
      clusterVersion: nasty,
      targetVersion: nasty,
      started: nasty,
    });
    assert.doesNotMatch(page, /<script|alert\("/);
    const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;';
    assert.equal(page.split(escaped).length - 1, 15);
  });

  it('the page of the report before an upgrade shows any language', () => {
    const page = reportHtml(report({ ...ERROR, object: '1 node: 边缘节点', reason: '节点离线' }));
    assert.match(page, /<meta charset="utf-8">/);
    assert.match(page, /边缘节点.*节点离线/);
  });

  it('the page of the report before an upgrade carries no secret', () => {
    registerSecret('hunter2-of-the-report');
    const page = reportHtml(report({ ...ERROR, reason: 'token hunter2-of-the-report' }));
    assert.doesNotMatch(page, /hunter2/);
  });

  it('says its results in words, and names rows and columns for those who cannot see it', () => {
    const page = reportHtml(report(ERROR, NORMAL));
    assert.match(page, /<html lang="en">/);
    assert.equal(page.match(/<th scope="col">/g)?.length, 8);
    assert.equal(page.match(/<th scope="row">/g)?.length, 2);
    assert.match(page, /<span aria-hidden="true">✕<\/span> error<\/span>/);
    for (const id of page.matchAll(/aria-labelledby="([^"]+)"/g)) assert.ok(page.includes(` id="${id[1]}"`));
  });

  it('the page of the report before an upgrade has colours that can be read in the light, in the dark and on paper', () => {
    const page = reportHtml(report(ERROR));
    const themes = [...page.matchAll(/color-scheme: (?:light|dark);([^}]+)\}/g)].map(([, css = '']) => css);
    assert.equal(themes.length, 3);
    for (const css of themes) {
      const colour = (name: string): string => new RegExp(`--${name}: #(\\w+)`).exec(css)?.[1] ?? '';
      const pairs = ['error', 'warning', 'normal'].map((result) => [result, `on-${result}`]);
      for (const [text = '', ground = ''] of [...pairs, ['text', 'page'], ['dim', 'page'], ['dim', 'band']])
        assert.ok(contrast(colour(text), colour(ground)) >= 4.5, `${text} on ${ground}`);
    }
  });
});

/** WCAG 2.1, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const long = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex;
  const [r = 0, g = 0, b = 0] = [0, 2, 4]
    .map((i) => Number.parseInt(long.slice(i, i + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
