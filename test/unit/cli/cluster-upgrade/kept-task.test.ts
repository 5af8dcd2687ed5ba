import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptTask } from '../../../../src/cli/cluster-upgrade/kept-task.ts';

describe('the task of an upgrade by the container service that is kept for later commands', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-kept-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('keeps the task of an upgrade for each cluster on its own, for its user only', async () => {
    const env = { XDG_STATE_HOME: folder };
    await keptTask('c1', env).keep({ taskId: 'T-1' });
    assert.deepEqual(await keptTask('c1', env).recall(), { taskId: 'T-1', to: undefined });
    await keptTask('c1', env).keep({ taskId: 'T-2', to: '1.20.11-aliyunedge.1' });
    assert.deepEqual(await keptTask('c1', env).recall(), { taskId: 'T-2', to: '1.20.11-aliyunedge.1' });
    assert.equal(await keptTask('../c1', env).recall(), undefined);
    const { mode } = await stat(join(folder, 'edgeadm', 'upgrade-tasks', 'c1'));
    assert.equal(mode & 0o777, 0o600);
  });

  it('goes on if the task of an upgrade cannot be kept', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await chmod(file, 0o400);
    const kept = keptTask('c1', { XDG_STATE_HOME: file });
    await kept.keep({ taskId: 'T-1' });
    assert.equal(await kept.recall(), undefined);
  });
});
