import { EdgeadmError } from '../errors/index.ts';
import { interruptedError } from '../errors/interrupted.ts';
import { atQuestion } from '../lib/stopwatch.ts';
import type { Output } from '../output/index.ts';
import { wrap } from '../output/width.ts';
import { stopCommand } from './signals.ts';

export interface PromptOptions {
  /** Steps aside while the question is on the terminal. */
  readonly output?: Pick<Output, 'ask'>;
  /** Ends the question. */
  readonly signal?: AbortSignal;
}

/** What inquirer puts around a question: its mark, and the hint with the answer. Columns. */
const MARK = 2;
const HINT = ' (y/N) yes'.length;

/** True if a person sees a question and can answer it. */
export function hasTerminal(): boolean {
  return Boolean(process.stdin.isTTY && (process.stderr.isTTY || process.stdout.isTTY));
}

/** Questions are no results: with `edgeadm ... > FILE` they are on the terminal. */
const promptScreen = (): NodeJS.WriteStream => (process.stderr.isTTY ? process.stderr : process.stdout);

/** A question in lines of whole words: inquirer breaks them. @param rest columns of what follows in its last line */
export function foldQuestion(question: string, rest: number, columns = promptScreen().columns || 80): string {
  const folded = wrap(`${question}${'_'.repeat(rest)}`, columns - MARK);
  return folded.slice(0, folded.length - rest);
}

/** Asks yes or no on the terminal; undefined if there is none to answer on. */
export function confirmOnTerminal(
  output: Pick<Output, 'ask'>,
  signal?: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!hasTerminal()) return undefined;
  return (question) =>
    onTerminal({ output, signal }, async (context) => {
      const { confirm } = await import('@inquirer/prompts');
      return confirm({ message: foldQuestion(question, HINT), default: false }, context);
    });
}

/** Asks for a password on the terminal, without showing it; undefined if there is none. */
export async function secretOnTerminal(message: string, options: PromptOptions = {}): Promise<string | undefined> {
  if (!hasTerminal()) return undefined;
  return onTerminal(options, async (context) => {
    const { password } = await import('@inquirer/prompts');
    return password({ message: foldQuestion(message, 0) }, context);
  });
}

/** Where a prompt is shown, and what ends it. */
interface PromptContext {
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Shows one of inquirer's prompts. Several hosts may have a question at once, and there is one terminal. Ctrl-C, Ctrl-D
 * and the end of the input interrupt the command.
 * @param ask starts the prompt with the context it is given
 * @throws EdgeadmError INTERRUPTED
 */
export function onTerminal<T>(
  { output, signal }: PromptOptions,
  ask: (context: PromptContext) => Promise<T>,
): Promise<T> {
  const before = last;
  const mine = atQuestion(async () => {
    await before;
    if (signal?.aborted) throw interruptedError(signal, 'interrupted before a prompt');
    const input = endOfInput();
    const ended = signal ? AbortSignal.any([signal, input.ended]) : input.ended;
    const prompt = (): Promise<T> => ask({ signal: ended, output: promptScreen() });
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
