import assert from 'node:assert/strict';
import type { CloudTaskInfo } from '../../../src/cloud/actions/tasks.ts';
import { waitForTask } from '../../../src/cloud/cs-tasks.ts';

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
});
