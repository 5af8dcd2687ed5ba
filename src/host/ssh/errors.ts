import { EdgeadmError } from '../../errors/index.ts';

/** The connection is gone; the caller decides whether to repeat the step on a new one. */
export class ConnectionLost extends Error {
  /** False if nothing can have been sent on it any more. */
  readonly sent: boolean;

  constructor(message: string, sent = true) {
    super(message);
    this.sent = sent;
  }
}

/**
 * A channel ended before it had answered. ssh2 reports that a moment before it reports the lost connection that may be
 * the cause.
 */
export class ChannelEnded extends Error {}

export function unreachable(name: string, why: string, next?: string): EdgeadmError {
  return new EdgeadmError({ code: 'HOST_UNREACHABLE', what: `cannot reach ${name} over SSH`, why, next });
}
