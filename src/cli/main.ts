import './nameless-user.ts';
import type { Interfaces } from '@oclif/core';
import { wantsJson } from './base-command.ts';
import { toCommandError } from './parse-error.ts';

/** Where oclif finds the commands: in files below `root`, or, in a single executable, in the program itself. */
export type CommandSource = Pick<Interfaces.Options, 'root' | 'plugins'>;

/** Starts the program: finds the command, runs it, and sees to it that every error is shown the same way. */
export async function main(argv: string[], commands: CommandSource): Promise<void> {
  const { run } = await import('@oclif/core');
  try {
    // There are no plug-ins: looking for them warns where the home of another user (sudo) may not be read.
    await run(argv, { ...commands, userPlugins: false });
  } catch (thrown) {
    const error = toCommandError(thrown as Error);
    if (!error) return;
    const { createOutput } = await import('../output/index.ts');
    const output = createOutput({
      mode: wantsJson(argv) ? 'json' : 'text',
      verbose: false,
      command: argv[0] ?? '',
      hosts: [],
      version: '',
    });
    process.exitCode = error.exit;
    await output.result({ ok: false, command: argv[0] ?? '', hosts: [], error });
    await output.close();
  }
}
