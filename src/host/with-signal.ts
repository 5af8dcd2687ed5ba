import { interruptedError } from '../errors/interrupted.ts';
import { abortable } from '../lib/abortable.ts';
import type { Machine } from './machine.ts';

/** What only looks, and may be left alone at any moment. */
const READS = ['readFile', 'stat', 'list', 'sha256', 'sysctl', 'clock'] as const;
/** What is brought to its end once it has begun: it takes no time on this machine. */
const CHANGES = [
  ...(['writeFile', 'copyFile', 'appendFile', 'makeDirectory', 'symlink', 'remove', 'removeTree'] as const),
  ...(['setSysctl', 'lock'] as const),
];

/** {@link Machine.withSignal} for a machine whose files are on this one. */
export function withSignal(machine: Machine, signal: AbortSignal): Machine {
  const error = () => interruptedError(signal, `the work on ${machine.name} was interrupted`);
  const refuse = (): void => {
    if (signal.aborted) throw error();
  };
  const both = (own: AbortSignal | undefined): AbortSignal => (own ? AbortSignal.any([signal, own]) : signal);
  const exec: Machine['exec'] = async (file, args, options) => {
    refuse();
    const result = await machine.exec(file, args, { ...options, signal: both(options?.signal) });
    if (signal.aborted && result.exitCode === -1) throw error();
    return result;
  };
  type Method = (...args: unknown[]) => Promise<unknown>;
  const wrap = (names: readonly (keyof Machine)[], call: (work: Promise<unknown>) => Promise<unknown>) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        async (...args: unknown[]) => {
          refuse();
          return call((machine[name] as Method)(...args));
        },
      ]),
    ) as Partial<Machine>;
  const look = (work: Promise<unknown>): Promise<unknown> =>
    abortable(work, signal).catch((thrown: unknown) => {
      throw thrown === signal.reason ? error() : thrown;
    });
  return {
    ...machine,
    ...wrap(READS, look),
    ...wrap(CHANGES, (work) => work),
    ...machine.through?.(exec),
    exec,
    connect: async (address, options) => {
      refuse();
      return machine.connect(address, { ...options, signal: both(options?.signal) });
    },
    withSignal: (other) => withSignal(machine, AbortSignal.any([signal, other])),
  };
}
