import { EdgeadmError } from '../errors/index.ts';
import type { CommandResult, ServiceManager, UnitState } from './machine.ts';

type Exec = (file: string, args: readonly string[]) => Promise<CommandResult>;

/**
 * systemd through systemctl, in the words that version 219 (CentOS 7) already knows: `show --value` came later,
 * so properties are read as `Name=value`.
 */
export function systemd(exec: Exec): ServiceManager {
  const systemctl = async (...args: string[]): Promise<void> => {
    const result = await exec('systemctl', args);
    if (result.exitCode === 0) return;
    throw new EdgeadmError({
      code: 'COMMAND_FAILED',
      what: `systemctl ${args.join(' ')} failed with exit code ${result.exitCode}`,
      why: (result.stderr || result.stdout).trim(),
      next: `systemctl status ${args.at(-1) ?? ''}`.trim(),
    });
  };
  return {
    state: async (unit) => parseUnitState((await exec('systemctl', ['show', unit, `--property=${PROPERTIES}`])).stdout),
    enable: (unit) => systemctl('--quiet', 'enable', unit),
    disable: (unit) => systemctl('--quiet', 'disable', unit),
    start: (unit) => systemctl('start', unit),
    stop: (unit) => systemctl('stop', unit),
    restart: (unit) => systemctl('restart', unit),
    reload: () => systemctl('daemon-reload'),
    log: async (unit, lines) =>
      (await exec('journalctl', ['--unit', unit, '--lines', String(lines), '--output', 'cat', '--no-pager'])).stdout,
  };
}

const PROPERTIES = 'LoadState,ActiveState,SubState,UnitFileState,Result';

/** Reads what `systemctl show` prints for {@link PROPERTIES}. */
export function parseUnitState(text: string): UnitState {
  const property = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const active = property.get('ActiveState') ?? 'unknown';
  const result = property.get('Result') ?? 'success';
  return {
    exists: property.get('LoadState') === 'loaded',
    active: active === 'active' || active === 'reloading',
    enabled: property.get('UnitFileState')?.startsWith('enabled') ?? false,
    detail: `${active} (${property.get('SubState') ?? ''}${result === 'success' ? '' : `, ${result}`})`,
  };
}
