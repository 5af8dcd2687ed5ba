import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import type { Machine, ProgramResult, ServiceManager, UnitState } from '../machine.ts';
import { type ServiceLogFiles, serviceLog } from './log.ts';
import { requireExit } from './object-store.ts';
import { numberIn, readKey } from './registry.ts';

/** Error codes of Windows, which sc.exe ends with. Source: winerror.h */
const CODE = { absent: 1060, running: 1056, stopped: 1062, busy: 1061, pipeEnded: 109 } as const;
/** States of a service, by number. Source: winsvc.h */
const STATE = { stopped: 1, startPending: 2, stopPending: 3, running: 4 } as const;
const STATE_NAMES = ['', 'stopped', 'starting', 'stopping', 'running', 'continuing', 'pausing', 'paused'];
/** How a service starts, as the registry has it. Source: winnt.h */
export const START = { automatic: 2, manual: 3, disabled: 4 } as const;

const STOP_LIMIT_MS = 60_000;
const START_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 250;

export interface ServiceParts {
  readonly exec: Machine['exec'];
  readonly files: ServiceLogFiles;
  /** Milliseconds between two looks at a service that starts or stops; default 250. */
  readonly everyMs?: number;
}

export function registryKeyOf(service: string): string {
  return `HKLM\\SYSTEM\\CurrentControlSet\\Services\\${service}`;
}

/** The service control manager through sc.exe, judged by exit codes and numbers. A unit is a service of its name. */
export function serviceManager({ exec, files, everyMs = LOOK_EVERY_MS }: ServiceParts): ServiceManager {
  const sc = (...args: string[]) => exec('sc.exe', args, { repeatable: true });
  const reach = async (service: string, wanted: number, limitMs: number): Promise<void> => {
    const limit = performance.now() + limitMs;
    for (;;) {
      const { code, exitCode } = stateIn(await sc('query', service));
      if (code === wanted || code === undefined) return;
      const ended = wanted === STATE.running && code === STATE.stopped;
      if (ended || performance.now() > limit) throw notReached(service, wanted, { code, exitCode });
      await delay(everyMs);
    }
  };
  const start = async (service: string): Promise<void> => {
    const result = await sc('start', service);
    requireExit(`sc.exe start ${service}`, result, [CODE.running]);
    await reach(service, STATE.running, START_LIMIT_MS);
  };
  const stop = async (service: string): Promise<void> => {
    const result = await sc('stop', service);
    // A service that ends by itself meanwhile closes the pipe to its manager.
    requireExit(`sc.exe stop ${service}`, result, [CODE.stopped, CODE.absent, CODE.busy, CODE.pipeEnded]);
    await reach(service, STATE.stopped, STOP_LIMIT_MS);
  };
  const config = async (unit: string, type: 'auto' | 'demand'): Promise<void> => {
    const args = ['config', serviceOf(unit), 'start=', type];
    requireExit(`sc.exe config ${args[1]}`, await sc(...args));
  };
  return {
    state: async (unit) => {
      const service = serviceOf(unit);
      const result = await sc('query', service);
      if (result.exitCode === CODE.absent) return NOWHERE;
      requireExit(`sc.exe query ${service}`, result);
      return unitState(stateIn(result), numberIn(await readKey(exec, registryKeyOf(service)), 'Start'));
    },
    enable: (unit) => config(unit, 'auto'),
    disable: (unit) => config(unit, 'demand'),
    start: (unit) => start(serviceOf(unit)),
    stop: (unit) => stop(serviceOf(unit)),
    restart: async (unit) => {
      await stop(serviceOf(unit));
      await start(serviceOf(unit));
    },
    reload: async () => {},
    log: (unit, lines, since) => serviceLog({ exec, files }, { service: serviceOf(unit), lines, since }),
  };
}

const NOWHERE: UnitState = { exists: false, active: false, enabled: false, detail: 'not installed' };

/** Units are named as on Linux, `kubelet.service`. */
function serviceOf(unit: string): string {
  return unit.replace(/\.service$/, '');
}

interface ServiceState {
  /** undefined if there is no such service. */
  readonly code?: number;
  readonly exitCode?: number;
  readonly specificCode?: number;
}

/**
 * Reads `sc query`: its labels may be translated, so that the numbers count, in their order: type, state, exit code of
 * Win32, that of the service.
 */
export function stateIn({ exitCode, stdout }: Pick<ProgramResult, 'exitCode' | 'stdout'>): ServiceState {
  if (exitCode !== 0) return {};
  const [, state, win32, specific] = [...stdout.matchAll(/^ +[^:\n]+: (?:0x)?([0-9a-f]+)\b/gim)].map(
    ([, text]) => text,
  );
  return { code: Number(state), exitCode: Number(win32), specificCode: Number(specific) };
}

function unitState({ code = 0, exitCode = 0 }: ServiceState, start: number | undefined): UnitState {
  const ended = code === STATE.stopped && exitCode !== 0 && exitCode !== NEVER_STARTED ? `, exit code ${exitCode}` : '';
  return {
    exists: true,
    ...(start === START.disabled && { masked: true }),
    active: code === STATE.running,
    enabled: start === START.automatic,
    detail: `${STATE_NAMES[code] ?? `state ${code}`}${ended}`,
  };
}

const NEVER_STARTED = 1077;

function notReached(service: string, wanted: number, { code = 0, exitCode }: ServiceState): EdgeadmError {
  return new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `the service ${service} is not ${STATE_NAMES[wanted]}`,
    why: `it is ${STATE_NAMES[code] ?? `in state ${code}`}, exit code ${exitCode}`,
    next: `sc.exe queryex ${service}`,
  });
}
