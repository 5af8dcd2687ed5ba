import assert from 'node:assert/strict';
import { commandError } from '../../../src/host/node-host.ts';

describe('the error for a program that failed', () => {
  const failed = (stderr: string) => commandError('ctr', ['import', 'x.tar'], { exitCode: 1, stdout: '', stderr });

  it('tells the program, its exit code and the end of what it said', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const { code, what, why } = failed(lines.join('\n'));
    assert.deepEqual([code, what], ['COMMAND_FAILED', 'ctr import x.tar failed with exit code 1']);
    assert.equal(why, lines.slice(-8).join('\n'));
  });

  it('tells a full disk apart', () => {
    const { code, why } = failed(
      'ctr: failed to ingest "layer.tar": write /var/lib/x: no space left on device: unknown',
    );
    assert.equal(code, 'NO_SPACE');
    assert.match(why ?? '', /layer\.tar/);
  });
});
