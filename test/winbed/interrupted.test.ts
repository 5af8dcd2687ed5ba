import assert from 'node:assert/strict';
import { interruptedIn, PROGRAM, RESET, succeeds, WinBed } from './bed.ts';
import { template } from './template.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const NODE = '/api/v1/nodes/win-edge1';

/** Before anything is copied, while programs are, and once the services are registered. */
const JOIN = ['prepare-node/folders', 'install-runtime/containerd', 'join-node/kubelet-start'] as const;

describe('edgeadm.exe interrupted under wine', function () {
  // Each has a handful of joins and resets.
  this.timeout(1_800_000);
  let bed: WinBed;
  before(async () => {
    bed = await WinBed.open(await template(say));
  });
  after(() => bed?.close());

  const interrupted = async (...how: Parameters<typeof interruptedIn>): Promise<void> =>
    assert.ok(await interruptedIn(...how), `it ended before it was interrupted in ${how[0]}`);

  it('a join that is killed before it copies programs, meanwhile, and once its services are registered is completed by the same command; a reset that is killed and run again leaves nothing', async () => {
    const windows = await bed.machine();
    const before = await windows.photograph();
    const kill = () => windows.kill(PROGRAM);
    for (const phase of JOIN) await interrupted(phase, windows, bed.joinWords(), kill);
    assert.equal(succeeds(await bed.join(windows)).outcome, 'joined');
    assert.ok(await bed.cluster.admin.find(NODE));
    await interrupted('restore', windows, RESET, kill);
    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
  });

  it('a join whose machine loses its power is completed by the same command; a reset whose machine is rebooted leaves nothing', async () => {
    const windows = await bed.machine();
    const before = await windows.photograph();
    await interrupted('join-node/kubelet-start', windows, bed.joinWords(), async () => {
      await windows.powerOff();
      await windows.start();
    });
    assert.equal(succeeds(await bed.join(windows)).outcome, 'joined');
    await interrupted('restore', windows, RESET, () => windows.reboot());
    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
  });
});
