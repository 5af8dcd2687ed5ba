import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { Journal } from '../../../../src/host/journal/journal.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import { NodeHost } from '../../../../src/host/node-host.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import { cleanUp } from '../../../../src/phases/upgrade/clean-up.ts';
import type { UpgradeContext } from '../../../../src/phases/upgrade/context.ts';
import type { PhaseTools } from '../../../../src/workflow/phase.ts';
import { temporaryFolder } from '../../artifacts/fixtures.ts';

const folder = temporaryFolder();

describe('the end of an upgrade', () => {
  it('the end of an upgrade comes once its images are on the disk, where a power cut does not empty them', async () => {
    const root = folder.path('node');
    await mkdir(`${root}/proc/sys/kernel/random`, { recursive: true });
    await writeFile(`${root}/proc/sys/kernel/random/boot_id`, 'one\n');
    const journal = await Journal.read(scratchMachine(root));
    await journal.noteJoined({ cluster: 'c', node: 'n' });
    await journal.beginUpgrade({ from: 'v1.36.3', to: 'v1.37.2', cordoned: false, pods: [] });
    await journal.append({ kind: 'image', name: 'edge-hub:2', boot: 'one', phase: 'install' });
    const duringSync: unknown[] = [];
    const exec: Machine['exec'] = async (file) => {
      duringSync.push(file, journal.upgrade?.to);
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    const host = new NodeHost({ ...scratchMachine(root), exec }, journal);
    await cleanUp.run?.({ host, journal, wet: true } as unknown as UpgradeContext & PhaseTools);
    assert.deepEqual(duringSync, ['sync', 'v1.37.2']);
    const later = await Journal.read(scratchMachine(root));
    assert.deepEqual([later.upgrade, later.unsyncedImages.size], [undefined, 0]);
  });
});
