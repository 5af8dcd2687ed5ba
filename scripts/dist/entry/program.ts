/** The part with all commands but those of the sandbox; each is evaluated when it is called. */
import { commands } from 'packed:commands';
import { main, runCommand } from '../../../src/cli/main.ts';
import { packedCommands } from './plugin.ts';

export { modules } from 'packed:shared';

const source = packedCommands(async (id) => {
  const load = commands[id];
  if (!load) throw new Error(`unknown command ${id}`);
  const { default: command } = await load();
  command.id = id;
  return command;
});

export async function start(argv: string[]): Promise<void> {
  await main(argv, source);
}

/** For the build: as `start`, but the process continues. */
export async function warmUp(argv: string[]): Promise<void> {
  await runCommand(argv, source);
}
