import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError } from '../../errors/index.ts';
import type { Machine, ProgramResult, ServiceManager, UnitState } from '../machine.ts';
import { serviceLog } from './log.ts';
import { numberIn, readKey } from './registry.ts';

/** Error codes of Windows, which sc.exe ends with. Source: winerror.h */
const CODE = { absent: 1060, running: 1056, stopped: 1062, markedForDeletion: 1072, busy: 1061 } as const;
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
  readonly files: Pick<Machine, 'readFile' | 'list'>;
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
    if (result.exitCode !== CODE.running) requireSuccess(['start', service], result);
    await reach(service, STATE.running, START_LIMIT_MS);
  };
  const stop = async (service: string): Promise<void> => {
    const result = await sc('stop', service);
    const over: readonly number[] = [CODE.stopped, CODE.absent, CODE.busy];
    if (!over.includes(result.exitCode)) requireSuccess(['stop', service], result);
    await reach(service, STATE.stopped, STOP_LIMIT_MS);
  };
  const config = async (unit: string, type: 'auto' | 'demand'): Promise<void> => {
    const args = ['config', serviceOf(unit), 'start=', type];
    requireSuccess(args, await sc(...args));
  };
  return {
    state: async (unit) => {
      const service = serviceOf(unit);
      const result = await sc('query', service);
      if (result.exitCode === CODE.absent) return NOWHERE;
      requireSuccess(['query', service], result);
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
export function serviceOf(unit: string): string {
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

/** @throws EdgeadmError COMMAND_FAILED with the number, which says more than words in another language */
export function requireSuccess(args: readonly string[], { exitCode, stdout, stderr }: ProgramResult): void {
  if (exitCode === 0) return;
  const [verb, service = ''] = args;
  throw new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `sc.exe ${verb} ${service} failed with exit code ${exitCode}`,
    why: (stderr || stdout).trim() || MEANINGS.get(exitCode),
    next:
      exitCode === CODE.markedForDeletion
        ? 'close services.msc and every other view of the service'
        : `sc.exe queryex ${service}`,
  });
}

const MEANINGS = new Map([
  [5, 'access is denied'],
  [1053, 'the service did not answer in time'],
  [1058, 'the service is disabled'],
  [1060, 'there is no such service'],
  [1068, 'a service that it needs did not start'],
  [1069, 'its account cannot log on'],
  [1072, 'it is marked for deletion: another program still looks at it'],
]);
