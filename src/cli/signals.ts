import { EdgeadmError } from '../errors/index.ts';
import { interruptedError } from '../errors/interrupted.ts';
import { formatDuration } from '../lib/duration.ts';

/** How long a command may take to end after a signal; milliseconds. */
export interface EndingLimits {
  /** After Ctrl-C, SIGTERM or SIGHUP. With what the output takes it stays below two seconds. */
  readonly interruptedMs?: number;
  /** After its time limit or a failure of the program itself: for a roll-back. */
  readonly cleanUpMs?: number;
}

const ENDING_MS = 1500;
/** Milliseconds between the end of all waiting and the end of the process, for the result. */
const RESULT_MS = 300;
/** The maximum of Node's timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How a command learns that it has to end. */
export interface CommandSignal {
  /** Aborts on Ctrl-C, SIGTERM, SIGHUP, and when the command's time is over: begin nothing, tidy up, end. */
  readonly signal: AbortSignal;
  /** Aborts, for the same reason, when the time for tidying up is over as well: wait for nothing any more. */
  readonly over: AbortSignal;
  /** The command has ended. */
  done(): void;
}

type Stop = (reason: Error, kind: keyof EndingLimits) => void;

const running = new Set<Stop>();
let onOverdue: (error: EdgeadmError) => void = () => {};

/** Makes the signal of a command; the process guard aborts it. @param timeoutMs milliseconds; undefined: no limit */
export function commandSignal(timeoutMs: number | undefined, limits: EndingLimits = {}): CommandSignal {
  const [stopping, over] = [new AbortController(), new AbortController()];
  let ending: NodeJS.Timeout | undefined;
  const end = (): void => {
    over.abort(stopping.signal.reason);
    ending = setTimeout(() => onOverdue(interruptedError(over.signal, 'interrupted')), RESULT_MS);
  };
  const stop: Stop = (reason, kind) => {
    if (over.signal.aborted || (stopping.signal.aborted && kind === 'cleanUpMs')) return;
    stopping.abort(reason);
    clearTimeout(ending);
    // It keeps the process alive: something may never settle, and then nothing else does.
    ending = setTimeout(end, limits[kind] ?? ENDING_MS);
  };
  running.add(stop);
  const timer =
    timeoutMs && setTimeout(() => stop(timeUp(timeoutMs), 'cleanUpMs'), Math.min(timeoutMs, LONGEST_TIMER_MS)).unref();
  return {
    signal: stopping.signal,
    over: over.signal,
    done: () => {
      if (timer) clearTimeout(timer);
      clearTimeout(ending);
      running.delete(stop);
    },
  };
}

/** Aborts the signal of the command. @returns false if no command has one */
export function stopCommand(reason: Error, kind: keyof EndingLimits): boolean {
  for (const stop of [...running]) stop(reason, kind);
  return running.size > 0;
}

/** Has `action` called for a command that does not end although its signal is over. */
export function setOverdueHandler(action: (error: EdgeadmError) => void): void {
  onOverdue = action;
}

/** Rejects as soon as `over` is aborted, whatever the work still waits for. @throws {@link interruptedError} */
export async function until<T>(over: AbortSignal, work: Promise<T>, what: string): Promise<T> {
  let leave = (): void => {};
  const ended = new Promise<never>((_, reject) => {
    leave = () => reject(leftBehind(over, what));
    over.addEventListener('abort', leave, { once: true });
    if (over.aborted) leave();
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    over.removeEventListener('abort', leave);
  }
}

/**
 * Runs the work of a command that has nothing to tidy up on a node: one that talks to a cluster or to the cloud.
 * @throws EdgeadmError INTERRUPTED if a signal has ended it
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, over, done } = commandSignal(undefined);
  try {
    return await until(over, work(signal), 'the command');
  } catch (error) {
    const told = error instanceof EdgeadmError && error.code === 'INTERRUPTED';
    throw signal.aborted && !told ? interruptedError(signal, 'the command was interrupted') : error;
  } finally {
    done();
  }
}

function leftBehind(over: AbortSignal, what: string): EdgeadmError {
  const error = interruptedError(over, `interrupted: ${what} did not stop`);
  return new EdgeadmError({
    ...error.toJSON(),
    why: `${error.why}\n${what} did not stop, and was abandoned`,
    cause: error,
  });
}

function timeUp(timeoutMs: number): EdgeadmError {
  return new EdgeadmError({
    code: 'TIMEOUT',
    what: `the command did not end within its time limit of ${formatDuration(timeoutMs)}`,
    next: 'run the same command again with a longer --timeout',
  });
}
