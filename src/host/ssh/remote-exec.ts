import { interruptedError } from '../../errors/interrupted.ts';
import type { Machine } from '../machine.ts';
import type { ProgramOutcome, SuperviseOptions } from '../supervise.ts';
import type { Link } from './link.ts';
import type { Session } from './session.ts';

/** Runs a program on a connection to its end. */
type Run = (link: Link, words: readonly string[], options: SuperviseOptions) => Promise<ProgramOutcome>;

/** Programs of a host, each on whichever connection there is. */
export function remoteExec(session: Session, run: Run, signal?: AbortSignal): Machine['exec'] {
  return async (file, args, options = {}) => {
    const { repeatable = false, ...rest } = options;
    const step = { what: `running ${[file, ...args].join(' ')}`, repeatable, signal };
    const own = either(signal, rest.signal);
    const running = session.use(step, (link) => run(link, [file, ...args], { ...rest, signal: own }));
    const outcome = await running.catch((error: unknown) => {
      if (error !== rest.signal?.reason) throw error;
      return INTERRUPTED;
    });
    // It was stopped, which is not an answer for who wanted to know how it ends.
    if (signal?.aborted && outcome.stopped) throw interruptedError(signal, `interrupted while ${step.what}`);
    const { exitCode, stdout, stderr, timedOut } = outcome;
    return { exitCode, stdout: stdout.toString('utf8'), stderr, timedOut };
  };
}

/** What a program answers that was interrupted before it ran. */
const INTERRUPTED = { exitCode: -1, stdout: Buffer.alloc(0), stderr: 'interrupted', timedOut: false, stopped: true };

export function either(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other);
}
