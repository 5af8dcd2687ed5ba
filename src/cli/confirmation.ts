import { answeredNo, confirmationNeeded } from '../errors/confirmation.ts';
import { commandLine } from '../host/quote.ts';
import type { Output } from '../output/index.ts';
import { confirmOnTerminal, hasTerminal } from './prompts.ts';

export interface ConfirmationOptions {
  readonly output: Pick<Output, 'ask'>;
  readonly signal?: AbortSignal;
  /** `--yes`, `--force`, a dry run: no question is asked. */
  readonly yes: boolean;
  /**
   * True for what scripts run on the machine itself, such as a bare `edgeadm reset`: without a terminal it goes ahead.
   * Whatever destroys or interrupts on other machines, or in a cluster or cloud, is not.
   */
  readonly unattended?: boolean;
  /** The words of the command, behind `edgeadm`. */
  readonly argv: readonly string[];
}

/**
 * The one rule for confirmations: `--yes` answers; else the terminal is asked; without one, what is not allowed to run
 * unattended fails.
 * @throws EdgeadmError CONFIRMATION_NEEDED; INTERRUPTED if the answer is no
 */
export async function confirm(question: string, options: ConfirmationOptions): Promise<void> {
  refuseUnanswerable(question, options);
  const ask = options.yes ? undefined : confirmOnTerminal(options.output, options.signal);
  if (ask && !(await ask(question))) throw answeredNo();
}

/** For a command that asks later, on the way: fails before anything is done. @throws EdgeadmError CONFIRMATION_NEEDED */
export function refuseUnanswerable(question: string, { yes, unattended, argv }: ConfirmationOptions): void {
  if (yes || unattended || hasTerminal()) return;
  throw confirmationNeeded(question, `${commandLine(['edgeadm', ...argv])} --yes`);
}
