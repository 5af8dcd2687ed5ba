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

describe('systemd that has to read unit files again', () => {
  /** Answers as systemctl does, and notes what was called. */
  function called(exitCode: (line: string, earlier: readonly string[]) => number) {
    const lines: string[] = [];
    const services = systemd(async (_, args) => {
      const line = args.join(' ');
      const code = exitCode(line, lines);
      lines.push(line);
      // The answer takes a while: what is called meanwhile would overtake it.
      await new Promise((resolve) => setImmediate(resolve));
      return { exitCode: code, stdout: '', stderr: code === 0 ? '' : 'why' };
    });
    return { services, lines };
  }

  it('a unit whose files were changed since systemd read them is outdated', () => {
    assert.equal(parseUnitState(state({ LoadState: 'loaded', NeedDaemonReload: 'yes' })).outdated, true);
    assert.equal(parseUnitState(state({ LoadState: 'loaded', NeedDaemonReload: 'no' })).outdated, undefined);
    assert.equal(parseUnitState(state({ LoadState: 'not-found' })).outdated, undefined);
  });

  it('a unit says that it tells systemd when it is ready', () => {
    assert.equal(parseUnitState(state({ LoadState: 'loaded', Type: 'notify-reload' })).notifies, true);
    assert.equal(parseUnitState(state({ LoadState: 'loaded', Type: 'exec' })).notifies, undefined);
  });

  // `manager_unit_cache_should_retry_load` in systemd's src/core/manager.c asks for UNIT_NOT_FOUND alone.
  it('a unit that is masked or has a mistake is read again only when it is asked for', () => {
    for (const LoadState of ['masked', 'bad-setting', 'error'])
      assert.equal(parseUnitState(state({ LoadState, NeedDaemonReload: 'no' })).outdated, true, LoadState);
  });

  it('enabling a service for the next boot reads no unit files', async () => {
    const { services, lines } = called(() => 0);
    await services.enable('kubelet.service');
    assert.deepEqual(lines, ['--quiet --no-reload enable kubelet.service']);
  });

  it('a start waits until unit files are read', async () => {
    const order: string[] = [];
    const services = systemd(async (_, args) => {
      await new Promise((resolve) => setTimeout(resolve, args[0] === 'daemon-reload' ? 20 : 0));
      order.push(args.join(' '));
      return { exitCode: 0, stdout: '', stderr: '' };
    });
    void services.reload();
    await services.start('kubelet.service');
    assert.deepEqual(order, ['daemon-reload', 'start kubelet.service']);
  });

  it('a start fails with the reason for which unit files could not be read', async () => {
    const { services } = called((line) => (line === 'daemon-reload' ? 1 : 0));
    services.reload().catch(() => {});
    await assert.rejects(services.start('kubelet.service'), {
      what: 'systemctl daemon-reload failed with exit code 1',
    });
  });

  // systemd 219 to 245 keep a unit that another one names and that did not exist, as missing.
  it('a service that systemd still takes for missing is started after its files were read', async () => {
    const { services, lines } = called((line, earlier) =>
      line.startsWith('start') && !earlier.includes('daemon-reload') ? 5 : 0,
    );
    await services.start('containerd.service');
    assert.deepEqual(lines, ['start containerd.service', 'daemon-reload', 'start containerd.service']);
  });

  it('a service that does not exist is reported', async () => {
    const { services } = called((line) => (line.startsWith('start') ? 5 : 0));
    await assert.rejects(services.start('none.service'), {
      what: 'systemctl start none.service failed with exit code 5',
    });
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
