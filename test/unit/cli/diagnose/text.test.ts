import assert from 'node:assert/strict';
import { diagnosisText } from '../../../../src/cli/diagnose/text.ts';
import { styleFor } from '../../../../src/output/style.ts';
import { widthOf, wrapParagraphs } from '../../../../src/output/width.ts';
import type { Diagnosis } from '../../../../src/phases/diagnose/diagnose.ts';
import type { Finding } from '../../../../src/phases/diagnose/finding.ts';

const ESCAPE = String.fromCharCode(27);
const RED = `${ESCAPE}[31m`;

const finding: Finding = {
  rule: 'Kubelet',
  severity: 'error',
  what: 'the kubelet does not start, and systemd has given up starting it again after five attempts in ten seconds',
  evidence: 'kubelet.service: failed\nunknown flag: --bogus-flag',
  next: 'remove --bogus-flag from /etc/default/kubelet',
};
const warning: Finding = { ...finding, rule: 'JoinFailed', severity: 'warning', what: 'the last join failed' };

const diagnosis = (findings: readonly Finding[]): Diagnosis => ({
  host: 'localhost',
  node: 'n1',
  time: '2026-01-01T00:00:00Z',
  version: '0.1.0',
  findings: [...findings],
  checks: [],
  collectors: [{ name: 'cri/lists', outcome: 'slow', durationMs: 1 }],
});
const style = (env: Record<string, string> = {}) => styleFor({ TERM: 'xterm', ...env }, true);

describe('the text of a diagnosis', () => {
  it('a diagnosis on a terminal has the cause in red, warnings in yellow, and what is next in bold', () => {
    const text = diagnosisText(diagnosis([finding, warning]), style());
    assert.ok(text.startsWith(`localhost: ${RED}likely cause${ESCAPE}[39m: the kubelet does not start`), text);
    assert.ok(text.includes(`\n${ESCAPE}[33mwarning${ESCAPE}[39m: the last join failed (JoinFailed)\n`), text);
    assert.ok(text.includes(`\n${ESCAPE}[33mtimed out${ESCAPE}[39m: cri/lists\n`), text);
    assert.equal(text.split(`  ${ESCAPE}[1mnext${ESCAPE}[22m: remove`).length, 3, text);
  });

  it('a diagnosis of a healthy node is green on a terminal, and plain with NO_COLOR', () => {
    const healthy = diagnosisText(diagnosis([]), style());
    assert.ok(healthy.startsWith(`localhost: ${ESCAPE}[32mno problem was found${ESCAPE}[39m\n`), healthy);
    const plain = diagnosisText(diagnosis([finding]), style({ NO_COLOR: '1' }));
    assert.ok(!plain.includes(ESCAPE), plain);
  });

  it('colours in the log of a node do not reach the diagnosis', () => {
    const coloured = { ...finding, evidence: `${RED}unknown flag`, what: `${RED}failed` };
    const text = diagnosisText(diagnosis([coloured]), style({ NO_COLOR: '1' }));
    assert.match(text, /^localhost: likely cause: failed \(Kubelet\)\n {2}unknown flag\n/);
  });

  for (const columns of [60, 80, 120])
    it(`a coloured diagnosis wraps at words in ${columns} columns`, () => {
      const lines = wrapParagraphs(diagnosisText(diagnosis([finding, warning]), style()), columns).split('\n');
      for (const line of lines) assert.ok(widthOf(line) <= columns, line);
    });
});
