import assert from 'node:assert/strict';
import type { ProgramResult } from '../../src/host/machine.ts';
import { interruptedIn, PROGRAM, RESET, succeeds, WinBed } from './bed.ts';
import { template } from './template.ts';
import type { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const NODE = '/api/v1/nodes/win-edge1';

/** The steps that a command went through, those alone that have no steps of their own. */
function stepsIn(result: ProgramResult): string[] {
  succeeds(result);
  const started = result.stdout.matchAll(/^\{"type":"phase-start".*?"phase":"([^"]+)"/gm);
  const names = [...started].map(([, name = '']) => name);
  return names.filter((name) => !names.some((other) => other.startsWith(`${name}/`)));
}

describe('edgeadm.exe killed in each step under wine', function () {
  // A join for each step of a join, and a reset for each of a reset.
  this.timeout(1_800_000);
  let bed: WinBed;
  before(async () => {
    bed = await WinBed.open(await template(say));
  });
  after(() => bed?.close());

  /** Interrupts a command in each of its steps, one after the other. The last ones may be too short for it. */
  const interruptedInEach = async (
    steps: readonly string[],
    windows: WineWindows,
    words: readonly string[],
    interrupt: () => Promise<void>,
  ): Promise<void> => {
    for (const [index, step] of steps.entries()) {
      if (await interruptedIn(step, windows, words, interrupt)) continue;
      assert.ok(index >= steps.length / 2, `it ended before it was interrupted in ${step}`);
      return;
    }
  };

  it('a join that is killed in each of its steps is completed by the same command; a reset that is killed in each of its steps and run again leaves nothing', async () => {
    const windows = await bed.machine();
    const before = await windows.photograph();
    const join = stepsIn(await bed.join(windows));
    const reset = stepsIn(await bed.reset(windows));
    const kill = () => windows.kill(PROGRAM);
    await interruptedInEach(join, windows, bed.joinWords(), kill);
    succeeds(await bed.join(windows));
    assert.ok(await bed.cluster.admin.find(NODE));
    await interruptedInEach(reset, windows, RESET, kill);
    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
  });
});
