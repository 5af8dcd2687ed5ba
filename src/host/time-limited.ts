import type { Machine, ProgramResult } from './machine.ts';

/** A machine on which no program runs for long. */
export interface TimeLimitedMachine {
  readonly machine: Machine;
  /** Fulfilled when none of its programs runs any more. */
  readonly idle: () => Promise<unknown>;
}

/**
 * The same machine, on which no program runs longer than a limit, those of its service manager among them: on a node
 * that is broken any of them may hang.
 * @param signal ends them all
 */
export function withTimeLimit(machine: Machine, timeoutMs: number, signal: AbortSignal): TimeLimitedMachine {
  if (!machine.runsPrograms) return { machine, idle: () => Promise.resolve() };
  const running = new Set<Promise<ProgramResult>>();
  const exec: Machine['exec'] = (file, args, options) => {
    const both = options?.signal ? AbortSignal.any([signal, options.signal]) : signal;
    const limitMs = Math.min(timeoutMs, options?.timeoutMs ?? timeoutMs);
    const result = machine.exec(file, args, { ...options, timeoutMs: limitMs, signal: both });
    running.add(result);
    const end = (): boolean => running.delete(result);
    result.then(end, end);
    return result;
  };
  return {
    machine: {
      ...machine,
      exec,
      ...machine.through?.(exec),
      withSignal: (other) => withTimeLimit(machine.withSignal(other), timeoutMs, signal).machine,
    },
    idle: () => Promise.allSettled(running),
  };
}
