import { EdgeadmError } from '../errors/index.ts';
import type { Machine, ServiceManager, UnitState } from './machine.ts';

/**
 * systemd through systemctl, in the words that version 219 (CentOS 7) already knows: `show --value` came later,
 * so properties are read as `Name=value`.
 */
export function systemd(exec: Machine['exec']): ServiceManager {
  const ask = async (file: string, args: readonly string[]): Promise<string> =>
    (await exec(file, args, { repeatable: true })).stdout;
  // All of these may be done twice; a second restart costs a moment and nothing else.
  const systemctl = async (args: readonly string[], again?: () => Promise<void>): Promise<void> => {
    const result = await exec('systemctl', args, { repeatable: true });
    if (result.exitCode === 0) return;
    if (MISSING.includes(result.exitCode) && again) return again();
    throw new EdgeadmError({
      code: 'COMMAND_FAILED',
      what: `systemctl ${args.join(' ')} failed with exit code ${result.exitCode}`,
      why: (result.stderr || result.stdout).trim(),
      next: `systemctl status ${args.at(-1) ?? ''}`.trim(),
    });
  };
  let reloading = Promise.resolve();
  const reload = (): Promise<void> => {
    reloading = systemctl(['daemon-reload']);
    // A caller need not wait for it: the next service that is started does, and fails with it.
    reloading.catch(() => {});
    return reloading;
  };
  // Up to systemd 245, a unit that was missing when another named it stays missing until unit files are read again.
  const act = async (verb: string, unit: string): Promise<void> => {
    await reloading;
    await systemctl([verb, unit], () => reload().then(() => systemctl([verb, unit])));
  };
  return {
    state: async (unit) => {
      await reloading.catch(() => {});
      return parseUnitState(await ask('systemctl', showUnits([unit])));
    },
    enable: (unit) => systemctl(['--quiet', '--no-reload', 'enable', unit]),
    disable: (unit) => systemctl(['--quiet', 'disable', unit]),
    start: (unit) => act('start', unit),
    stop: (unit) => systemctl(['stop', unit]),
    restart: (unit) => act('restart', unit),
    reload,
    log: async (unit, lines, since) => {
      const from = since === undefined || Number.isNaN(since) ? [] : ['--since', `@${Math.floor(since / 1000)}`];
      const args = ['--unit', unit, ...from, '--lines', String(lines), '--output', 'cat', '--no-pager'];
      return (await ask('journalctl', args)).replace(/^-- No entries --\n/, '');
    },
  };
}

/** What `systemctl start` and `restart` exit with for a unit that they do not find; 6 in old versions of systemd. */
const MISSING = [5, 6];
const PROPERTIES = 'LoadState,ActiveState,SubState,UnitFileState,Result,NeedDaemonReload,Type';

/** Arguments of systemctl for what {@link parseUnitState} reads; it leaves an empty line between two units. */
export function showUnits(units: readonly string[]): string[] {
  return ['show', ...units, `--property=${PROPERTIES}`];
}

/** Reads what `systemctl show` prints for a unit. */
export function parseUnitState(text: string): UnitState {
  const property = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const active = property.get('ActiveState') ?? 'unknown';
  const result = property.get('Result') ?? 'success';
  return {
    exists: property.get('LoadState') === 'loaded',
    ...(property.get('LoadState') === 'masked' && { masked: true }),
    ...(isOutdated(property) && { outdated: true }),
    ...(property.get('Type')?.startsWith('notify') && { notifies: true }),
    active: active === 'active' || active === 'reloading',
    enabled: property.get('UnitFileState')?.startsWith('enabled') ?? false,
    detail: `${active} (${property.get('SubState') ?? ''}${result === 'success' ? '' : `, ${result}`})`,
  };
}

/** systemd looks again by itself at a unit that was missing, and not at one that was masked or had a mistake. */
function isOutdated(property: ReadonlyMap<string, string>): boolean {
  const unusable = !['loaded', 'not-found'].includes(property.get('LoadState') ?? 'loaded');
  return unusable || property.get('NeedDaemonReload') === 'yes';
}
