import { EdgeadmError } from './index.ts';

/** The error for what an aborted signal ended: the signal's own reason if that is an error of ours, else INTERRUPTED. */
export function interruptedError({ reason }: AbortSignal, what: string): EdgeadmError {
  if (reason instanceof EdgeadmError) return reason;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new EdgeadmError({ code: 'INTERRUPTED', what, why, cause: reason });
}
