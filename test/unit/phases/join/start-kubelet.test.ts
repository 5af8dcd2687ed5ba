import assert from 'node:assert/strict';
import { PATHS } from '../../../../src/host/node-paths.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { joinNode } from '../../../../src/phases/join/join-node.ts';
import type { PhaseTools } from '../../../../src/workflow/phase.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';
import { recordedLog } from '../../recorded-log.ts';

const start = joinNode.phases?.find(({ name }) => name === 'kubelet-start');
const { kubelet } = PATHS;

/** What the phase does to the services of a node. */
async function changesOf(units: FakeNode['units']): Promise<readonly string[]> {
  const host = fakeHost({ units });
  await start?.run?.({ host, seen: {}, log: recordedLog(), wet: false } as unknown as JoinContext & PhaseTools);
  return host.changes;
}

/**
 * systemd 255 and newer take every unit for outdated as soon as one was enabled.
 * @see https://github.com/systemd/systemd/blob/v257/src/core/manager.h `unit_file_state_outdated`
 */
describe('a kubelet that starts at boot', () => {
  it('a kubelet is enabled after it was started, so that it waits for no reading of unit files', async () => {
    const changes = await changesOf({ [kubelet.unit]: { exists: true, enabled: false } });
    assert.deepEqual(changes, [`start ${kubelet.unit}`, `enable ${kubelet.unit}`]);
  });

  it('a kubelet that was started by a join that was killed is enabled by the next one', async () => {
    const changes = await changesOf({ [kubelet.unit]: { exists: true, active: true, enabled: false } });
    assert.deepEqual(changes, [`enable ${kubelet.unit}`]);
  });
});
