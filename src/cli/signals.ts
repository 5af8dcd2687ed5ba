import { EdgeadmError } from '../errors/index.ts';
import { formatDuration } from '../lib/duration.ts';

/** A signal that aborts on Ctrl-C, SIGTERM, SIGHUP and when the command's time is over. A second Ctrl-C ends at once. */
export function commandSignal(timeoutMs: number | undefined): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error(`interrupted by ${name}`));
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, interrupt);
  const timer = timeoutMs && setTimeout(() => controller.abort(timeUp(timeoutMs)), timeoutMs);
  return {
    signal: controller.signal,
    done: () => {
      if (timer) clearTimeout(timer);
      for (const name of names) process.off(name, interrupt);
    },
  };
}

/** The error for what such a signal has ended: that of its time limit, else INTERRUPTED. */
export function interruption({ reason }: AbortSignal, what: string): EdgeadmError {
  if (reason instanceof EdgeadmError) return reason;
  return new EdgeadmError({ code: 'INTERRUPTED', what, why: (reason as Error).message, cause: reason });
}

function timeUp(timeoutMs: number): EdgeadmError {
  return new EdgeadmError({
    code: 'TIMEOUT',
    what: `the command did not end within ${formatDuration(timeoutMs)}`,
    why: 'the phase named above was not finished',
    next: 'run the same command again, with a longer --timeout where the node is only slow',
  });
}
