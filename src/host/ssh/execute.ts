import { type ProgramOutcome, type RunningProgram, type SuperviseOptions, supervise } from '../supervise.ts';
import { ChannelEnded } from './errors.ts';
import type { Link } from './link.ts';
import { startProgram } from './program.ts';
import type { Sudo } from './sudo.ts';

export type { ProgramOutcome } from '../supervise.ts';

export interface ExecuteOptions extends SuperviseOptions {
  readonly sudo?: Sudo;
}

/**
 * Runs a program on the host to its end, with what it reads and what it prints.
 * @throws EdgeadmError SUDO_FAILED, COMMAND_FAILED if it could not even be started; the error of a stream of input;
 *   the reason of the signal where it was aborted before the program ran
 */
export function execute(link: Link, words: readonly string[], options: ExecuteOptions = {}): Promise<ProgramOutcome> {
  const { sudo, ...limits } = options;
  return inTurn(link, () => startProgram(link, words, { sudo, signal: limits.signal }), limits);
}

/** Runs what `start` starts to its end, in its turn. */
export async function inTurn(
  link: Link,
  start: () => Promise<RunningProgram>,
  limits: SuperviseOptions,
): Promise<ProgramOutcome> {
  const over = await link.turn(limits.signal);
  try {
    limits.signal?.throwIfAborted();
    const outcome = await supervise(await start(), { pauses: link.limits.pauses, ...limits });
    const { code, signal } = outcome.ending;
    if (code === undefined && signal === undefined && !outcome.stopped) {
      throw new ChannelEnded('the server closed the channel of the program');
    }
    return outcome;
  } finally {
    over();
  }
}
