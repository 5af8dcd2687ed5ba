import assert from 'node:assert/strict';
import { verdictText } from '../../../../src/cli/preflight/text.ts';
import { styleFor } from '../../../../src/output/style.ts';
import { widthOf } from '../../../../src/output/width.ts';
import type { Verdict } from '../../../../src/phases/preflight/check.ts';

const of = (check: string, status: Verdict['status'], found?: string): Verdict => ({
  check,
  status,
  found,
  remedy: status === 'ok' ? undefined : 'Do what has to be done on the node, then run the same preflight again.',
  concerns: 'node',
  durationMs: 1,
});
const ESCAPE = String.fromCharCode(27);
const LONG =
  'the swap area /dev/vda2 is active and a kubelet of this version does not start while any swap area is active';
const style = (env: Record<string, string>) => styleFor({ TERM: 'xterm', ...env }, true);

describe('the text of a preflight', () => {
  const failed = [of('Mem', 'warning', LONG), of('NumCPU', 'ok', '4'), of('Swap', 'error', LONG), of('GPU', 'skipped')];

  for (const columns of [60, 80, 120]) {
    it(`preflight in ${columns} columns tells failures first, then warnings, the verdict last, and cuts nothing`, () => {
      const lines = verdictText(failed, false, { style: style({ NO_COLOR: '1' }), columns })
        .trimEnd()
        .split('\n');
      assert.match(lines[0] ?? '', /^\[ERROR Swap\]/);
      const starts = lines.filter((line) => /^\[/.test(line)).map((line) => line.split(':')[0]);
      assert.deepEqual(starts, ['[ERROR Swap]', '[WARNING Mem]']);
      const end = '1 failed, 1 warning, 1 passed, 1 skipped: not ready (-v shows all checks)';
      assert.ok(lines.join(' ').replace(/\s+/g, ' ').endsWith(end), lines.join('\n'));
      assert.equal(lines.join(' ').split('1 passed').length, 2, 'the counts are said once');
      for (const line of lines) assert.ok(widthOf(line) <= columns, line);
      assert.equal(lines.join(' ').replace(/\s+/g, ' ').split(LONG).length, 3);
    });
  }

  it('preflight of a node that is fit says so in its last line, in green unless NO_COLOR is set', () => {
    const fit = [of('NumCPU', 'ok', '4'), of('Mem', 'warning', 'little')];
    const coloured = verdictText(fit, false, { style: style({}), columns: 80 });
    assert.ok(coloured.includes(`${ESCAPE}[32m1 warning, 1 passed: ready to join`), coloured);
    const plain = verdictText(fit, false, { style: style({ NO_COLOR: '1' }), columns: 80 });
    assert.match(plain, /^1 warning, 1 passed: ready to join \(-v shows all checks\)\n$/m);
    assert.ok(!plain.includes(ESCAPE), plain);
  });

  it('preflight says a reason that two checks share once, with both names to ignore', () => {
    const same = [of('OSSupported', 'error', LONG), of('KernelSupported', 'error', LONG), of('Mem', 'error', 'little')];
    const text = verdictText(same, false, { style: style({ NO_COLOR: '1' }), columns: 200 });
    assert.match(text, /^\[ERROR OSSupported, KernelSupported\]: the swap area/);
    assert.equal(text.split(LONG).length, 2, text);
    assert.match(text, /^\[ERROR Mem\]: little$/m);
    assert.match(text, /^3 failed, /m);
  });

  it('preflight -v shows the checks that passed', () => {
    assert.match(verdictText(failed, true, { style: style({ NO_COLOR: '1' }), columns: 80 }), /^NumCPU +ok +4$/m);
  });
});
