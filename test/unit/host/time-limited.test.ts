import assert from 'node:assert/strict';
import type { CommandOptions, Machine } from '../../../src/host/machine.ts';
import { readNetwork } from '../../../src/host/network.ts';
import { systemd } from '../../../src/host/systemd.ts';
import { withTimeLimit } from '../../../src/host/time-limited.ts';

/** A machine whose programs hang until they are told to end. */
function hangingMachine(asked: CommandOptions[]): Machine {
  const exec: Machine['exec'] = (_file, _args, options = {}) => {
    asked.push(options);
    return new Promise((resolve) => {
      options.signal?.addEventListener('abort', () => resolve({ exitCode: -1, stdout: '', stderr: 'interrupted' }));
    });
  };
  const through: Machine['through'] = (run) => ({ services: systemd(run), network: () => readNetwork(run) });
  return { runsPrograms: true, exec, through } as Machine;
}

describe('a machine with a time limit', () => {
  it('gives it to every program, to those of its service manager and its network as well', async () => {
    const asked: CommandOptions[] = [];
    const { machine } = withTimeLimit(hangingMachine(asked), 1000, new AbortController().signal);
    machine.exec('df', [], { timeoutMs: 60_000 });
    machine.exec('df', [], { timeoutMs: 5 });
    machine.services.state('kubelet.service');
    machine.network();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      asked.map(({ timeoutMs }) => timeoutMs),
      [1000, 5, 1000, 1000],
    );
  });

  it('ends them all when it is told to, and says when the last one has ended', async () => {
    const controller = new AbortController();
    const { machine, idle } = withTimeLimit(hangingMachine([]), 1000, controller.signal);
    const [first, second] = [machine.exec('df', []), machine.services.log('kubelet.service', 1)];
    controller.abort();
    await idle();
    assert.equal((await first).exitCode, -1);
    assert.equal(await second, '');
  });
});
