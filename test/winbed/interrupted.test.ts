import assert from 'node:assert/strict';
import { PROGRAM, RESET, succeeds, WinBed } from './bed.ts';
import { template } from './template.ts';
import type { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const KUBELET = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\kubelet';
const REG = 'C:\\Windows\\System32\\reg.exe';

/** Phases that have begun, by the events of a run. */
const begunIn = (text: string): string[] =>
  [...text.matchAll(/^\{"type":"phase-start".*"phase":"([^"]+)"\}$/gm)].map(([, phase = '']) => phase);

describe('edgeadm.exe interrupted under wine', () => {
  let bed: WinBed;
  before(async function () {
    this.timeout(1_200_000);
    bed = await WinBed.open(await template(say));
  });
  after(() => bed?.close());

  /**
   * Kills a command in the first phase that it was not killed in before, and runs it again, until it ends by itself.
   * @returns the phases that it was killed in
   */
  const killedInEachPhase = async (windows: WineWindows, words: readonly string[]): Promise<string[]> => {
    const begun = new Set<string>();
    const killed: string[] = [];
    for (;;) {
      let isKilled = false;
      const result = await windows.run(PROGRAM, words, async (text) => {
        const phase = begunIn(text).at(-1);
        if (isKilled || phase === undefined || begun.has(phase)) return;
        isKilled = true;
        await windows.kill(PROGRAM);
        for (const each of begunIn(text)) begun.add(each);
        killed.push(phase);
      });
      if (isKilled) continue;
      succeeds(result);
      return killed;
    }
  };

  it('a join and a reset that are killed in each phase are completed by the same command, and leave nothing', async () => {
    const windows = await bed.machine();
    const before = await windows.photograph();
    const joining = await killedInEachPhase(windows, bed.joinWords());
    assert.ok(joining.length > 5, joining.join(', '));
    assert.ok((await bed.cluster.admin.find('/api/v1/nodes/win-edge1')) !== undefined);
    const resetting = await killedInEachPhase(windows, RESET);
    assert.ok(resetting.length > 3, resetting.join(', '));
    assert.deepEqual(await windows.photograph(), before);
  });

  for (const [what, interrupt] of [
    ['reboots', (windows: WineWindows) => windows.reboot()],
    [
      'loses its power',
      async (windows: WineWindows) => {
        await windows.powerOff();
        await windows.start();
      },
    ],
  ] as const)
    it(`a join whose machine ${what} is continued by the same command`, async () => {
      const windows = await bed.machine();
      const before = await windows.photograph();
      let interrupted: Promise<void> | undefined;
      await windows.run(PROGRAM, bed.joinWords(), async (text) => {
        if (begunIn(text).includes('join-node/kubelet-start')) interrupted ??= interrupt(windows);
      });
      await interrupted;
      if (what === 'reboots') {
        const { stdout } = await windows.run(REG, ['query', KUBELET]);
        assert.match(stdout, /^ {4}Start {4}REG_DWORD {4}0x2\r$/m);
      }
      assert.equal(succeeds(await bed.join(windows)).outcome, 'joined');
      succeeds(await bed.reset(windows));
      assert.deepEqual(await windows.photograph(), before);
    });
});
