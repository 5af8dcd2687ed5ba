import './unlisted-user.ts';
import type { Interfaces } from '@oclif/core';
import type { EdgeadmError } from '../errors/index.ts';
import { normalizeArguments } from './argv-aliases.ts';
import { BaseCommand, outputMode } from './base-command.ts';
import { toCommandError, withCommandSuggestion } from './parse-error.ts';
import { ProcessGuard } from './process-guard.ts';
import { refuseTypography } from './typographic-characters.ts';

/** Where oclif finds the commands: in files below `root`, or, in a single executable, in the program itself. */
export type CommandSource = Pick<Interfaces.Options, 'root' | 'plugins'>;

/** Starts the program: finds the command, runs it, shows every error the same way, and ends the process. */
export async function main(words: string[], commands: CommandSource): Promise<never> {
  const argv = normalizeArguments(words);
  const guard = new ProcessGuard((error) => BaseCommand.running?.endWith(error) ?? showError(error, argv));
  guard.install();
  await runCommand(argv, commands);
  return guard.finish();
}

/** Finds a command and runs it; the process continues. */
export async function runCommand(argv: string[], commands: CommandSource): Promise<void> {
  const { run } = await import('@oclif/core');
  const pasted = refuseTypography(argv);
  if (pasted) return showError(pasted, argv);
  if (argv[0] === '--version' && outputMode(argv) !== 'text') return showVersion(argv, commands);
  try {
    // There are no plug-ins: looking for them warns if the home of another user (sudo) may not be read.
    await run(argv, { ...commands, userPlugins: false });
  } catch (thrown) {
    const found = toCommandError(thrown as Error);
    if (!found) return;
    const unknown = found.code === 'USAGE' && !BaseCommand.running;
    await showError(unknown ? await lookUp(found, argv, commands) : found, argv);
  }
}

/** The version in JSON or YAML, with the keys of kubectl. */
async function showVersion(argv: readonly string[], commands: CommandSource): Promise<void> {
  const [{ Config }, { createOutput }] = await Promise.all([import('@oclif/core'), import('../output/index.ts')]);
  const { version } = await Config.load({ ...commands, userPlugins: false });
  const mode = outputMode(argv);
  const output = createOutput({ mode, verbose: false, command: 'version', hosts: [], version });
  const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const clientVersion = { gitVersion: `v${version}`, platform, nodeVersion: process.version };
  await output.result({ ok: true, command: 'version', hosts: [], data: { clientVersion } });
  await output.close();
}

/** Shows the error of a process that runs no command. */
async function showError(error: EdgeadmError, argv: readonly string[]): Promise<void> {
  const { createOutput } = await import('../output/index.ts');
  const [command = ''] = argv;
  const mode = outputMode(argv);
  const output = createOutput({ mode, verbose: false, command, hosts: [], version: '' });
  process.exitCode = error.exit;
  await output.result({ ok: false, command, hosts: [], error });
  await output.close();
}

async function lookUp(error: EdgeadmError, argv: readonly string[], commands: CommandSource): Promise<EdgeadmError> {
  const { Config } = await import('@oclif/core');
  const config = await Config.load({ ...commands, userPlugins: false });
  const shown = config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id);
  const names = new Set([...shown, ...config.topics.map(({ name }) => name)]);
  return withCommandSuggestion(
    error,
    argv,
    [...names].map((name) => name.replaceAll(':', ' ')),
  );
}
