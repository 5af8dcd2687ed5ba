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
    onTerminal({ output, signal }, async (ended) => {
      const { confirm } = await import('@inquirer/prompts');
      return confirm({ message, default: false }, { signal: ended });
    });
}

/** Asks for a password on the terminal, without showing it; undefined if there is none. */
export async function secretOnTerminal(message: string, options: PromptOptions = {}): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  return onTerminal(options, async (ended) => {
    const { password } = await import('@inquirer/prompts');
    return password({ message }, { signal: ended });
  });
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Shows one of inquirer's prompts. Several hosts may have a question at once, and there is one terminal. Ctrl-C, Ctrl-D
 * and the end of the input interrupt the command.
 * @param ask starts the prompt, which `ended` ends
 * @throws EdgeadmError INTERRUPTED
 */
export function onTerminal<T>({ output, signal }: PromptOptions, ask: (ended: AbortSignal) => Promise<T>): Promise<T> {
  const before = last;
  const mine = atQuestion(async () => {
    await before;
    if (signal?.aborted) throw interruptedError(signal, 'interrupted before a prompt');
    const input = endOfInput();
    const prompt = (): Promise<T> => ask(signal ? AbortSignal.any([signal, input.ended]) : input.ended);
    try {
      return await (output ? output.ask(prompt) : prompt());
    } catch (error) {
      if (signal?.aborted) throw interruptedError(signal, 'interrupted at a prompt');
      if (input.ended.aborted) throw stopped('the input ended at a prompt', error);
      // Inquirer takes the terminal over, so the process never sees this Ctrl-C as a signal.
      throw (error as Error).name === 'ExitPromptError' ? stopped('interrupted by Ctrl-C at a prompt', error) : error;
    } finally {
      input.ignore();
    }
  });
  last = mine.catch(() => {});
  return mine;
}

function stopped(why: string, cause: unknown): EdgeadmError {
  stopCommand(new Error(why), 'interruptedMs');
  return new EdgeadmError({ code: 'INTERRUPTED', what: 'interrupted at a prompt', why, cause });
}

/** Inquirer would wait forever for an input that has ended; in raw mode Ctrl-D is a key. */
function endOfInput(): { readonly ended: AbortSignal; ignore(): void } {
  const end = new AbortController();
  const onEnd = (): void => end.abort();
  const onKey = (_text: unknown, key: { ctrl?: boolean; name?: string } | undefined): void => {
    if (key?.ctrl && key.name === 'd') end.abort();
  };
  process.stdin.once('end', onEnd).on('keypress', onKey);
  return {
    ended: end.signal,
    ignore: () => {
      process.stdin.off('end', onEnd).off('keypress', onKey);
    },
  };
}
