import assert from 'node:assert/strict';
import { parseUnitState, systemd } from '../../../src/host/systemd.ts';

const state = (lines: Record<string, string>): string =>
  Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

describe('the state of a service', () => {
  it('the state of a service that runs and starts at boot is active and enabled', () => {
    const text = state({
      Result: 'success',
      LoadState: 'loaded',
      ActiveState: 'active',
      SubState: 'running',
      UnitFileState: 'enabled',
    });
    assert.deepEqual(parseUnitState(text), { exists: true, active: true, enabled: true, detail: 'active (running)' });
  });

  it('the state of a service that failed says how', () => {
    const text = state({
      Result: 'exit-code',
      LoadState: 'loaded',
      ActiveState: 'failed',
      SubState: 'failed',
      UnitFileState: 'disabled',
    });
    assert.deepEqual(parseUnitState(text), {
      exists: true,
      active: false,
      enabled: false,
      detail: 'failed (failed, exit-code)',
    });
  });

  it('the state of a service that systemd restarts again and again is not active', () => {
    const text = state({
      Result: 'exit-code',
      LoadState: 'loaded',
      ActiveState: 'activating',
      SubState: 'auto-restart',
      UnitFileState: 'enabled',
    });
    assert.equal(parseUnitState(text).active, false);
    assert.equal(parseUnitState(text).detail, 'activating (auto-restart, exit-code)');
  });

  it('the state of a service that reads its configuration again runs', () => {
    assert.equal(parseUnitState(state({ LoadState: 'loaded', ActiveState: 'reloading' })).active, true);
  });

  it('the state of a service that is not installed is inactive', () => {
    const text = state({ LoadState: 'not-found', ActiveState: 'inactive', SubState: 'dead', UnitFileState: '' });
    assert.deepEqual(parseUnitState(text), { exists: false, active: false, enabled: false, detail: 'inactive (dead)' });
  });

  it('the state of a service that was switched on for this boot alone is enabled, a static one is not', () => {
    assert.equal(parseUnitState(state({ LoadState: 'loaded', UnitFileState: 'enabled-runtime' })).enabled, true);
    assert.equal(parseUnitState(state({ LoadState: 'loaded', UnitFileState: 'static' })).enabled, false);
  });
});

describe('systemctl that fails', () => {
  it('systemctl that fails is told with its words and the command to look further', async () => {
    const services = systemd(async () => ({ exitCode: 1, stdout: '', stderr: 'Job for kubelet.service failed.\n' }));
    await assert.rejects(services.restart('kubelet.service'), {
      code: 'COMMAND_FAILED',
      what: 'systemctl restart kubelet.service failed with exit code 1',
      why: 'Job for kubelet.service failed.',
      next: 'systemctl status kubelet.service',
    });
  });
});
