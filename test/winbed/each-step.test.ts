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

/** What happens to the machine in the middle of a step. */
const INTERRUPTIONS: Readonly<Record<string, (windows: WineWindows) => Promise<void>>> = {
  'that is killed': (windows) => windows.kill(PROGRAM),
  'whose machine is rebooted': (windows) => windows.reboot(),
  'whose machine loses its power': async (windows) => {
    await windows.powerOff();
    await windows.start();
  },
};

describe('edgeadm.exe interrupted in each step under wine', function () {
  // A join for each step of a join, and a reset for each of a reset, three times.
  this.timeout(3_600_000);
  let bed: WinBed;
  let steps: { readonly join: readonly string[]; readonly reset: readonly string[] };
  before(async () => {
    bed = await WinBed.open(await template(say));
    const windows = await bed.machine();
    steps = { join: stepsIn(await bed.join(windows)), reset: stepsIn(await bed.reset(windows)) };
  });
  after(() => bed?.close());

  /** Interrupts a command in each of its steps, one after the other. The last ones may be too short for it. */
  const interruptedInEach = async (
    names: readonly string[],
    windows: WineWindows,
    words: readonly string[],
    interrupt: () => Promise<void>,
  ): Promise<void> => {
    for (const [index, name] of names.entries()) {
      if (await interruptedIn(name, windows, words, interrupt)) continue;
      assert.ok(index >= names.length / 2, `it ended before it was interrupted in ${name}`);
      return;
    }
  };

  for (const [what, interrupt] of Object.entries(INTERRUPTIONS)) {
    it(`a join ${what} in each of its steps is completed by the same command; a reset ${what} in each of its steps and run again leaves nothing`, async () => {
      const windows = await bed.machine();
      const before = await windows.photograph();
      await interruptedInEach(steps.join, windows, bed.joinWords(), () => interrupt(windows));
      succeeds(await bed.join(windows));
      assert.ok(await bed.cluster.admin.find(NODE));
      await interruptedInEach(steps.reset, windows, RESET, () => interrupt(windows));
      succeeds(await bed.reset(windows));
      assert.deepEqual(await windows.photograph(), before);
    });
  }
});
