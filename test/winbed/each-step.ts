import assert from 'node:assert/strict';
import type { ProgramResult } from '../../src/host/machine.ts';
import { interruptedIn, PROGRAM, RESET, succeeds, WinBed } from './bed.ts';
import { template } from './template.ts';
import type { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const NODE = '/api/v1/nodes/win-edge1';

/**
 * The steps that a command went through, those alone that have no steps of their own. One that is skipped does nothing:
 * the machine is then as it is when the next one begins.
 */
function stepsIn(result: ProgramResult): string[] {
  succeeds(result);
  const ended = result.stdout.matchAll(/^\{"type":"phase-end".*?"outcome":"([^"]+)".*?"phase":"([^"]+)"/gm);
  const names = [...ended].filter(([, outcome]) => outcome !== 'skipped').map(([, , name = '']) => name);
  return names.filter((name) => !names.some((other) => other.startsWith(`${name}/`)));
}

interface Interruption {
  readonly what: string;
  /** What happens to the machine in the middle of a step. */
  readonly interrupt: (windows: WineWindows) => Promise<void>;
  /** The steps in which it happens, if not each. */
  readonly only?: readonly string[];
}

/** What a reboot saves and a power cut does not is the registry: these come right after steps that change it. */
const AFTER_CHANGES = ['install-runtime/images', 'join-node/kubelet-service', 'join-node/kubelet-start', 'erase'];

/** What happens to a join, as the name of its test puts it. */
export const INTERRUPTIONS = {
  kill: { what: 'that is killed in each of its steps', interrupt: (windows) => windows.kill(PROGRAM) },
  reboot: { what: 'whose machine is rebooted in each of its steps', interrupt: (windows) => windows.reboot() },
  powerCut: {
    what: 'whose machine loses its power after each step that changes the registry',
    interrupt: async (windows) => {
      await windows.powerOff();
      await windows.start();
    },
    only: AFTER_CHANGES,
  },
} satisfies Record<string, Interruption>;

/** Tests of a join and a reset that are interrupted in each of their steps, on one machine for each interruption. */
export function interruptedSteps(this: Mocha.Suite, ...interruptions: readonly Interruption[]): void {
  // A join for each step of a join, and a reset for each of a reset.
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

  for (const { what, interrupt, only } of interruptions) {
    it(`a join ${what} is completed by the same command; a reset interrupted in the same way leaves nothing`, async () => {
      const windows = await bed.machine();
      const before = await windows.photograph();
      const wanted = (name: string): boolean => only?.includes(name) ?? true;
      const joining = steps.join.filter(wanted);
      const resetting = steps.reset.filter(wanted);
      assert.equal(joining.length + resetting.length, (only ?? [...steps.join, ...steps.reset]).length);
      await interruptedInEach(joining, windows, bed.joinWords(), () => interrupt(windows));
      succeeds(await bed.join(windows));
      assert.ok(await bed.cluster.admin.find(NODE));
      await interruptedInEach(resetting, windows, RESET, () => interrupt(windows));
      succeeds(await bed.reset(windows));
      assert.deepEqual(await windows.photograph(), before);
    });
  }
}
