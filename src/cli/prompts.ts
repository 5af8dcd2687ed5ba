import { EdgeadmError } from '../errors/index.ts';
import { interruptedError } from '../errors/interrupted.ts';
import { atQuestion } from '../lib/stopwatch.ts';
import type { Output } from '../output/index.ts';
import { stopCommand } from './signals.ts';

export interface PromptOptions {
  /** Steps aside while the question is on the terminal. */
  readonly output?: Pick<Output, 'ask'>;
  /** Ends the question. */
  readonly signal?: AbortSignal;
}

/** Asks yes or no on the terminal; undefined if there is none to answer on. */
export function confirmOnTerminal(
  output: Pick<Output, 'ask'>,
  signal?: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!process.stdin.isTTY) return undefined;
  return (message) =>
    oneAtATime({ output, signal }, async () => {
      const { confirm } = await import('@inquirer/prompts');
      return confirm({ message, default: false }, { signal });
    });
}

/** Asks for a password on the terminal, without showing it; undefined if there is none. */
export async function secretOnTerminal(message: string, options: PromptOptions = {}): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  return oneAtATime(options, async () => {
    const { password } = await import('@inquirer/prompts');
    return password({ message }, { signal: options.signal });
  });
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Several hosts may have a question at once, and there is one terminal. Ctrl-C at one of them interrupts the command.
 * @throws EdgeadmError INTERRUPTED
 */
function oneAtATime<T>({ output, signal }: PromptOptions, prompt: () => Promise<T>): Promise<T> {
  const before = last;
  const mine = atQuestion(async () => {
    await before;
    if (signal?.aborted) throw interruptedError(signal, 'interrupted before a prompt');
    try {
      return await (output ? output.ask(prompt) : prompt());
    } catch (error) {
      throw endedQuestion(error as Error, signal);
    }
  });
  last = mine.catch(() => {});
  return mine;
}

/** Inquirer takes the terminal over, so the process never sees this Ctrl-C as a signal. */
function endedQuestion(error: Error, signal: AbortSignal | undefined): Error {
  if (error.name === 'AbortPromptError' && signal) return interruptedError(signal, 'interrupted at a prompt');
  if (error.name !== 'ExitPromptError') return error;
  const why = 'interrupted by Ctrl-C at a prompt';
  stopCommand(new Error(why), 'interruptedMs');
  return new EdgeadmError({ code: 'INTERRUPTED', what: 'interrupted at a prompt', why, cause: error });
}
