import assert from 'node:assert/strict';
import type { CloudTaskInfo } from '../../../src/cloud/actions/tasks.ts';
import { waitForTask } from '../../../src/cloud/cs-tasks.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

describe('a task of the container service that somebody else changes', () => {
  const wait = (states: string[], isDone: () => boolean) => {
    const told: string[] = [];
    const task = async () => ({ taskId: 'T-1', state: states.shift() ?? 'success' }) as CloudTaskInfo;
    const end = waitForTask<string>({ task }, 'T-1', {
      what: 'the cluster to be running',
      paceMs: [0, 0],
      tell: (line) => void told.push(line),
      probe: async () => (isDone() ? { done: 'running' } : { seen: 'it is updating' }),
    });
    return { end, told };
  };

  it('a task that is paused elsewhere is named once, and waited for until it continues', async () => {
    const states = ['running', 'paused', 'paused', 'running'];
    const { end, told } = wait(states, () => states.length === 0);
    assert.equal(await end, 'running');
    assert.deepEqual(told, ['Task T-1 is paused.']);
  });

  it('a task that is cancelled elsewhere ends the wait at once', async () => {
    const { end } = wait(['running', 'canceled'], () => false);
    await assert.rejects(end, { code: 'CLOUD_FAILED', why: 'it was cancelled elsewhere\ntask T-1' });
  });

  it('a task that fails is reported by what it was for, if that has failed between two looks', async () => {
    const refused = new EdgeadmError({ code: 'CLOUD_CLUSTER_FAILED', what: 'cluster shops could not be deleted' });
    let looks = 0;
    const end = waitForTask({ task: async () => ({ taskId: 'T-1', state: 'fail' }) as CloudTaskInfo }, 'T-1', {
      what: 'the cluster to be gone',
      paceMs: [0, 0],
      probe: async () => {
        if (looks++ > 0) throw refused;
        return { seen: 'it is deleting' };
      },
    });
    await assert.rejects(end, { code: 'CLOUD_CLUSTER_FAILED' });
  });
});
