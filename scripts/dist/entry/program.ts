/** The part with all commands but those of the sandbox; each is evaluated when it is called. */
import { commands } from 'packed:commands';
import { main } from '../../../src/cli/main.ts';
import { packedCommands } from './plugin.ts';

export { modules } from 'packed:shared';

export async function start(argv: string[]): Promise<void> {
  const source = packedCommands(async (id) => {
    const load = commands[id];
    if (!load) throw new Error(`unknown command ${id}`);
    const { default: command } = await load();
    command.id = id;
    return command;
  });
  await main(argv, source);
}
