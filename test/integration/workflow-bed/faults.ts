import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Address, Machine, MachineObjects, ServiceManager } from '../../../src/host/machine.ts';

/** What changes a machine, by the name of the method that does it. */
const CHANGES = new Set([
  'writeFile',
  'copyFile',
  'appendFile',
  'makeDirectory',
  'symlink',
  'remove',
  'removeTree',
  'setSysctl',
  'enable',
  'disable',
  'start',
  'stop',
  'restart',
  // Of objects.
  'write',
]);

/** One call of a {@link Machine}. */
export interface Call {
  /** `writeFile`, `start`. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** How many calls have changed the machine before this one; undefined for one that changes nothing. */
  readonly change?: number;
}

/** What goes wrong on a machine; a test sets it, and takes it back. */
export interface Faults {
  /** Called before each call; what it throws is what the call ends with. */
  before?: (call: Call) => void;
  /** Where connections go instead. */
  dial?: (address: Address) => Address;
}

/** The same machine with faults in between. */
export function withFaults(machine: Machine, faults: Faults): Machine {
  let changes = 0;
  const intercept = <T extends Machine | ServiceManager | MachineObjects>(target: T): T =>
    new Proxy(target, {
      get(_, name): unknown {
        const value: unknown = Reflect.get(target, name);
        const method = String(name);
        if (name === 'services') return services;
        if (name === 'objects') return objects;
        // A lock ends with the process that holds it, however that ends.
        if (typeof value !== 'function' || ['close', 'lock', 'nativePath'].includes(method)) return value;
        return async (...args: unknown[]) => {
          faults.before?.({ method, args, change: CHANGES.has(method) ? changes++ : undefined });
          if (method === 'connect') args[0] = faults.dial?.(args[0] as Address) ?? args[0];
          return value(...args);
        };
      },
    });
  const services = intercept(machine.services);
  const objects = machine.objects && intercept(machine.objects);
  return intercept(machine);
}

/** Makes the call that a test chooses, and no other, end with an error. */
export function failOnce(isIt: (call: Call) => boolean, error = broken()): NonNullable<Faults['before']> {
  let done = false;
  return (call) => {
    if (done || !isIt(call)) return;
    done = true;
    throw error;
  };
}

/** What a disk says that has gone bad. */
function broken(): EdgeadmError {
  return new EdgeadmError({ code: 'WRITE_FAILED', what: 'the disk failed', why: 'EIO: i/o error' });
}

/**
 * Ends a run as a kill does: from the change of that number on nothing reaches the machine any more, neither what the
 * run itself does nor what would tidy up behind it.
 * @returns the signal for the run, so that it waits for nothing
 */
export function killAt(faults: Faults, change: number): AbortSignal {
  const controller = new AbortController();
  let dead = false;
  faults.before = (call) => {
    dead ||= call.change === change;
    if (!dead) return;
    controller.abort(new Error('killed'));
    throw new EdgeadmError({ code: 'INTERRUPTED', what: 'the process is dead', why: 'killed' });
  };
  return controller.signal;
}

/** Counts the changes of a run. */
export async function changesOf(faults: Faults, run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  faults.before = ({ change }) => {
    if (change !== undefined) count = change + 1;
  };
  await run();
  faults.before = undefined;
  return count;
}

/** Some of the changes of a run, spread over it; all of them with EDGEADM_TEST_EVERY_CHANGE=1. */
export function pointsOf(changes: number, some = 6): number[] {
  const step = process.env.EDGEADM_TEST_EVERY_CHANGE ? 1 : Math.max(1, Math.ceil(changes / some));
  return Array.from({ length: Math.ceil(changes / step) }, (_, index) => index * step);
}
