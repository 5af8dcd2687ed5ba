import type { Output } from '../output/index.ts';

/**
 * Asks yes or no on the terminal, until `signal` is aborted; undefined where there is none: nobody is asked who cannot
 * answer.
 */
export function confirmOnTerminal(
  output: Output,
  signal?: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!process.stdin.isTTY) return undefined;
  return (message) =>
    output.ask(async () => {
      const { confirm } = await import('@inquirer/prompts');
      return confirm({ message, default: false }, { signal });
    });
}

/** Asks for a password on the terminal, without showing it; undefined where there is none. */
export async function secretOnTerminal(message: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const { password } = await import('@inquirer/prompts');
  return password({ message });
}
